"""`restart_stale`: which units are restarted, in which order, what is left alone, and what proves that it helped."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from healer.model.action import Act, LookAgain, Refuse, Relogin, Run, Skip
from healer.model.facts import Facts, Identity, StaleProcess, StaleProcesses, Unit, Units, Unknown, Verdict
from healer.model.host import Host
from healer.steps.contract import StepContext
from healer.steps.restart_stale import RestartStaleArguments, plan, verify


def stale(name: str, kind: str = "service", unit: str | None = None, *, pid: int = 100) -> StaleProcess:
    """Return a process on a replaced libssl; its unit is named after it unless another is given."""
    unit = f"{name}.service" if unit is None else unit
    return StaleProcess(pid, 1, name, kind, unit if "service" in kind else "", ("/usr/lib/libssl.so.3",), ("libssl3",), ("openssl",))


def unit(name: str, **more: object) -> Unit:
    """Return an active service."""
    return replace(Unit(name, "loaded", "active", "running", "simple", 0, "a1", 100, False, "enabled"), **more)


def units(*several: Unit) -> Units:
    """Return the units by name."""
    return Units({one.name: one for one in several}, ())


def context(processes: Iterable[StaleProcess], known: object = None, *, unreadable: int = 0, root: bool = True) -> StepContext:
    """Return the context of a host; every unit of a stale service is known and active unless units are given."""
    found = tuple(processes)
    known = known or units(*(unit(process.unit) for process in found if process.kind == "service"))
    identity = Identity("m", "b", 1.0, "", "web1", root)
    return StepContext(Host("web1"), Facts({"stale_processes": StaleProcesses(found, unreadable), "units": known, "identity": identity}))


def restarts(arguments: RestartStaleArguments, ctx: StepContext) -> list[str]:
    """Return the units that the plan restarts, in order."""
    decision = plan(arguments, ctx)
    return [action.unit for action in decision.actions if action.unit] if isinstance(decision, Act) else []


def debts(decision: object) -> list[str]:
    """Return the kinds of debt that a decision leaves."""
    assert isinstance(decision, (Act, Skip))
    return [debt.kind for debt in decision.owes]


def test_order() -> None:
    """First systemd, then the base, the rest by name, databases late, and sshd last: checked before and proved after."""
    names = ("ssh", "postgresql@15-main", "nginx", "rsyslog", "app")
    decision = plan(RestartStaleArguments(), context([*(stale(name) for name in names), stale("systemd", "manager", pid=1)]))
    assert isinstance(decision, Act)
    assert [
        ("systemctl", "daemon-reexec"),
        ("systemctl", "restart", "--", "rsyslog.service"),
        ("systemctl", "restart", "--", "app.service"),
        ("systemctl", "restart", "--", "nginx.service"),
        ("systemctl", "restart", "--", "postgresql@15-main.service"),
        ("sshd", "-t"),
        ("systemctl", "restart", "--", "ssh.service"),
        Relogin,
        LookAgain,
    ] == [action.verb.argv if isinstance(action.verb, Run) else type(action.verb) for action in decision.actions]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, ["nginx.service", "ssh.service"]),
        ({"only": ["openssl"]}, ["nginx.service", "ssh.service"]),
        ({"only": ["libssl*"]}, ["nginx.service", "ssh.service"]),
        ({"only": ["zlib"]}, []),
        ({"exclude": ["nginx*"]}, ["ssh.service"]),
        ({"sshd": False}, ["nginx.service"]),
    ],
)
def test_arguments(arguments: dict[str, object], expected: list[str]) -> None:
    """`only` counts files of packages or sources, `exclude` and `sshd` leave units alone."""
    assert expected == restarts(RestartStaleArguments.model_validate(arguments), context([stale("nginx"), stale("ssh")]))


@pytest.mark.parametrize(
    ("process", "known", "expected"),
    [
        (stale("dbus"), None, ["reboot"]),
        (stale("systemd-logind"), None, ["reboot"]),
        (stale("getty@tty1"), None, ["manual"]),
        (stale("audit"), units(unit("audit.service", refuse_manual_stop=True)), ["reboot"]),
        (stale("backup"), units(unit("backup.service", type="oneshot")), ["manual"]),
        (stale("old"), units(unit("old.service", active="inactive")), ["manual"]),
        (stale("gone"), units(), ["manual"]),
        (stale("bash", "session"), None, ["manual"]),
        (stale("agent", "user-service"), None, ["manual"]),
        (stale("app", "container"), None, ["manual"]),
        (stale("thing", "process"), None, ["manual"]),
    ],
    ids=lambda value: value.name if isinstance(value, StaleProcess) else None,
)
def test_what_is_left_alone(process: StaleProcess, known: Units | None, expected: list[str]) -> None:
    """What must not be restarted in place is a debt for a boot or for a person, and nothing is done."""
    decision = plan(RestartStaleArguments(), context([process], known))
    assert isinstance(decision, Skip)
    assert expected == debts(decision)


def test_an_excluded_unit_stays_a_debt() -> None:
    """Leaving a unit alone does not make its code new."""
    assert ["restart"] == debts(plan(RestartStaleArguments(exclude=("nginx*",)), context([stale("nginx")])))


def test_debts_of_one_kind_are_told_together() -> None:
    """Each kind of debt is owed once, with every detail once."""
    decision = plan(
        RestartStaleArguments(), context([stale("nginx"), stale("bash", "session"), stale("bash", "session", pid=2), stale("x", "process")])
    )
    assert isinstance(decision, Act)
    expected = "bash in a login session takes the new code at the next login; x (process 100) belongs to no unit"
    assert [expected] == [debt.detail for debt in decision.owes]


@pytest.mark.parametrize(
    ("ctx", "expected"),
    [
        (context([]), Skip),
        (context([stale("sudo", "own-session")]), Skip),
        (context([], unreadable=3, root=True), Skip),
        (context([], unreadable=3, root=False), Refuse),
        (context([stale("nginx")], Unknown("not read")), Refuse),
        (StepContext(Host("web1"), Facts({})), Refuse),
    ],
)
def test_no_restart(ctx: StepContext, expected: type) -> None:
    """Nothing stale is a skip; what could not be looked at is refused, never called fresh."""
    assert expected is type(plan(RestartStaleArguments(), ctx))


def after(known: object, *processes: StaleProcess) -> Facts:
    """Return the facts after the restarts."""
    return Facts({"stale_processes": StaleProcesses(processes), "units": known})


@pytest.mark.parametrize(
    ("facts", "expected", "word"),
    [
        (after(units(unit("nginx.service", invocation="b2"))), Verdict.GOOD, "1 restarted"),
        (after(units(unit("nginx.service"))), Verdict.BAD, "invocation"),
        (after(units(unit("nginx.service", invocation="b2", active="failed"))), Verdict.BAD, "failed"),
        (after(units()), Verdict.BAD, "gone"),
        (after(units(unit("nginx.service", invocation="b2")), stale("nginx")), Verdict.BAD, "still runs"),
        (after(units(unit("nginx.service", invocation="b2")), stale("systemd", "manager", pid=1)), Verdict.BAD, "systemd itself"),
        (after(units(unit("nginx.service", invocation="b2")), stale("bash", "session")), Verdict.GOOD, "1 restarted"),
        (after(Unknown("not read")), Verdict.UNKNOWN, "not read"),
    ],
)
def test_the_proof(facts: Facts, expected: Verdict, word: str) -> None:
    """A restart is proved by a new, active invocation without replaced code; what cannot be read proves nothing."""
    proof = verify(RestartStaleArguments(), context([stale("nginx"), stale("systemd", "manager", pid=1)]), facts)
    assert expected is proof.verdict
    assert word in proof.reason
