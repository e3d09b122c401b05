"""How a host leaves a play: proved and let go, taken back to its former versions, or held. It ends in exactly one terminal state."""

from collections.abc import Callable
from contextlib import suppress

from healer.model.errors import HostError, InputError
from healer.model.events import Event, HostAcknowledged, HostEnded, HostHeld, HostLooked, Terminal, VersionsFrozen
from healer.model.facts import Verdict
from healer.rollout.crew import Crew
from healer.rollout.gatekeeping import Gatekeeper, Guarded
from healer.rollout.going_back import Rollback
from healer.rollout.machine import LEFT_WHOLE, HostState
from healer.rollout.proving import fresh_versions
from healer.rollout.troubles import unexpected
from healer.rollout.work import Trouble, Work

PROVED = "resume: the host is proved to be well"
"""Who acknowledges a hold that the same run takes back."""
UNPROVED: frozenset[Terminal] = frozenset({"unknown", "unreachable"})
"""What the gate says of a host whose health is not known."""
SAYS_WHY: frozenset[Terminal] = frozenset({"failed", "unreachable", "refused"})
"""Ends that promise nothing about the host's health."""


class WayOut:
    """One host's. `leave` ends its slot; `end` and `break_off` end a host from wherever it stands."""

    def __init__(
        self,
        crew: Crew,
        work: Work,
        gate: Gatekeeper,
        back: Rollback,
        *,
        guarded: Guarded,
        settle: Callable[[], None],
        release: Callable[[], str],
    ) -> None:
        """Bind the host. `settle` asks what became of an act that is open; `release` tells the host's release, and raises HostError."""
        self._crew, self._work, self._gate, self._back = crew, work, gate, back
        self._guarded, self._settle, self._release = guarded, settle, release
        self._host, self._play = work.host.name, crew.play.index

    @property
    def _state(self) -> HostState:
        return self._work.run.host(self._play, self._host)

    def leave(self, trouble: Trouble | None) -> None:
        """Verify, undrain, soak, end. Where nothing was done there is nothing to prove."""
        touched = self._work.acted or self._work.drained == "ours"
        if self._state.rollback is not None:
            self._go_back(self._state.rollback.reason)
            return
        bad = self._gate.prove() if touched else None
        if bad is not None:
            self._not_well(bad, trouble)
        elif trouble is not None:
            self.end(trouble.terminal, trouble.reason)
        else:
            self._end_well(touched=touched)

    def _not_well(self, bad: Trouble, trouble: Trouble | None) -> None:
        reason = f"{trouble.reason}; then {bad.reason}" if trouble else bad.reason
        self._settle()  # a crash may have left an act of the way out open; going back needs to know what became of it
        if self._back.concerns(bad):
            self._go_back(reason)
        elif bad.terminal in UNPROVED and not self._disturbed():
            cause = trouble if trouble and trouble.terminal in SAYS_WHY else bad
            self.end(cause.terminal if cause.terminal in SAYS_WHY else "failed", reason)
        else:
            self._hold_out(reason)

    def _disturbed(self) -> bool:
        """Whether the host may be worse for what was done: only what disrupts can have made it so, or left it out of service."""
        state = self._state
        return state.disrupted or state.open is not None or self._work.drained == "ours"

    def _go_back(self, why: str) -> None:
        """Take the host's upgrades back. Only where it is proved to be well again it is let go."""
        ended = self._back.go(why, self._gate, self._guarded)
        if ended.terminal == "failed":
            self.end("failed", ended.reason)
        else:
            self._hold_out(ended.reason)

    def _end_well(self, *, touched: bool) -> None:
        """End the host. What it proved is written down first: once it has ended others may start, and they must find it."""
        waits = [debt.detail for debt in self._state.debts if debt.waits]
        if touched:
            self._freeze_versions()
        if waits:
            self.end("waiting", "; ".join(waits))
        elif self._work.changed:
            self.end("changed", "")
        else:
            self.end("ok", "nothing was changed" if touched else "nothing to do")

    def _freeze_versions(self) -> None:
        release = ""
        with suppress(HostError, InputError):
            release = self._release()
        group = self._crew.groups.get(self._host, "")
        fresh = fresh_versions(self._work.run, self._host, group, release)
        if fresh is not None and release:
            self._write(VersionsFrozen(group, fresh))

    def _hold_out(self, reason: str) -> None:
        self.hold(Trouble("unknown" if self._state.open is not None else "held", reason))

    def hold(self, trouble: Trouble) -> None:
        """Keep everybody's hands off the host until a person has looked."""
        self._write(HostHeld(self._host, trouble.reason))
        self.end(trouble.terminal, trouble.reason)

    def break_off(self, error: Exception) -> None:
        """End the host because healer itself failed on it: a defect, but one that the other hosts need not suffer from."""
        reason = unexpected(error)
        state = self._state
        if state.stage == "ended":
            return
        if state.stage == "pending":
            self._write(HostLooked(self._host, self._play, Verdict.UNKNOWN, reason))
        if state.acted or state.drained_by_us or state.open is not None:
            self.hold(Trouble("unknown", reason))
        else:
            self.end("failed", reason)

    def end(self, terminal: Terminal, reason: str) -> None:
        """Record the host's end and hang up."""
        safe: Terminal = "unknown" if self._state.open is not None and terminal in LEFT_WHOLE | {"failed", "unreachable"} else terminal
        if self._state.held and self._state.in_slot and safe in LEFT_WHOLE:
            # It was held before a crash, in the slot in which it has now been proved: nobody needs to look any more.
            self._write(HostAcknowledged(self._host, PROVED))
        self._write(HostEnded(self._host, self._play, safe, reason, acted=self._work.acted))
        self._crew.freed()
        self.hang_up()

    def hang_up(self) -> None:
        """Give the lease back and close the login; a delegated task that shares the lease is waited for."""
        session = self._work.session
        if not session.leased:
            session.close()
            return
        with self._crew.delegates.turn(self._host):
            session.close()

    def _write(self, event: Event) -> None:
        self._work.write(event)
