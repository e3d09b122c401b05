"""One host during a run: its login, its lease, and what has been read of it so far. Owned by one thread at a time."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TypeVar

from healer.model.errors import AuthenticationError, HostError, HostKeyError, JournalError, OutcomeUnknown, RefusedError, UnreachableError
from healer.model.facts import Facts, Unknown, plain
from healer.model.host import Host
from healer.model.job import JobReport, JobSpec, Lease
from healer.observe.probes.contract import Vantage
from healer.observe.vantage import nearest
from healer.ports import Gate, Remote
from healer.rollout.doors import Doors
from healer.rollout.left_behind import left_behind

RENEW_AFTER = 40.0
"""Seconds after which a lease of 120 s is renewed before the next act: two renewals may fail."""
RETRY_EVERY = 5.0
BRIDGED = 120.0
"""Seconds for which a host that we hold the lease of is asked again when the link to it breaks."""
AGED = 7 * 86400.0
"""Seconds after which what an act has left on a host is of no use to anybody any more."""

Answer = TypeVar("Answer")


class Session:
    """Connects when first needed, reconnects after a lost link, reads each fact once until an act makes it stale."""

    def __init__(self, host: Host, doors: Doors, holder: str, elsewhere: "Callable[[str], Session] | None" = None) -> None:
        """Prepare; nothing is sent yet. `holder` is written into the lease: the run's id. `elsewhere` gives the session of another host
        that probes are asked from; without it none are.
        """
        self.host, self.holder = host, holder
        self._elsewhere = elsewhere
        self._doors = doors
        self._remote: Remote | None = None
        self._readings: dict[str, object] = {}
        self._plain: dict[str, object] | None = None
        self._lease: Lease | None = None
        self._renewed = 0.0
        self._swept = False

    @property
    def remote(self) -> Remote:
        """The login, made now when there is none. Raises UnreachableError."""
        if self._remote is None:
            self._remote = self._doors.connect(self.host)
        return self._remote

    def vantage(self, origin: str) -> Vantage:
        """Return the place of a probe: `host`, `control`, or another host by name. Raises UnreachableError."""
        if self._elsewhere is None or origin in ("host", "control", self.host.name):
            return nearest(self.remote, "host" if origin == self.host.name else origin)
        return self._elsewhere(origin).remote

    @property
    def gate(self) -> Gate:
        """The job protocol over the current login."""
        return self._doors.gate(self.remote)

    def await_login(self, patience: float) -> None:
        """Log in, trying again for so many seconds. Who is not there then is found out by the next use."""
        end = self._doors.clock.monotonic() + patience
        while self._doors.clock.monotonic() < end:
            with suppress(HostError):
                _ = self.remote
                return
            self._doors.pause(RETRY_EVERY)

    def drop(self) -> None:
        """Give the login up, so that the next use connects anew. One that cannot be closed is left behind: nobody asks it again."""
        remote, self._remote = self._remote, None
        if remote is not None:
            with suppress(Exception):
                remote.close()

    def look(self, names: Iterable[str]) -> Facts:
        """Return at least these facts, asking the host in one round trip for those that are not known yet.

        When not a single one came back the link is taken for broken: one fresh login is tried.
        """
        wanted = tuple(sorted(set(names) - self._readings.keys()))
        if wanted:
            self._readings.update(self._bridged(lambda: self._ask(wanted)))
            self._plain = None
        return Facts(dict(self._readings))

    def known(self) -> Facts:
        """Return what has been read so far, without asking."""
        return Facts(dict(self._readings))

    def adopt(self, facts: Facts) -> None:
        """Take over what somebody else has just read of this host."""
        self._readings.update(facts.readings)
        self._plain = None

    def plain_facts(self) -> Mapping[str, object]:
        """Return what is known as JSON-shaped data for templates; an unknown reading is left out, so that using it is an error."""
        if self._plain is None:
            self._plain = {name: plain(value) for name, value in self._readings.items() if not isinstance(value, Unknown)}
        return self._plain

    def _ask(self, wanted: tuple[str, ...]) -> dict[str, object]:
        """Ask for the facts and for the identity, which every host tells: a link that lives brings it, whatever else is not known."""
        witnessed = tuple(sorted({*wanted, "identity"}))
        readings = dict(self._doors.look(self.remote, witnessed, self.vantage).readings)
        if all(isinstance(reading, Unknown) for reading in readings.values()):
            self.drop()
            readings = dict(self._doors.look(self.remote, witnessed, self.vantage).readings)
        return readings

    def _bridged(self, ask: Callable[[], Answer]) -> Answer:
        """Return the answer to what may be asked twice. A link that breaks in the midst of our work on a host is no word about the host.

        Nor is one that broke after the login, before anything was sent over it: there one fresh login is tried at once.
        """
        end = self._doors.clock.monotonic() + (BRIDGED if self.leased else 0.0)
        afresh = True
        while True:
            try:
                return ask()
            except (HostKeyError, AuthenticationError):
                raise
            except (UnreachableError, OutcomeUnknown) as error:
                in_time = self._doors.clock.monotonic() < end
                afresh = afresh and self._remote is not None and isinstance(error, UnreachableError)
                if not (in_time or afresh):
                    raise
            self.drop()
            if in_time:
                self._doors.pause(RETRY_EVERY)
            afresh = False

    def forget(self, names: Iterable[str]) -> None:
        """Make facts stale; `*` is all of them."""
        stale = set(names)
        self._plain = None
        self._readings = {} if "*" in stale else {name: value for name, value in self._readings.items() if name not in stale}

    def lease(self) -> tuple[Lease, bool]:
        """Return a lease that is good for the next act, and whether it is a new one. Raises RefusedError."""
        now = self._doors.clock.monotonic()
        if self._lease is not None and now - self._renewed < RENEW_AFTER:
            return self._lease, False
        fresh = self._bridged(lambda: self.gate.renew(self._lease) if self._lease is not None else self._take())
        new = self._lease is None or fresh.epoch != self._lease.epoch
        self._lease, self._renewed = fresh, now
        return fresh, new

    def _take(self) -> Lease:
        """Take the lease, at once where it is one that a run of this node could not give back at its end. Raises RefusedError."""
        try:
            return self.gate.take_lease(self.holder)
        except RefusedError as refused:
            over = self._left_behind(refused.holder)
            if over is None:
                raise
        return self.gate.take_lease(self.holder, over=over)

    def _left_behind(self, run: str) -> Lease | None:
        """Return the lease that the run has left behind here. A journal that cannot be read proves nothing."""
        with suppress(JournalError):
            return left_behind(self._doors.journal.events(run), self.host.name, self._doors.node) if run else None
        return None

    def keep(self) -> None:
        """Renew a lease that is held, where it is time to: for whoever waits long between two acts. A lost one decides nothing here."""
        if self._lease is not None:
            with suppress(HostError):
                self.lease()

    def prolong(self) -> None:
        """Renew a lease as `keep` does, in the midst of another command: over the login that this one uses, and without a second try."""
        now = self._doors.clock.monotonic()
        if self._lease is not None and self._remote is not None and now - self._renewed >= RENEW_AFTER:
            self._renewed = now
            with suppress(HostError):
                self._lease = self._doors.gate(self._remote).renew(self._lease)

    @property
    def leased(self) -> bool:
        """Whether the host has granted a lease that we still believe in."""
        return self._lease is not None

    def lose_lease(self) -> None:
        """Forget the lease: the host was booted, and what it had granted is gone."""
        self._lease = None

    def start(self, spec: JobSpec) -> JobReport:
        """Let an act in through the gate under the current lease."""
        return self.gate.start(self.lease()[0], spec)

    def release(self) -> None:
        """Give the lease back as far as the host can be reached; else it runs out by itself after two minutes of uptime.

        The first time old acts are tidied up too, a convenience that never fails anything. After `prepare` that is on all hosts at once.
        """
        if self._lease is not None and self._remote is not None:
            with suppress(HostError):
                gate = self._doors.gate(self._remote)
                gate.release(self._lease)
                self._sweep(gate)
        self._lease = None

    def _sweep(self, gate: Gate) -> None:
        if not self._swept:
            self._swept = True
            gate.sweep(AGED)

    def close(self) -> None:
        """Release the lease and hang up."""
        self.release()
        self.drop()
