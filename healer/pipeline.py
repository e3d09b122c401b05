"""The whole run on one screen: who, what is wanted, under which limits, who else is at it, do it play by play, tell it."""

import getpass
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace

from healer import node
from healer.freezing import digest_of, documents_of
from healer.inventory.patterns import select
from healer.journal.queries import debt_history, unpaid
from healer.model.errors import InputError, InventoryError, JournalError, PlaybookError
from healer.model.events import RunEnded, RunResumed, RunStarted
from healer.model.host import Inventory
from healer.model.playbook import Play
from healer.model.policy import Member
from healer.model.report import RunReport
from healer.playbook.policy import rollout_policy
from healer.playbook.render import Renderer
from healer.report.summary import summarise
from healer.rollout.context import PlayContext, RunInputs
from healer.rollout.declared import declared
from healer.rollout.doors import Doors, Stopped
from healer.rollout.early import check_arguments
from healer.rollout.engine import PlayRun
from healer.rollout.members import members_of
from healer.rollout.names import check_names
from healer.rollout.outcome import exit_code
from healer.rollout.recorder import Recorder

RESUMABLE_DAYS = 30
"""Much less than the time for which hosts remember that an act was done (remote/jobs: sweep)."""

Locks = Callable[[Mapping[str, Collection[str]], str], AbstractContextManager[Mapping[str, str]]]
"""Takes the control node's locks of those budget groups (with their hosts) that are free, and gives the others with who holds them.
Raises LockedError naming the holder when none is free."""


@dataclass(frozen=True, slots=True)
class Order:
    """A run that was asked for. `command` is what history shows; `playbook_text` is frozen with it. `signal` is read after a stop."""

    inputs: RunInputs
    command: str
    playbook_text: str = ""
    resume: bool = False
    held: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Staged:
    """A play with everything that can be known before the first connection."""

    context: PlayContext
    members: tuple[Member, ...]


def carry_out(order: Order, doors: Doors, locks: Locks) -> RunReport:
    """Run the order to its end and return what is to be told of it.

    Raises InputError before anything is touched, LockedError when others are at it, JournalError when nothing can be recorded.
    A stop (a signal) leaves the run open for `healer resume`; its report has no exit code.
    """
    staged = checked(order)
    with locks(groups_of(staged), order.inputs.run) as taken:
        recorder = Recorder(doors, order.inputs.run)
        begin(order, recorder)
        with resumable(order):
            try:
                for play in staged:
                    PlayRun(play.context, play.members, doors, recorder).run(order.held, busy_hosts(play, taken))
            except Stopped:
                return tell(order, doors)
            return end(order, doors, recorder)


@contextmanager
def resumable(order: Order) -> Iterator[None]:
    """Add to a journal's complaint how the run is gone on with."""
    try:
        yield
    except JournalError as error:
        if order.inputs.check:
            raise
        advice = f"{error.advice} Jobs on hosts go on by themselves. Then go on with `healer resume {order.inputs.run}`.".strip()
        raise JournalError(error.message, advice=advice) from error


def checked(order: Order) -> tuple[Staged, ...]:
    """Return the plays staged; raises InputError for what cannot be right. What was judged when the run began is not judged again."""
    staged = stage(order.inputs)
    for play in staged:
        if not order.resume:
            targets = [member.host for member in play.members if member.touchable]
            check_names(play.context, targets)
            check_arguments(play.context, targets)
    return staged


def stage(inputs: RunInputs) -> tuple[Staged, ...]:
    """Render every play's policy and find its hosts; raises InputError for what cannot be right."""
    renderer = Renderer()
    return tuple(_stage(inputs, index, renderer) for index in range(len(inputs.playbook.plays)))


def _stage(inputs: RunInputs, index: int, renderer: Renderer) -> Staged:
    play = inputs.playbook.plays[index]
    inputs = replace(inputs, inventory=declared(inputs, renderer, play.rolling.domain or ""))
    scope = PlayContext.outer_scope(play, inputs.extra)
    pattern = str(renderer.render(play.hosts, scope, play.where))
    chosen = hosts_of(play, pattern, inputs.inventory)
    wanted = set(inputs.hosts)
    targets = [name for name in chosen if name in wanted]
    policy = rollout_policy(play, lambda value: renderer.render(value, scope, play.where))
    context = PlayContext(inputs, replace(play, hosts=pattern), index, policy, renderer)
    context.check_windows(targets)
    return Staged(context, members_of(context.play, inputs.inventory, chosen, targets))


def hosts_of(play: Play, pattern: str, inventory: Inventory) -> tuple[str, ...]:
    """Return the hosts that the play's pattern names. Raises PlaybookError at the play's place."""
    try:
        return select(pattern, inventory)
    except InventoryError as error:
        where = play.where
        message = f"hosts: {error.message}"
        raise PlaybookError(message, file=where.file, line=where.line, column=where.column, advice=error.advice) from error


def busy_hosts(play: Staged, taken: Mapping[str, str]) -> dict[str, str]:
    """Return the hosts of budget groups that another run works on, each with who that is."""
    return {member.host: taken[member.group] for member in play.members if member.group in taken}


def groups_of(staged: Sequence[Staged]) -> Mapping[str, Collection[str]]:
    """Return the budget groups that the run works on, each with all hosts that count in it, over all plays."""
    found: dict[str, set[str]] = {member.group: set() for play in staged for member in play.members if member.touchable}
    for play in staged:
        for member in play.members:
            found.get(member.group, set()).add(member.host)
    return found


def begin(order: Order, recorder: Recorder) -> None:
    """Write the first event of the run, or that somebody goes on with it. Raises InputError for a run that is too old for that."""
    if order.resume:
        _check_age(order, recorder)
        recorder.write(RunResumed(actor()))
        return
    documents = documents_of(order.inputs, order.playbook_text)
    recorder.write(
        RunStarted(
            command=order.command,
            playbook=order.inputs.playbook.file,
            playbook_digest=order.inputs.playbook.digest,
            inventory_digest=digest_of(documents["inventory"]),
            hosts=order.inputs.hosts,
            actor=actor(),
            documents=documents,
        )
    )


def _check_age(order: Order, recorder: Recorder) -> None:
    """Refuse a run whose acts the hosts begin to forget: asked about one, a host would let it in a second time."""
    days = recorder.age.days
    if days >= RESUMABLE_DAYS:
        message = f"run {order.inputs.run} was begun {days} days ago, and after {RESUMABLE_DAYS} days a run is not gone on with."
        raise InputError(message, advice="Look at its hosts, free those that are held with `healer ack HOST`, and start a new run.")


def end(order: Order, doors: Doors, recorder: Recorder) -> RunReport:
    """Write the last event with the exit code that the hosts' ends add up to."""
    plays = recorder.state.plays.values()
    terminals = [host.terminal for play in plays for host in play.hosts.values() if host.terminal is not None]
    recorder.write(_last_word(exit_code(terminals, check=order.inputs.check), doors, recorder))
    return tell(order, doors)


def _last_word(code: int, doors: Doors, recorder: Recorder) -> RunEnded:
    """Return the last event, with what later runs would else have to read the whole journal for.

    Debts are counted up to the run's beginning: what other control nodes wrote before that has arrived for sure.
    """
    history = [one for one in debt_history(doors.journal) if one.number <= recorder.first]
    return RunEnded(code, took=recorder.took, unpaid=unpaid(history), counted=recorder.first)


def tell(order: Order, doors: Doors) -> RunReport:
    """Fold the journal into the report."""
    return summarise(order.inputs.run, doors.journal.events(order.inputs.run))


def actor() -> str:
    """Return who runs this, as `user@node pid`; the user who called sudo where there is one."""
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{node.name()} pid {os.getpid()}"
