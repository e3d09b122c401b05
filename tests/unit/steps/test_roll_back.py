"""`roll_back`, and what a plan says of the way back before anything is installed."""

from dataclasses import replace

import pytest
from fake_host import healthy, unit, update

from healer.model.action import Act, Job, Refuse, Run, Skip
from healer.model.facts import Facts, PackageDatabase, Units, Unknown, Updates, Verdict, WayBack
from healer.model.host import Host
from healer.platforms.packages.apt import PLUGIN as APT
from healer.steps._way_back import outlook
from healer.steps.contract import StepContext
from healer.steps.packages import PackagesArguments, choose
from healer.steps.packages import plan as plan_packages
from healer.steps.roll_back import RollBackArguments, plan, verify

PACKAGES, SERVICES = RollBackArguments(), RollBackArguments(what="services")


def context(former: dict[str, str] | None = None, *ran: str, **readings: object) -> StepContext:
    """Return what the step may know of a host, by default that it had web 1."""
    return StepContext(Host("a"), Facts({**healthy("a"), **readings}), former={"web": "1"} if former is None else former, ran_before=ran)


def test_without_an_upgrade_there_is_nothing_to_do() -> None:
    """In a playbook of a user's own the step does nothing."""
    assert isinstance(plan(PACKAGES, context({})), Skip)
    assert isinstance(plan(SERVICES, context({})), Skip)


def test_one_job_goes_back_to_exactly_these() -> None:
    """All packages go in one job, and a look proves it."""
    decision = plan(PACKAGES, replace(context({"web": "1", "lib": "3"}), latter={"web": "2", "lib": "4"}))
    assert isinstance(decision, Act)
    assert isinstance(decision.actions[0].verb, Job)
    assert ("lib=3", "web=1", "--", "lib=4", "web=2") == decision.actions[0].verb.arguments[3:]
    assert decision.actions[0].disruptive


@pytest.mark.parametrize(
    ("arguments", "given", "words"),
    [
        (PACKAGES, context({"libc6": "1", "web": "1"}), "libc6 is never rolled back"),
        (PACKAGES, context({"new": "", "web": "1"}), "new was not there before"),
        (PACKAGES, context({"web": "1;reboot"}), "versions that are none"),
        (RollBackArguments(allowed=False), context(), "rollback: never"),
        (PACKAGES, context(package_manager=Unknown("no answer")), "is not known: no answer"),
        (PACKAGES, context(package_manager="pacman"), "does not know how pacman goes back"),
        (SERVICES, context(None, "web.service", units=Unknown("no bus")), "no bus"),
    ],
)
def test_what_cannot_be_proved_is_refused(arguments: RollBackArguments, given: StepContext, words: str) -> None:
    """One obstacle is enough, and it is named."""
    decision = plan(arguments, given)
    assert isinstance(decision, Refuse)
    assert words in decision.reason


@pytest.mark.parametrize(
    ("state", "sub", "commands"),
    [
        ("failed", "failed", [("systemctl", "reset-failed", "--", "web.service"), ("systemctl", "start", "--", "web.service")]),
        ("inactive", "dead", [("systemctl", "start", "--", "web.service")]),
    ],
)
def test_a_service_that_fell_is_started(state: str, sub: str, commands: list[tuple[str, ...]]) -> None:
    """One that systemd has given up has its failures forgotten first, or the start would be refused."""
    decision = plan(SERVICES, context(None, "web.service", units=Units({"web.service": unit("web.service", active=state, sub=sub)}, ())))
    assert isinstance(decision, Act)
    assert commands == [action.verb.argv for action in decision.actions if isinstance(action.verb, Run)]


@pytest.mark.parametrize(
    "found", [{}, {"web.service": unit("web.service")}, {"web.service": unit("web.service", type="oneshot", active="inactive")}]
)
def test_what_runs_or_is_gone_or_done_is_left_alone(found: dict[str, object]) -> None:
    """A unit that is not loaded any more, runs, or runs once only is no service that fell."""
    assert isinstance(plan(SERVICES, context(None, "web.service", units=Units(found, ()))), Skip)  # type: ignore[arg-type]  # units by name


@pytest.mark.parametrize(
    ("readings", "verdict"),
    [
        ({}, Verdict.GOOD),
        ({"updates": Updates((update("web", installed="1"),), list_age=1.0)}, Verdict.GOOD),
        ({"updates": Updates((update("web", installed="2", candidate="3"),), list_age=1.0)}, Verdict.BAD),
        ({"updates": Unknown("cut")}, Verdict.UNKNOWN),
        ({"package_database": PackageDatabase("apt", interrupted=True, broken=("web",), fingerprint="x")}, Verdict.BAD),
        ({"package_database": Unknown("cut")}, Verdict.UNKNOWN),
    ],
)
def test_the_proof_for_packages(readings: dict[str, object], verdict: Verdict) -> None:
    """Good is a whole database with none of the packages at another version."""
    assert verdict is verify(PACKAGES, context(), Facts({**healthy("a"), **readings})).verdict


@pytest.mark.parametrize(
    ("units", "verdict"),
    [
        (Units({"web.service": unit("web.service")}, ()), Verdict.GOOD),
        (Units({"web.service": unit("web.service", active="failed")}, ()), Verdict.BAD),
        (Unknown("no bus"), Verdict.UNKNOWN),
    ],
)
def test_the_proof_for_services(units: object, verdict: Verdict) -> None:
    """Good is that all that ran before runs."""
    assert verdict is verify(SERVICES, context(None, "web.service"), Facts({"units": units})).verdict


WAY = WayBack({"web": "kept", "lib": "offered", "libc6": "kept"})


@pytest.mark.parametrize(
    ("way", "packages", "new", "words"),
    [
        (WAY, ("web", "lib"), (), "possible: "),
        (WAY, ("web", "libc6"), (), "not possible: libc6: the whole system rests on it"),
        (WAY, ("web", "gone"), (), "not possible: gone 1 cannot be had any more"),
        (WAY, ("web",), ("extra",), "not possible: extra would be new"),
        (replace(WAY, touches=("other",)), ("web",), (), "not possible: going back would touch other too"),
        (replace(WAY, touches=Unknown("it is simulated later")), ("web",), (), "the former versions can be had; it is simulated later"),
        (Unknown("cut off"), ("web",), (), "not known: cut off"),
    ],
)
def test_the_plan_says_whether_it_could_be_taken_back(way: object, packages: tuple[str, ...], new: tuple[str, ...], words: str) -> None:
    """Every obstacle is named before anything is installed; what is not known yet is called so."""
    assert outlook(Facts({"way_back": way}), map(update, packages), new, APT).startswith(words)


def test_a_manager_that_cannot_prove_it_says_so() -> None:
    """Without a way back of the plug-in nothing is promised."""
    assert "not possible: healer does not know how apt goes back" == outlook(Facts(), (), (), replace(APT, back=None))


def test_many_packages_are_counted() -> None:
    """A few are named, the rest is a number."""
    told = outlook(Facts({"way_back": WayBack()}), [update(f"p{number}") for number in range(7)], (), APT)
    assert "not possible: p0 1, p1 1, p2 1, p3 1 and 3 more cannot be had any more" == told


BARRED = {("web", "2"): "web 2 is in quarantine"}


def test_a_quarantined_version_stays_out() -> None:
    """The candidate in quarantine is not chosen, as wish or as companion, and nothing lower in its place."""
    rows = (update("web", offered=("2", "1.5")), update("curl"))
    choice = choose(PackagesArguments(), Updates(rows, list_age=1.0), {}, BARRED)
    assert ({"curl": "2"}, {}, ("web 2 is in quarantine",)) == (choice.versions, choice.companions, choice.barred)
    narrow = choose(PackagesArguments(only=("curl",)), Updates(rows, list_age=1.0), {}, BARRED)
    assert ({"curl": "2"}, {}, ()) == (narrow.versions, narrow.companions, narrow.barred)


def test_what_a_canary_proved_is_barred_too() -> None:
    """The version that would be installed counts, be it the candidate or the one that a canary proved."""
    updates = Updates((update("web", candidate="3", offered=("3", "2")),), list_age=1.0)
    assert {} == choose(PackagesArguments(), updates, {"web": "2"}, BARRED).versions
    assert {"web": "3"} == choose(PackagesArguments(), updates, {}, BARRED).versions


def test_the_debt_is_paid_when_it_stays_out_no_more() -> None:
    """A plan that leaves a version out owes it; the next that does not pays."""
    facts = Facts({**healthy("a"), "updates": Updates((update("web"),), list_age=1.0)})
    barred = plan_packages(PackagesArguments(), StepContext(Host("a"), facts, quarantined=BARRED))
    free = plan_packages(PackagesArguments(), StepContext(Host("a"), facts))
    assert isinstance(barred, Skip)
    assert isinstance(free, Act)
    assert (["quarantine"], True) == ([debt.kind for debt in barred.owes], "quarantine" in free.pays)


def test_what_is_built_with_a_version_in_quarantine_stays_too() -> None:
    """Packages of one source depend on each other at exactly their version: one that came alone would end the whole transaction."""
    rows = (
        update("libssl3", source="openssl"),
        update("libssl-dev", source="openssl"),
        update("libssl3:i386", source="openssl"),
        update("web"),
    )
    choice = choose(PackagesArguments(), Updates(rows, list_age=1.0), {}, {("libssl3", "2"): "libssl3 2 is in quarantine"})
    assert ({"web": "2"}, {}) == (choice.versions, choice.companions)
    words = "comes with libssl3, which is in quarantine"
    assert ("libssl3 2 is in quarantine", f"libssl-dev 2 {words}", f"libssl3:i386 2 {words}") == choice.barred
