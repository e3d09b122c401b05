"""A play driven to its end by the scheduler with hosts whose fate is drawn beforehand: no clock, no network, only events.

Every event goes through the real fold, so an illegal move fails the law that provoked it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from healer.model.action import Action, Run
from healer.model.events import (
    ActEnded,
    ActIntended,
    Drained,
    Event,
    GateJudged,
    HostEnded,
    HostHeld,
    HostLooked,
    HostPrepared,
    PlayStarted,
    RunHalted,
    SlotTaken,
    SoakStarted,
    Stamped,
    TaskEnded,
    Terminal,
    Undrained,
)
from healer.model.facts import Verdict
from healer.model.policy import Member, RolloutPolicy
from healer.rollout.fleet import Fleet, fleet_of
from healer.rollout.fold import Folding
from healer.rollout.scheduler import Decision, decide

START = datetime(2026, 1, 1, tzinfo=UTC)
RESTART = Action("Restart the service", Run(("systemctl", "restart", "web")))

Check = Callable[[Fleet, Decision], None]


@dataclass(frozen=True)
class Fate:
    """What will happen to a host: at the look, in `prepare`, in its slot."""

    health: Verdict = Verdict.GOOD
    prepared: Verdict = Verdict.GOOD
    slot: str = "changed"


SLOTS = ("changed", "ok", "skipped", "waiting", "busy", "failed", "held", "unknown", "refused", "unreachable", "lost", "half failed")


def stamp(number: int, event: Event) -> Stamped:
    """Return the event as a journal would keep it."""
    return Stamped(number, "r1", START + timedelta(seconds=number), event)


def act(host: str, verdict: Verdict) -> list[Event]:
    """Return one act: intent and result."""
    return [
        ActIntended(host, "0/tasks/0", 0, f"act-{host}", RESTART),
        ActEnded(host, "0/tasks/0", 0, f"act-{host}", verdict, changed=True),
        TaskEnded(host, "0/tasks/0", verdict, changed=True),
    ]


def slot_events(host: str, fate: str) -> list[Event]:
    """Return what happens in a slot, the end included."""
    good = [*act(host, Verdict.GOOD), GateJudged(host, 0, Verdict.GOOD)]
    well = [Drained(host, 0), *good, Undrained(host, 0), SoakStarted(host, 0, 1.0), GateJudged(host, 0, Verdict.GOOD)]
    failed_gate = [Drained(host, 0), *act(host, Verdict.GOOD), GateJudged(host, 0, Verdict.BAD), HostHeld(host, "gate")]
    table: dict[str, tuple[list[Event], Terminal]] = {
        "changed": (well, "changed"),
        "waiting": (well, "waiting"),
        "held": (failed_gate, "held"),
        "unknown": ([*act(host, Verdict.UNKNOWN)], "unknown"),
        "lost": ([*act(host, Verdict.UNKNOWN)], "unreachable"),
        "half failed": ([*act(host, Verdict.BAD)], "failed"),
    }
    before, terminal = table.get(fate, ([], fate))  # type: ignore[arg-type]  # the other fates are terminals of their own
    return [*before, HostEnded(host, 0, terminal, f"fate {fate}")]


@dataclass
class Simulation:
    """One play of one run. `check` is called with every answer of the scheduler, before it is carried out."""

    members: Sequence[Member]
    policy: RolloutPolicy
    fates: dict[str, Fate]
    prepares: bool = False
    drained: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    pick: Callable[[int], int] = lambda _count: 0
    check: Check = lambda _fleet, _decision: None
    events: list[Stamped] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folding = Folding(self.events)
        self.scripts: dict[str, list[Event]] = {}

    def write(self, event: Event) -> None:
        """Record one event."""
        stamped = stamp(len(self.events) + 1, event)
        self.folding.advance(stamped)
        self.events.append(stamped)

    def fleet(self) -> Fleet:
        """Return what the scheduler sees now."""
        state, out, elsewhere = self.folding.state, self.drained, self.elsewhere
        return fleet_of(state, 0, self.members, prepares=self.prepares, drained=out, elsewhere=elsewhere)

    def run(self) -> None:
        """Go on from whatever was recorded until the scheduler says that all is done."""
        if not self.folding.state.plays:
            self.write(PlayStarted(0, "play", tuple(member.host for member in self.members if member.touchable)))
        self._first_looks()
        for _round in range(60 * len(self.members) + 60):
            decision = decide(self.fleet(), self.policy, self.members)
            self.check(self.fleet(), decision)
            if decision.done:
                return
            if not (self._carry_out(decision) or self._one_event()):
                raise AssertionError(f"nothing moves: {decision}")
        raise AssertionError("the play does not end")

    def _first_looks(self) -> None:
        """Finish looks and preparations that are still to be done, as the engine does before it asks the scheduler."""
        for member in self.members:
            fate = self.fates[member.host]
            if self._stage(member.host) == "pending":
                self.write(HostLooked(member.host, 0, fate.health, "as fated"))
            if self._stage(member.host) == "looked" and self.prepares and member.touchable:
                self.write(HostPrepared(member.host, 0, fate.prepared, "as fated"))

    def _stage(self, host: str) -> str:
        return self.folding.state.host(0, host).stage

    def _carry_out(self, decision: Decision) -> bool:
        if decision.halt and not self.folding.state.halted:
            self.write(RunHalted(decision.halt))
        for host, (terminal, reason) in decision.ended.items():
            self.write(HostEnded(host, 0, terminal, reason))
        for start in decision.start:
            self.write(SlotTaken(start.host, 0, start.role))
        return bool(decision.ended or decision.start)

    def _one_event(self) -> bool:
        """Let one of the hosts in slots go one event further; which one is drawn."""
        inside = [member.host for member in self.members if self.folding.state.host(0, member.host).in_slot]
        if not inside:
            return False
        host = inside[self.pick(len(inside)) % len(inside)]
        self.write(self._rest_of(host)[0])
        return True

    def _rest_of(self, host: str) -> list[Event]:
        """Return what is still to come for a host: its script without what was recorded since its slot."""
        mine = [stamped.event for stamped in self.events if stamped.event.host == host]
        taken = next(number for number, event in enumerate(mine) if isinstance(event, SlotTaken))
        return slot_events(host, self.fates[host].slot)[len(mine) - taken - 1 :]

    def terminals(self) -> dict[str, Terminal | None]:
        """Return how each host ended."""
        return {member.host: self.folding.state.host(0, member.host).terminal for member in self.members}
