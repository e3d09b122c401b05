"""`reboot`: boot the host when that is owed and allowed; otherwise keep the debt in sight."""

from typing import Literal

from pydantic import Field

from healer.model.action import Act, Action, Decision, LookAgain, Owe, Reboot, Refuse, Skip
from healer.model.facts import Facts, Kernel, RebootOwed, Unknown, Verdict
from healer.steps._booting import disturbed
from healer.steps.contract import Arguments, Proof, Step, StepContext


class RebootArguments(Arguments):
    """When to boot. `auto`: when owed, inside a declared window. `always`: whenever owed. `never`: only say that it is owed.

    Nothing is ever booted that does not need it. Times are seconds.
    """

    policy: Literal["auto", "never", "always"] = "auto"
    timeout: float = Field(default=600.0, gt=0, le=7200)
    stay_up: float = Field(default=10.0, ge=0, le=3600)


def plan(arguments: RebootArguments, context: StepContext) -> Decision:
    """Return the boot, or why there is none now."""
    owed = context.facts.read("reboot_owed", RebootOwed)
    if isinstance(owed, Unknown):
        return Refuse(f"whether a reboot is owed is not known: {owed.reason}")
    if not owed.reasons:
        return Skip("no reboot is owed", pays=("reboot",))
    why = "; ".join(owed.reasons)
    forbidden = _forbidden(arguments, context)
    if forbidden:
        waits = arguments.policy == "auto" and context.window.declared and not context.control_node
        return Skip(f"a reboot is owed ({why}), but {forbidden}", (Owe("reboot", f"{why}; {forbidden}", waits),))
    return disturbed(context.facts, f"a reboot is owed ({why})") or _boot(arguments, context, why)


def _forbidden(arguments: RebootArguments, context: StepContext) -> str:
    """Return why the host must not be booted now, or ""."""
    if context.control_node:
        return "healer runs on this host: the control node is never rebooted by healer"
    if arguments.policy == "never":
        return "the policy is never to reboot"
    if arguments.policy == "auto" and context.window.verdict is not Verdict.GOOD:
        return context.window.reason
    return ""


def _boot(arguments: RebootArguments, context: StepContext, why: str) -> Decision:
    kernel = context.facts.read("kernel", Kernel)
    if isinstance(kernel, Unknown):
        return Refuse(f"a reboot is owed ({why}), but which kernel would boot is not known: {kernel.reason}")
    expected = kernel.expected if kernel.applicable else ""
    towards = f" into {expected}" if expected else ""
    boot = Action(f"reboot{towards}: {why}", Reboot(expected, arguments.timeout, arguments.stay_up))
    look = Action("look whether the reboot is still owed", LookAgain(("reboot_owed",)), disruptive=False, makes_stale=())
    return Act((boot, look), results={"reasons": why}, pays=("reboot",))


def foresee(arguments: RebootArguments, context: StepContext) -> tuple[Owe, ...]:
    """Return why a reboot that earlier tasks bring about would stay owed; nothing where it would be done."""
    forbidden = _forbidden(arguments, context)
    return (Owe("reboot", forbidden),) if forbidden else ()


def verify(_arguments: RebootArguments, _context: StepContext, after: Facts) -> Proof:
    """Judge a boot that leaves its own reason standing as a fault: every run would repeat it."""
    owed = after.read("reboot_owed", RebootOwed)
    if isinstance(owed, Unknown):
        return Proof(Verdict.UNKNOWN, owed.reason)
    if owed.reasons:
        return Proof(Verdict.BAD, f"a reboot is still owed after the boot: {'; '.join(owed.reasons)}")
    return Proof(Verdict.GOOD, "no reboot is owed any more")


PLUGIN = Step(
    name="reboot",
    arguments=RebootArguments,
    plan=plan,
    needs=("reboot_owed", "kernel", "identity", "package_manager", "package_locks", "package_database"),
    free_form="policy",
    verify=verify,
    foresee=foresee,
)
