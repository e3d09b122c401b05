"""The pass: everything that is due on a fleet, once, for cron: what was cut off, services, disks, and patches in their window.

A part looks first, by a dry run that leaves no trace; an ordinary run is begun only for the hosts that have work. So a quiet night
writes nothing, and whoever else works on a host is kept away by the same locks and leases as from any other run.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import Event

from healer.model.errors import InputError, LockedError
from healer.model.events import Stamped, Terminal
from healer.model.host import Inventory
from healer.model.report import HostReport, RunReport
from healer.pipeline import Order, checked, stage
from healer.ports import Clock, Journal
from healer.report.forecast import plan_view
from healer.report.words import counted
from healer.rollout.durations import HISTORY, expected, play_key
from healer.rollout.outcome import exit_code
from healer.rollout.windows import Window
from healer.watch.fitting import Candidate, Fit, fitting
from healer.watch.unfinished import Unfinished, unfinished

PARTS = ("services", "logs", "patch")
"""The playbooks, in this order: first what is broken, then what will be, then what is due."""
WINDOWED = ("patch",)
"""Those that are begun only on hosts whose window is open."""
TROUBLES = ("unreachable", "failed", "refused", "held", "unknown", "busy")
"""How hosts end of which the line of a part speaks."""
LOCKED, LEFT = 75, 3
RANK = (74, 5, 1, 4, LEFT, 0)


@dataclass(frozen=True, slots=True)
class Means:
    """What a pass is carried out with.

    `order` makes a run of a playbook (its name), for hosts, dry or real; `resume` one that goes on with a run that was cut off; `carry`
    carries either out and raises what the pipeline raises; `events` gives those of such a run. `node` is this control node's
    name. `stop` is set when nothing more is to be begun.
    """

    inventory: Inventory
    hosts: tuple[str, ...]
    journal: Journal
    clock: Clock
    order: Callable[[str, tuple[str, ...], bool], Order]
    resume: Callable[[Unfinished], Order]
    carry: Callable[[Order], RunReport]
    events: Callable[[str], Sequence[Stamped]]
    node: str
    stop: Event


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a pass. `words` is its line. `looked` is the dry run, `run` the real one, None where there was none."""

    name: str
    code: int
    words: str
    looked: RunReport | None = None
    run: RunReport | None = None

    @property
    def ends(self) -> Mapping[str, HostReport]:
        """How each host stands after this part: as the real run left it, else as the dry one found it."""
        reports = [one for report in (self.looked, self.run) if report for one in report.hosts]
        return {one.host: one for one in reports}


@dataclass(frozen=True, slots=True)
class Passed:
    """A whole pass. `stopped`: it was told to end before it was through. `waiting` are unfinished runs that need a person."""

    parts: tuple[Part, ...]
    stopped: bool = False
    waiting: tuple[Unfinished, ...] = ()

    @property
    def code(self) -> int:
        """The exit code by rank over the parts; 75 when all that was to be done was kept away by locks."""
        codes = [part.code for part in self.parts]
        worst = next((code for code in RANK if code in codes), 0)
        if LOCKED not in codes or worst not in {LEFT, 0}:
            return worst
        return LEFT if self.acted or worst == LEFT else LOCKED

    @property
    def acted(self) -> bool:
        """Whether a real run was begun or gone on with."""
        return any(part.run for part in self.parts)


def one_pass(means: Means, *, check: bool = False) -> Passed:
    """Do what is due. Raises InputError before anything is touched for a playbook or policy that makes no sense, and JournalError."""
    for name in PARTS:
        checked(means.order(name, means.hosts, True))
    found = unfinished(means.journal, means.node, means.clock.now())
    waiting = tuple(one for one in found if one.needs)
    works: list[Callable[[], Part | None]] = [partial(gone_on_with, means, one) for one in found if not (one.needs or check)]
    works += [partial(looked_after, means, name, check=check) for name in PARTS]
    parts: list[Part] = []
    for work in works:
        if means.stop.is_set():
            return Passed(tuple(parts), stopped=True, waiting=waiting)
        part = work()
        parts += [part] if part else []
    return Passed(tuple(parts), stopped=means.stop.is_set(), waiting=waiting)


def gone_on_with(means: Means, one: Unfinished) -> Part | None:
    """Go on with a run that was cut off; None where somebody else is at it."""
    name = f"run {one.run}"
    try:
        report = means.carry(means.resume(one))
    except LockedError:
        return None
    except InputError as error:
        return Part(name, 1, f"{name}: cannot be gone on with: {error}")
    return Part(name, report.exit_code or 0, f"{name}: gone on with", run=report)


def looked_after(means: Means, name: str, *, check: bool) -> Part:
    """Look by a dry run of that playbook, then do what was found."""
    fit = fit_of(means, name) if name in WINDOWED else Fit(means.hosts, {})
    if not fit.now:
        return Part(name, 0, f"{name}: {later_words(fit)}")
    looked = means.carry(means.order(name, fit.now, True))
    working = with_work(looked, means.events(looked.run))
    more = f"; {later_words(fit)}" if fit.later else ""
    found = f"{name}: {_found(looked, working)}"
    if check or not working or means.stop.is_set():
        return Part(name, looked.exit_code or 0, f"{found}{more}", looked)
    try:
        run = means.carry(means.order(name, working, False))
    except LockedError as error:
        return Part(name, LOCKED, f"{found}, skipped: {error.message}{more}", looked)
    part = Part(name, 0, f"{found}: run {run.run}{more}", looked, run)
    return replace(part, code=code_of(part.ends.values()))


def with_work(looked: RunReport, events: Sequence[Stamped]) -> tuple[str, ...]:
    """Return the hosts on which a dry run found something to do, also those of which it says something bad beside that."""
    planned = {host for group in plan_view(events).groups if group.plan.work for host in group.hosts}
    return tuple(one.host for one in looked.hosts if one.terminal == "changed" or one.host in planned)


def code_of(ends: Iterable[HostReport]) -> int:
    """Return the exit code of how hosts have ended; those that a stop has left in the middle count for nothing."""
    return exit_code(_terminal(one) for one in ends if one.terminal not in {"running", "pending"})


def _terminal(one: HostReport) -> Terminal:
    return one.terminal  # type: ignore[return-value]  # a report holds the words of the events


def _found(looked: RunReport, working: tuple[str, ...]) -> str:
    total = counted(len(looked.hosts), "host")
    words = [f"work on {len(working)} of {total}" if working else f"nothing to do on {total}"]
    for terminal in TROUBLES:
        number = sum(one.terminal == terminal for one in looked.hosts)
        words += [f"{number} {terminal}"] if number else []
    return ", ".join(words)


def fit_of(means: Means, name: str) -> Fit:
    """Return which hosts' windows are open for long enough now, as the journal has learned how long they take."""
    order = means.order(name, means.hosts, True)
    play = stage(order.inputs)[0]
    members = [member for member in play.members if member.touchable]
    key = play_key(order.inputs.playbook.file, 0, play.context.play.name)
    likely = expected(means.journal.about("", ("run_ended",), HISTORY), key, [member.host for member in members])
    sizes: dict[str, int] = {}
    for member in play.members:
        sizes[member.group] = sizes.get(member.group, 0) + 1
    slots = {group: play.context.policy.max_unavailable.of(size) for group, size in sizes.items()}
    candidates = [Candidate(one.host, one.group, _window(means.inventory, one.host), likely.get(one.host)) for one in members]
    return fitting(candidates, slots, means.clock.now())


def _window(inventory: Inventory, host: str) -> Window | None:
    declared = inventory.hosts[host].variables.get("window")
    return None if declared is None else Window.parse(declared)


def later_words(fit: Fit) -> str:
    """Return why hosts wait, those without a window first: nobody would else know why they are never patched."""
    bare = sum(reason == "no window is declared" for reason in fit.later.values())
    words = []
    if bare:
        words.append(
            f"{counted(bare, 'host')} without a declared window, so not patched or rebooted (`window: always` allows it at any time)"
        )
    if len(fit.later) > bare:
        words.append(f"{counted(len(fit.later) - bare, 'host')} outside of the window")
    return ", ".join(words)
