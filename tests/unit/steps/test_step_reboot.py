"""`reboot`: a table of what is owed, what is allowed, and what follows."""

from dataclasses import replace

import pytest

from healer.model.action import Act, LookAgain, Reboot, Refuse, Skip
from healer.model.facts import Facts, Kernel, LockHolder, PackageDatabase, RebootOwed, Unknown, Verdict
from healer.model.host import Host
from healer.steps.contract import StepContext, WindowState
from healer.steps.reboot import RebootArguments, plan, verify

OWED = RebootOwed(("a newer kernel is installed",))
NOTHING = RebootOwed(())
KERNEL = Kernel("6.1.0-37", "#1", "6.1.0-40", True, True)
OPEN = WindowState(Verdict.GOOD, "the window is open until 04:00", declared=True)
CLOSED = WindowState(Verdict.BAD, "the window opens on Sunday at 02:00", declared=True)
NONE = WindowState(Verdict.UNKNOWN, "no window is declared")


def context(owed: object, window: WindowState = OPEN, *, kernel: object = KERNEL, control_node: bool = False) -> StepContext:
    """Return the context of a host."""
    return StepContext(Host("web1"), Facts({"reboot_owed": owed, "kernel": kernel}), window=window, control_node=control_node)


@pytest.mark.parametrize(
    ("policy", "ctx", "expected"),
    [
        ("auto", context(NOTHING), (Skip, 0)),
        ("always", context(NOTHING), (Skip, 0)),
        ("auto", context(OWED, OPEN), (Act, 0)),
        ("auto", context(OWED, CLOSED), (Skip, 1)),
        ("auto", context(OWED, NONE), (Skip, 1)),
        ("never", context(OWED, OPEN), (Skip, 1)),
        ("always", context(OWED, CLOSED), (Act, 0)),
        ("always", context(OWED, NONE), (Act, 0)),
        ("always", context(OWED, OPEN, control_node=True), (Skip, 1)),
        ("auto", context(Unknown("not read")), (Refuse, 0)),
        ("auto", context(OWED, kernel=Unknown("not read")), (Refuse, 0)),
    ],
)
def test_when_a_host_is_booted(policy: str, ctx: StepContext, expected: tuple[type, int]) -> None:
    """A boot needs a reason and a permission; without the permission it stays owed, without a reading it is refused."""
    decision = plan(RebootArguments.model_validate({"policy": policy}), ctx)
    assert expected == (type(decision), len(getattr(decision, "owes", ())))


WHOLE = PackageDatabase("apt", interrupted=False, broken=(), fingerprint="one")
HOLDER = LockHolder("/var/lib/dpkg/lock", 77, "unattended-upgrade", "apt-daily-upgrade.service", 9.0)


@pytest.mark.parametrize(
    ("locks", "database", "expected"),
    [
        ((), WHOLE, ""),
        ((HOLDER,), WHOLE, "busy"),
        ((), replace(WHOLE, interrupted=True), "failed"),
        (Unknown("not read"), WHOLE, "failed"),
        ((), Unknown("not read"), "failed"),
    ],
)
def test_no_host_is_booted_in_the_midst_of_an_installation(locks: object, database: object, expected: str) -> None:
    """While somebody holds the package manager's lock, or a transaction was cut, or nobody can tell, the host is not booted."""
    ctx = context(OWED)
    known = {**ctx.facts.readings, "package_manager": "apt", "package_locks": locks, "package_database": database}
    decision = plan(RebootArguments(), replace(ctx, facts=Facts(known)))
    assert expected == (decision.terminal if isinstance(decision, Refuse) else "")


@pytest.mark.parametrize(("window", "expected"), [(CLOSED, True), (NONE, False)])
def test_only_a_declared_window_is_waited_for(window: WindowState, expected: bool) -> None:
    """Time alone brings the permission only where a window is declared."""
    decision = plan(RebootArguments(), context(OWED, window))
    assert isinstance(decision, Skip)
    assert [expected] == [debt.waits for debt in decision.owes]
    assert window.reason in decision.reason


@pytest.mark.parametrize(("kernel", "expected"), [(KERNEL, "6.1.0-40"), (Kernel("6.1", "", "", False, False), "")])
def test_the_kernel_that_is_expected(kernel: Kernel, expected: str) -> None:
    """The boot is proved by the kernel that was planned; in a container none is expected."""
    decision = plan(RebootArguments(timeout=300, stay_up=5), context(OWED, kernel=kernel))
    assert isinstance(decision, Act)
    assert [Reboot(expected, 300, 5), LookAgain(("reboot_owed",))] == [action.verb for action in decision.actions]


@pytest.mark.parametrize(("owed", "expected"), [(NOTHING, Verdict.GOOD), (OWED, Verdict.BAD), (Unknown("not read"), Verdict.UNKNOWN)])
def test_a_boot_must_pay_the_debt(owed: object, expected: Verdict) -> None:
    """A boot after which a boot is still owed is a fault, or every run would boot the host again."""
    assert expected is verify(RebootArguments(), context(OWED), Facts({"reboot_owed": owed})).verdict
