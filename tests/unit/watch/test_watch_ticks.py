"""What a light look means, who is healed by it, and how a host is followed: on fakes, without a host."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from world import START, FakeClock, InLine

from healer.healing.past import service_past
from healer.healing.policy import ServicesPolicy, policy_of
from healer.journal.memory import MemoryJournal
from healer.model.errors import JournalError, LockedError, UnreachableError, UsageError
from healer.model.events import Event, ServicesJudged, ServicesSeen
from healer.model.facts import Facts, Unknown
from healer.model.host import Host
from healer.model.report import HostReport, RunReport
from healer.model.services import ServicePast, ServiceState, ServiceStates
from healer.ports import Remote
from healer.remote.scripted import ScriptedRemote
from healer.watch.bringing_back import BringingBack
from healer.watch.following import FIRST_WAIT, LONGEST_WAIT, Follower
from healer.watch.memory import Memory
from healer.watch.passing import Part, Passed
from healer.watch.ticking import Around, Newest, Tick, Watched, tick
from healer.watch.watching import Hands, Rhythm, Watch

NOW = START.timestamp()
POLICY = policy_of({"services": [{"unit": "app"}]})


def facts(active: str = "active", **changes: object) -> Facts:
    """Return what a host says whose one service is in this state."""
    values = {
        "type": "simple", "enabled": "enabled", "active": active, "sub": "running" if active == "active" else "failed",
        "result": "success" if active == "active" else "signal", "restarts": 0, "invocation": "i1", "started": 100.0, "changed": 100.0,
    }  # fmt: skip
    state = ServiceState("app.service", **{**values, **changes})  # type: ignore[arg-type]  # a test names the fields
    return Facts({"services": ServiceStates("boot", 5000.0, {"app.service": state}, {"app.service": ("app.service",)})})


def around(newest: Mapping[str, Newest], pasts: Mapping[str, ServicePast] | None = None, policy: ServicesPolicy = POLICY) -> Around:
    """Return these hosts at one moment, all of one group."""
    return Around({name: Watched(name, "all", policy) for name in newest}, newest, pasts or {})


def known(host: str, *events: Event | None) -> ServicePast:
    """Return what the journal knows after these events."""
    journal = MemoryJournal(clock=FakeClock())
    return service_past(host, [journal.append("w", event) for event in events if event])


def test_a_first_look_is_written_down_and_a_second_is_not() -> None:
    """A look that says what the journal knows already writes nothing."""
    heard = {"a": Newest(NOW, facts()), "b": Newest(NOW, facts())}
    first = tick("a", around(heard), NOW)
    assert isinstance(first.seen, ServicesSeen)
    again = tick("a", around(heard, {"a": known("a", first.seen)}), NOW + 10)
    assert Tick() == again


def test_a_service_that_died_is_to_be_healed() -> None:
    """The judgement is written down as news, and a run is to be begun for the host."""
    heard = {"a": Newest(NOW, facts("failed")), "b": Newest(NOW, facts())}
    found = tick("a", around(heard), NOW)
    assert found.heals
    assert isinstance(found.judged, ServicesJudged)
    assert ["heal"] == [one.choice for one in found.judged.judgements]


def test_what_was_judged_and_is_well_again_is_news() -> None:
    """The journal then says that nothing is wrong with it any more, and nothing is healed."""
    died = tick("a", around({"a": Newest(NOW, facts("failed")), "b": Newest(NOW, facts())}), NOW)
    heard = {"a": Newest(NOW + 700, facts(invocation="i2")), "b": Newest(NOW + 700, facts())}
    found = tick("a", around(heard, {"a": known("a", died.seen, died.judged)}), NOW + 700)
    assert found.judged == ServicesJudged("a", (), ("app.service",))
    assert not found.heals


@pytest.mark.parametrize("said", [None, Facts({}), Facts({"services": Unknown("no systemd here")})])
def test_a_look_that_tells_nothing_leads_to_nothing(said: Facts | None) -> None:
    """Unknown is neither good nor bad: nothing is written, nothing is done."""
    assert Tick() == tick("a", around({"a": Newest(NOW, said, "connection refused.")}), NOW)


def test_when_no_other_host_answers_nothing_is_healed() -> None:
    """Then it is this node that is cut off, as far as anybody can tell."""
    heard = {"a": Newest(NOW, facts("failed")), **{name: Newest(NOW, None, "timed out") for name in ("b", "c", "d")}}
    assert not tick("a", around(heard), NOW).heals


def test_what_was_not_heard_lately_is_no_evidence() -> None:
    """A look that is too old counts like a host that does not answer."""
    old = {name: Newest(NOW - 61, facts()) for name in ("b", "c", "d")}
    assert not tick("a", around({"a": Newest(NOW, facts("failed")), **old}), NOW).heals
    fresh = {name: Newest(NOW - 59, facts()) for name in ("b", "c", "d")}
    assert tick("a", around({"a": Newest(NOW, facts("failed")), **fresh}), NOW).heals


def test_the_memory_takes_in_what_others_have_written() -> None:
    """Events of other runs are heard of at the next refresh, each once, and those of other hosts not at all."""
    journal = MemoryJournal(clock=FakeClock())
    memory = Memory(journal, ["a"])
    assert "" == memory.pasts()["a"].boot_id
    journal.append("r", ServicesSeen("a", "boot"))
    journal.append("r", ServicesSeen("z", "boot"))
    memory.refresh()
    memory.refresh()
    assert {"a": "boot"} == {name: past.boot_id for name, past in memory.pasts().items()}
    assert ["boot"] == [past.boot_id for past in Memory(journal, ["a"]).pasts().values()]


def report(hosts: tuple[str, ...], code: int | None = 0) -> RunReport:
    """Return how a run ended."""
    return RunReport("r", "", "", "", START, START, tuple(HostReport(host, "changed") for host in hosts), exit_code=code)


class Later:
    """Does the work when it is told to (ports.Executor)."""

    def __init__(self) -> None:
        self.works: list[tuple[Callable[[], object], Future[object]]] = []

    def submit(self, work: Callable[[], object]) -> "Future[object]":
        future: Future[object] = Future()
        self.works.append((work, future))
        return future

    def go(self) -> None:
        """Do what is waiting now."""
        works, self.works = self.works, []
        for work, future in works:
            future.set_result(work())


@dataclass
class Bringing:
    """A queue of heals with what came out of it."""

    executor: Later = field(default_factory=Later)
    begun: list[tuple[str, ...]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    ended: list[RunReport] = field(default_factory=list)
    fault: Exception | None = None

    def __post_init__(self) -> None:
        groups = {"a": "web", "b": "web", "c": "db"}
        self.queue = BringingBack(groups, self.executor, self.begin, self.ended.append, self.said.append)  # type: ignore[arg-type]  # a fake

    def begin(self, hosts: tuple[str, ...]) -> RunReport:
        """Note it, or fail."""
        self.begun.append(hosts)
        if self.fault:
            raise self.fault
        return report(hosts)


def test_the_same_host_is_never_healed_twice_at_once() -> None:
    """While its run is under way a host is not enqueued again: that run judges it."""
    it = Bringing()
    it.queue.enqueue("a")
    it.queue.enqueue("a")
    assert it.queue.busy
    it.executor.go()
    assert ([("a",)], False) == (it.begun, it.queue.busy)


def test_a_budget_group_has_one_run_at_a_time_and_another_does_not_wait() -> None:
    """Who comes while the group's run is under way gets the next one; another group has its own at once."""
    it = Bringing()
    for host in ("a", "b", "c"):
        it.queue.enqueue(host)
    assert 2 == len(it.executor.works)
    it.executor.go()
    it.executor.go()
    assert [("a",), ("c",), ("b",)] == it.begun


def test_locks_of_others_are_said_and_tried_again_later() -> None:
    """The host waits for its next look; nothing is repeated at once."""
    it = Bringing(fault=LockedError("budget group web is held by run r9."))
    it.queue.enqueue("a")
    it.executor.go()
    assert ["a: to be healed, and waits: budget group web is held by run r9."] == it.said
    assert ([], False) == (it.executor.works, it.queue.busy)
    it.queue.enqueue("a")
    it.executor.go()
    assert [("a",), ("a",)] == it.begun


def test_another_fault_is_said_and_the_watch_goes_on() -> None:
    """A playbook that was made wrong meanwhile keeps no other group from being healed."""
    it = Bringing(fault=UsageError("no such thing"))
    it.queue.enqueue("a")
    it.executor.go()
    assert ["services run of web: no such thing"] == it.said


def test_without_a_journal_nothing_more_is_begun() -> None:
    """What cannot be written down must not be done: the queue closes."""
    it = Bringing(fault=JournalError("the disk is full."))
    it.queue.enqueue("a")
    it.executor.go()
    it.queue.enqueue("c")
    assert ("the disk is full.", [("a",)]) == (it.queue.failed.message if it.queue.failed else "", it.begun)
    assert [] == it.executor.works


def test_a_closed_queue_begins_nothing() -> None:
    """Also not for those that have waited."""
    it = Bringing()
    it.queue.enqueue("a")
    it.queue.enqueue("b")
    it.queue.close()
    it.executor.go()
    assert [("a",)] == it.begun


def test_a_host_that_never_answers_is_tried_ever_more_seldom() -> None:
    """The waits double up to a minute; each reason is handed on."""
    clock, stop, lost = FakeClock(), threading.Event(), list[str]()
    waits = list[float]()

    def connect(host: Host) -> Remote:
        waits.append(clock.seconds)
        if len(waits) == 7:
            stop.set()
        raise UnreachableError(host.name, "connection refused.")

    Follower(Host("a"), connect, lambda *_: None, lambda *_: None, lambda _host, why: lost.append(why), clock, stop).run()
    gaps = [later - earlier for earlier, later in pairwise(waits)]
    assert [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT, 8 * FIRST_WAIT, LONGEST_WAIT, LONGEST_WAIT] == gaps
    assert ["connection refused."] * 7 == lost


def test_a_host_that_was_heard_is_tried_again_soon() -> None:
    """A link that breaks is not yet a host that is gone; every login is closed."""
    clock, stop, lost, heard = FakeClock(), threading.Event(), list[str](), list[str]()
    lines = [ScriptedRemote("a", lambda _command: None) for _ in range(2)]  # type: ignore[arg-type, return-value]  # nothing is run
    left = list(lines)

    def follow(remote: Remote, host: Host, tell: Callable[[Facts], None]) -> None:
        tell(facts())
        if not left:
            stop.set()
        raise UnreachableError(host.name, "the link broke.")

    Follower(
        Host("a"),
        lambda _host: left.pop(0),
        follow,
        lambda host, _facts: heard.append(host),
        lambda _host, why: lost.append(why),
        clock,
        stop,
    ).run()
    assert (FIRST_WAIT, ["a", "a"], ["the link broke."] * 2) == (clock.seconds, heard, lost)
    assert [1, 1] == [line.closes for line in lines]


@dataclass
class Tower:
    """A watch over hosts without any thread of its own, and what came out of it."""

    hosts: tuple[str, ...] = ("a", "b")
    begun: list[tuple[str, ...]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    told: list[frozenset[str]] = field(default_factory=list)
    passes: list[object] = field(default_factory=list)
    code: int | None = 0

    def __post_init__(self) -> None:
        self.clock, self.stop = FakeClock(), threading.Event()
        self.journal = MemoryJournal(clock=self.clock)
        hands = Hands(
            self.clock, self.journal, InLine(), self.begin, self.full_pass, lambda event: self.journal.append("w", event),
            self.tell, self.said.append, self.stop,
        )  # fmt: skip
        self.watch = Watch({name: Watched(name, "all", POLICY) for name in self.hosts}, Rhythm(10.0, 60.0), hands)

    def begin(self, hosts: tuple[str, ...]) -> RunReport:
        """Note the run."""
        self.begun.append(hosts)
        return report(hosts, self.code)

    def tell(self, hosts: frozenset[str]) -> None:
        """Note who is told of, and stop."""
        self.told.append(hosts)
        self.stop.set()

    def full_pass(self) -> Passed:
        """Do what the test has prepared, then stop."""
        what = self.passes.pop(0) if self.passes else Passed(())
        if not self.passes:
            self.stop.set()
        if isinstance(what, Exception):
            raise what
        assert isinstance(what, Passed)
        return what


def test_nothing_is_judged_before_everybody_was_heard_once() -> None:
    """The first host to answer is not taken for the only one that does."""
    it = Tower()
    it.watch.heard("a", facts("failed"))
    assert (False, [], []) == (it.watch.ready, it.begun, it.said)
    it.watch.lost("b", "timed out")
    assert it.watch.ready


def test_a_host_that_stays_silent_does_not_hold_up_the_first_judgement_for_ever() -> None:
    """After three periods what is known must do."""
    it = Tower()
    it.clock.sleep(30.0)
    assert it.watch.ready


def test_a_dead_service_begins_a_run_for_its_host_alone() -> None:
    """One look is enough for a service that is down; what is decided is printed and written down."""
    it = Tower()
    it.watch.heard("b", facts())
    it.watch.heard("a", facts("failed"))
    assert [("a",)] == it.begun
    assert ["a: app.service"] == [line[:14] for line in it.said]
    assert ["a"] == [one.event.host for one in it.journal.about(None, ("services_judged",))]


def test_quiet_ticks_print_and_write_nothing() -> None:
    """After the first look at each host nothing more is said."""
    it = Tower()
    for _tick in range(5):
        for host in it.hosts:
            it.watch.heard(host, facts())
        it.clock.sleep(10.0)
    assert ([], []) == (it.said, it.begun)
    assert 2 == len(it.journal.about(None, ("services_seen",)))


def test_a_lost_host_is_told_once_and_when_it_is_back() -> None:
    """Each try that fails again is no news."""
    it = Tower()
    it.watch.lost("a", "connection refused.")
    it.watch.lost("a", "connection refused.")
    it.watch.heard("a", facts())
    it.watch.heard("a", facts())
    assert ["a: cannot be heard: connection refused.", "a: is heard again"] == it.said


def test_what_was_heard_lately_spares_a_look() -> None:
    """Runs take the newest facts of other hosts, unless they are old or the host is away."""
    it = Tower()
    assert it.watch.witness("a") is None
    it.watch.heard("a", facts())
    assert it.watch.witness("a") == facts()
    it.clock.sleep(21.0)
    assert it.watch.witness("a") is None
    it.watch.lost("a", "gone")
    assert it.watch.witness("a") is None


def test_people_are_told_of_hosts_with_news() -> None:
    """Right after a heal, not only at the next pass."""
    it = Tower(passes=[LockedError("another pass"), Passed(()), Passed(())])
    it.watch.heard("b", facts())
    it.watch.heard("a", facts("failed"))
    it.watch.run([])
    assert [frozenset({"a"})] == it.told


def test_full_passes_keep_their_distance_and_missed_ones_are_skipped() -> None:
    """A pass that another one keeps away is tried again at the next turn; turns are 60 s apart, less or more a fifth."""
    it = Tower(passes=[LockedError("another pass"), Passed(())])
    it.watch.run([])
    assert ([], False) == (it.passes, it.watch.cut)
    assert 48.0 <= it.clock.seconds <= 120.0


def test_a_run_that_was_cut_is_remembered() -> None:
    """The watch then ends as a run does that a signal has stopped."""
    it = Tower(passes=[Passed((Part("logs", 0, "", run=report(("a",), None)),))])
    it.watch.run([])
    assert it.watch.cut
    other = Tower(code=None)
    other.watch.heard("b", facts())
    other.watch.heard("a", facts("failed"))
    assert other.watch.cut


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("fault", [JournalError("the disk is full."), RuntimeError("a bug")])
def test_what_ends_a_thread_ends_the_watch(fault: Exception) -> None:
    """A watch that has lost one of its threads does not go on as if it saw everything."""
    it = Tower(passes=[fault])
    with pytest.raises(type(fault)):
        it.watch.run([])


def test_a_follower_runs_in_a_thread_of_its_own() -> None:
    """The watch begins its followers, and ends when they do after the stop."""
    it, ran = Tower(), threading.Event()
    it.watch.run([ran.set])
    assert ran.wait(5)
