"""Laws of healing: whatever is seen of a fleet, nothing is done that is not known to be wrong, nor where it may not be, nor without end."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from healing_cases import NOW, STUCK, UPTIME, WEB, dead, facts, heal, judgement, load, looping, past, reading, sample, state, states
from hypothesis import given, settings
from hypothesis import strategies as st

from healer.healing.detect import findings
from healer.healing.judge import DISRUPTIVE, judge
from healer.healing.news import judged, seen
from healer.healing.past import service_past
from healer.healing.policy import ServicesPolicy, policy_of
from healer.healing.survey import Seen, survey
from healer.model.action import Action, Run
from healer.model.events import ActEnded, ActIntended, Event, ServiceAcknowledged, ServicesJudged, ServicesSeen, Stamped
from healer.model.facts import Facts, Unknown, Verdict
from healer.model.services import BlockedProcess, PackageChange, ProcessTroubles, Rung, ServiceJudgement, ServicePast, ServiceState

EXAMPLES = 50
UNITS = (WEB, "db.service", "dbus.service")
GROUP = "web"
FELL_LONG_AGO = facts(dead(ago=5000.0))


@dataclass(frozen=True)
class World:
    """A fleet: h1 with its facts and past, and other hosts, each reached or not."""

    own: Facts
    rules: ServicesPolicy
    past: ServicePast
    others: tuple[Facts | None, ...]
    tried: tuple[tuple[str, Rung], ...]

    def judge(self, now: float = NOW) -> tuple[ServiceJudgement, ...]:
        """Return what is decided on h1."""
        hosts = [Seen("h1", GROUP, self.rules, self.own, self.past)]
        hosts += [Seen(f"o{number}", GROUP, self.rules, one, ServicePast()) for number, one in enumerate(self.others)]
        return judge("h1", GROUP, self.own, self.rules, self.past, survey(hosts, now), now, self.tried)

    def heals(self) -> list[ServiceJudgement]:
        """Return what is tried."""
        return [one for one in self.judge() if one.choice == "heal"]


ages = st.sampled_from((0.0, 5.0, 31.0, 100.0, 599.0, 700.0, 3000.0, 4000.0))


@st.composite
def services(draw: st.DrawFn) -> tuple[ServiceState, ...]:
    """Draw how the services of a host are."""
    found: list[ServiceState] = []
    for unit in UNITS:
        kind = draw(st.sampled_from((state, state, dead, looping)))
        changes: dict[str, Any] = {"restarts": draw(st.integers(-1, 9)), "busy": draw(st.integers(0, 9)) == 0}
        changes |= {"reloads": draw(st.booleans()), "enabled": draw(st.sampled_from(("enabled", "static")))}
        changes |= {"exit_status": draw(st.sampled_from((0, 1, 203))), "started": UPTIME - draw(ages) if draw(st.booleans()) else 100.0}
        found.append(kind(unit, **changes))
    return tuple(found)


answers = st.lists(
    st.builds(
        reading,
        st.sampled_from(("good", "bad", "unknown")),
        st.sampled_from(UNITS[:2]),
        number=st.integers(0, 1),
        origin=st.sampled_from(("host", "o0")),
        tries=st.integers(1, 4),
    ),
    max_size=4,
).map(tuple)
unknowns = st.sampled_from(("services", "service_probes", "process_troubles", "load", "package_changes"))


@st.composite
def looks(draw: st.DrawFn) -> Facts:
    """Draw what was seen of one host, some of it perhaps not known."""
    troubles = ProcessTroubles(
        blocked=draw(st.sampled_from(((), (BlockedProcess(9, 77, "web", WEB),)))),
        zombies=draw(st.dictionaries(st.sampled_from(UNITS), st.integers(90, 200), max_size=2)),
        memory_kills=draw(st.integers(0, 2)),
        killed_units=draw(st.sampled_from(((), (WEB,)))),
    )
    changes = draw(st.sampled_from(((), (PackageChange(NOW - 60, "web", "1", "2", (WEB,)),))))
    pressure = draw(st.sampled_from((load(), load(cpu_some_60=80.0))))
    shown = facts(*draw(services()), answers=draw(answers), process_troubles=troubles, package_changes=changes, load=pressure)
    blind = draw(st.lists(unknowns, max_size=1))
    return Facts({**shown.readings, **{name: Unknown("timed out") for name in blind}})


@st.composite
def policies(draw: st.DrawFn, *, maintenance: bool = False) -> ServicesPolicy:
    """Draw a policy that names one or two services."""
    probes = [{"http": "http://127.0.0.1/"}, {"http": "http://web/", "from": "another"}]
    ladder = draw(st.sampled_from((["restart", "kill"], ["reload", "restart", "kill", "reboot"], [])))
    web = {"unit": WEB, "probes": probes[: draw(st.integers(0, 2))], "ladder": ladder, "heals": draw(st.integers(1, 4))}
    entries = [web, {"unit": "db", "depends_on": draw(st.sampled_from(([], ["web"], ["o0/web"])))}]
    written: dict[str, Any] = {"services": entries[: draw(st.integers(0, 2))]}
    return policy_of({**written, **({"maintenance": {"until": "2100-01-01"}} if maintenance else {})})


@st.composite
def pasts(draw: st.DrawFn) -> ServicePast:
    """Draw what the journal knows."""
    tries = sorted((draw(ages) for _ in range(draw(st.integers(0, 3)))), reverse=True)
    rungs: st.SearchStrategy[Rung] = st.sampled_from(("start", "restart"))
    return past(
        *(heal(ago, draw(rungs), draw(st.sampled_from(UNITS))) for ago in tries),
        ago=draw(st.sampled_from((1.0, 60.0, 500.0, 3000.0, 5000.0))),
        boot_id=draw(st.sampled_from(("b1", "b1", "b0", ""))),
        samples={unit: sample(restarts=draw(st.integers(-1, 9)), bad=draw(st.integers(0, 3))) for unit in UNITS},
        grown={unit: (NOW - draw(ages),) * draw(st.integers(0, 3)) for unit in UNITS},
        blocked_since={(9, 77): NOW - 300},
        blocked=((9, 77),),
        quarantined=draw(st.dictionaries(st.sampled_from(UNITS), st.just("given up"), max_size=1)),
        judged={WEB: (NOW - draw(ages), judgement("wait"))} if draw(st.booleans()) else {},
    )


tries = st.lists(st.tuples(st.sampled_from(UNITS), st.sampled_from(("start", "restart"))), max_size=2).map(tuple)


@st.composite
def worlds(draw: st.DrawFn, *, maintenance: bool = False) -> World:
    """Draw a fleet; often enough with one service that is stuck, and no more."""
    others = draw(st.lists(st.none() | looks() | st.just(facts()) | st.just(FELL_LONG_AGO), max_size=4).map(tuple))
    plain = st.tuples(st.just(STUCK), st.just(ServicePast()))
    own, known = draw(plain | st.tuples(looks(), pasts()))
    return World(own, draw(policies(maintenance=maintenance)), known, others, draw(tries))  # type: ignore[arg-type]


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_each_finding_has_one_judgement_and_each_judgement_a_finding(world: World) -> None:
    """Nothing that is wrong is passed over, nothing is done twice, and nothing is done to what is not known to be wrong."""
    found = findings(world.own, world.rules, world.past, NOW)
    assert [(one.unit, one.kind) for one in found] == [(one.unit, one.finding) for one in world.judge()]
    assert len(found) == len({one.unit for one in found})


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_a_judgement_has_a_reason_and_only_a_heal_has_a_rung(world: World) -> None:
    """Whoever is told has something to read."""
    for one in world.judge():
        assert one.reason
        assert one.rule
        assert (one.choice == "heal") == (one.rung is not None)


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_the_same_input_has_the_same_output(world: World) -> None:
    """Nothing hangs on anything else."""
    assert world.judge() == world.judge()


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_what_is_not_known_is_no_reason_to_heal(world: World) -> None:
    """Without the states nothing is judged; without answers nothing is stuck; without the load nothing that runs is restarted for it."""
    dark = {name: Unknown("timed out") for name in world.own.readings}
    assert () == replace(world, own=Facts(dark)).judge()
    mute = replace(world, own=Facts({**world.own.readings, "service_probes": Unknown("timed out"), "service_checks": Unknown("timed out")}))
    assert not [one for one in mute.judge() if one.finding in ("stuck", "network")]
    unweighed = replace(world, own=Facts({**world.own.readings, "load": Unknown("timed out")}))
    assert not [one for one in unweighed.heals() if one.finding == "stuck"]


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_a_service_in_quarantine_is_not_healed(world: World) -> None:
    """Whatever else is so."""
    given_up = replace(world, past=replace(world.past, quarantined=dict.fromkeys(UNITS, "given up")))
    assert not given_up.heals()


@settings(max_examples=EXAMPLES)
@given(worlds(maintenance=True))
def test_under_maintenance_nothing_is_healed(world: World) -> None:
    """Whatever else is so."""
    assert not world.heals()
    assert all(one.rule == "maintenance" for one in world.judge())


@settings(max_examples=EXAMPLES)
@given(worlds(), st.integers(1, 4))
def test_where_no_other_host_is_reached_nothing_is_healed(world: World, number: int) -> None:
    """It is most likely us; and half of them are too many."""
    assert not replace(world, others=(None,) * number).heals()
    assert not replace(world, others=(*(None,) * number, *(facts(),) * (number - 1))).heals()


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_what_still_runs_is_taken_down_only_where_another_member_is_well(world: World) -> None:
    """Where another host has the service at all."""
    hosts = [Seen("h1", GROUP, world.rules, world.own, world.past)]
    hosts += [Seen(f"o{number}", GROUP, world.rules, one, ServicePast()) for number, one in enumerate(world.others)]
    whole = survey(hosts, NOW)
    for one in world.heals():
        others = [verdict for host, verdict in whole.members(GROUP, one.unit).items() if host != "h1"]
        if one.rung in DISRUPTIVE and others and one.rule != "package":
            assert Verdict.GOOD in others
        assert one.rung != "reboot" or Verdict.GOOD in others


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_one_that_is_down_is_never_restarted_or_worse(world: World) -> None:
    """A start is all that it needs."""
    for one in world.heals():
        if one.finding in ("failed", "crash_loop"):
            assert one.rung == "start"


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from((3.0, 10.0, 35.0, 70.0, 300.0, 700.0)), min_size=20, max_size=60),
    st.integers(1, 4),
    st.booleans(),
)
def test_at_most_so_many_tries_in_any_hour(steps: list[float], most: int, stuck: bool) -> None:
    """When each heal is done, written down and does not help, however often anybody looks; then it is left alone."""
    rules = policy_of({"services": [{"unit": WEB, "probes": [{"http": "http://127.0.0.1/"}], "heals": most}]})
    events: list[Stamped] = []
    now, tried = NOW, list[float]()
    for step in steps:
        now += step
        own = facts(answers=(reading("bad"),)) if stuck else facts(dead(ago=0.0))
        known = service_past("h1", events)
        (one,) = World(own, rules, known, (facts(),), ()).judge(now) or (None,)
        for event in _done(one, known, now, len(events)):
            events.append(Stamped(len(events), "r", datetime.fromtimestamp(now, UTC), event))
        tried += [now] if one and one.choice == "heal" else []
    assert all(later - first >= 3600 for first, later in zip(tried, tried[most:], strict=False))
    assert all(later - first >= 30 for first, later in pairwise(tried))


def _done(one: ServiceJudgement | None, known: ServicePast, now: float, number: int) -> list[Event]:
    news = judged("h1", [one] if one else [], known, now)
    events: list[Event] = [news] if news else []
    if one and one.choice == "heal":
        act = Action("try", Run(("x",)), unit=one.unit, rung=one.rung or "")
        events += [
            ActIntended("h1", "0/tasks/0", 0, f"a{number}", act),
            ActEnded("h1", "0/tasks/0", 0, f"a{number}", Verdict.BAD, changed=True),
        ]
    return events


def written(*events: Event, at: float = NOW) -> list[Stamped]:
    """Return the events as the journal gives them back, all of one moment."""
    return [Stamped(number, "r", datetime.fromtimestamp(at, UTC), event) for number, event in enumerate(events)]


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_the_same_look_twice_writes_nothing(world: World) -> None:
    """Neither how the services are nor what was decided of them."""
    look = seen("h1", world.own, world.rules, ServicePast(), NOW)
    if look is not None:
        assert None is seen("h1", world.own, world.rules, service_past("h1", written(look)), NOW)
    news = judged("h1", world.judge(), ServicePast(), NOW)
    if news is not None:
        assert None is judged("h1", world.judge(), service_past("h1", written(news)), NOW)


@settings(max_examples=EXAMPLES)
@given(looks(), policies(), st.lists(st.sampled_from((10.0, 60.0, 300.0)), min_size=2, max_size=12))
def test_looks_that_show_the_same_fall_silent(own: Facts, rules: ServicesPolicy, steps: list[float]) -> None:
    """Within the hour, once bad answers are counted to the end: the start is not fresh, nothing grows, so that nothing is new."""
    old = [replace(one, started=100.0) for one in getattr(own.get("services"), "states", {}).values()]
    calm = Facts({**own.readings, "services": states(*old)}) if old else own
    events, now, wrote = list[Stamped](), NOW, list[bool]()
    for step in steps:
        look = seen("h1", calm, rules, service_past("h1", events), now)
        wrote.append(look is not None)
        events += [Stamped(len(events), "r", datetime.fromtimestamp(now, UTC), look)] if look else []
        now += step
    assert not any(wrote[4:])


acts = st.sampled_from(("a", "b", "c"))
events = st.one_of(
    st.builds(lambda restarts, boot: ServicesSeen("h1", boot, {WEB: sample(restarts=restarts)}), st.integers(-1, 9), st.sampled_from("xy")),
    st.builds(lambda choice: ServicesJudged("h1", (judgement(choice),)), st.sampled_from(("wait", "quarantine", "heal"))),
    st.just(ServicesJudged("h1", (), (WEB,))),
    st.just(ServiceAcknowledged("h1", WEB, "me")),
    st.builds(lambda act: ActIntended("h1", "0/tasks/0", 0, act, Action("try", Run(("x",)), unit=WEB, rung="restart")), acts),
    st.builds(lambda act: ActEnded("h1", "0/tasks/0", 0, act, Verdict.GOOD, changed=True), acts),
)


@settings(max_examples=EXAMPLES)
@given(st.lists(events, max_size=12), st.randoms(use_true_random=False))
def test_the_fold_knows_only_the_order_of_numbers(happened: list[Event], dice: Any) -> None:
    """Events that come in another order, or among those of other hosts, say the same."""
    told = [Stamped(number, "r", datetime.fromtimestamp(NOW + number, UTC), event) for number, event in enumerate(happened)]
    other = [replace(one, number=one.number + 100, event=replace(one.event, host="h2")) for one in told]
    mixed = [*told, *other]
    dice.shuffle(mixed)
    assert service_past("h1", told) == service_past("h1", mixed)


@settings(max_examples=EXAMPLES)
@given(st.lists(events, max_size=12))
def test_after_an_acknowledgement_nothing_stands_against_the_service(happened: list[Event]) -> None:
    """No quarantine, no try, no judgement."""
    known = service_past("h1", written(*happened, ServiceAcknowledged("h1", WEB, "me")))
    assert ({}, (), {}) == (known.quarantined, known.heals, known.judged)
