"""The watch: hears from every host every few seconds, heals what is found by ordinary runs, and does a full pass from time to time.

It decides nothing that a pass would decide otherwise: what it hears only says for which host a run is to be begun, and that run looks,
judges and is kept away by locks like any other.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from healer.model.errors import JournalError, LockedError
from healer.model.events import Event, ServicesJudged
from healer.model.facts import Facts
from healer.model.report import RunReport
from healer.ports import Clock, Executor, Journal
from healer.watch.bringing_back import Begin, BringingBack
from healer.watch.memory import Memory
from healer.watch.passing import Passed
from healer.watch.ticking import Around, Newest, Watched, tick

JITTER = 0.2
"""By which share a full pass comes earlier or later, so that the watches of several nodes do not look at the same moment."""
FIRST = 3
"""Periods that hosts are given to be heard for the first time: before that, what all of them say together would be said by few."""
LEAVING = 20.0
"""Seconds that threads are given to end: a probe may be under way, and one that is cut off by the end of the process is no good end."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between light looks at a host, and between full passes."""

    light: float = 10.0
    full: float = 60.0


@dataclass(frozen=True, slots=True)
class Hands:
    """What a watch does things with.

    `begin` carries a services run out for some hosts; `full_pass` does one pass, and raises LockedError where another one is under way.
    `keep` writes an event down that belongs to no run. `tell` is called with the hosts of which something is new. `say` prints a line.
    """

    clock: Clock
    journal: Journal
    executor: Executor
    begin: Begin
    full_pass: Callable[[], Passed]
    keep: Callable[[Event], object]
    tell: Callable[[frozenset[str]], None]
    say: Callable[[str], None]
    stop: threading.Event = field(default_factory=threading.Event)


class Watch:
    """One watch over these hosts. Followers call `heard` and `lost` from threads of their own."""

    def __init__(self, watched: Mapping[str, Watched], rhythm: Rhythm, hands: Hands) -> None:
        """Read what the journal knows of the hosts. Raises JournalError."""
        self._watched, self._rhythm, self._hands = watched, rhythm, hands
        self._memory = Memory(hands.journal, watched)
        self._newest: dict[str, Newest] = {}
        self._away: set[str] = set()
        self._fresh: set[str] = set()
        self._lock = threading.Lock()
        self._begun = self._refreshed = hands.clock.monotonic()
        groups = {name: one.group for name, one in watched.items()}
        self._bringing = BringingBack(groups, hands.executor, hands.begin, self._ended, hands.say)
        self._failed: BaseException | None = None
        self.cut = False
        """Whether a run was stopped before it was over."""

    def witness(self, host: str) -> Facts | None:
        """Return what was heard of the host lately, for runs that need not look at it themselves; None when that is not known."""
        with self._lock:
            newest = self._newest.get(host)
        lately = newest is not None and self._now() - newest.at <= 2 * self._rhythm.light
        return newest.facts if newest and lately else None

    def heard(self, host: str, facts: Facts) -> None:
        """Take in what a host says now, and see to it that it is healed where that is due."""
        with self._lock:
            self._newest[host] = Newest(self._now(), facts)
            back = host in self._away
            self._away.discard(host)
        if back:
            self._hands.say(f"{host}: is heard again")
        if self.ready:
            self._consider(host)

    def lost(self, host: str, reason: str) -> None:
        """Take in that a host cannot be heard. It is said once."""
        with self._lock:
            self._newest[host] = Newest(self._now(), None, reason)
            known = host in self._away
            self._away.add(host)
        if not known:
            self._hands.say(f"{host}: cannot be heard: {reason}")

    @property
    def ready(self) -> bool:
        """Whether enough is known to judge: every host was heard or lost once, or had its time for that."""
        waited = self._hands.clock.monotonic() - self._begun
        with self._lock:
            return len(self._newest) >= len(self._watched) or waited >= FIRST * self._rhythm.light

    def run(self, threads: Iterable[Callable[[], None]]) -> None:
        """Watch until the stop: the followers' work runs in threads, a full pass in another. Raises what ended the watch before that."""
        works = [threading.Thread(target=self._guarded, args=(work,), daemon=True) for work in (*threads, self._passes)]
        for work in works:
            work.start()
        while not self._hands.stop.is_set():
            self._hands.stop.wait(1.0)
            self._guarded(self._tell)
        self._bringing.close()
        self._guarded(self._tell)
        deadline = self._hands.clock.monotonic() + LEAVING
        for work in works:
            work.join(max(0.0, deadline - self._hands.clock.monotonic()))
        if failed := self._failed or self._bringing.failed:
            raise failed

    def _consider(self, host: str) -> None:
        self._refresh()
        with self._lock:
            around = Around(self._watched, dict(self._newest), self._memory.pasts(), self._rhythm.light)
        found = tick(host, around, self._now())
        for event in (found.seen, found.judged):
            if event is not None:
                self._hands.keep(event)
        if found.judged:
            self._news(found.judged)
        if found.heals:
            self._bringing.enqueue(host)

    def _news(self, judged: ServicesJudged) -> None:
        for one in judged.judgements:
            self._hands.say(f"{judged.host}: {one.unit}: {one.choice}: {one.reason}")
        for unit in judged.well:
            self._hands.say(f"{judged.host}: {unit}: is well")
        with self._lock:
            self._fresh.add(judged.host)

    def _refresh(self) -> None:
        """Ask the journal what others have written, once for all hosts that are heard within half a period."""
        now = self._hands.clock.monotonic()
        with self._lock:
            due = now - self._refreshed >= self._rhythm.light / 2
            self._refreshed = now if due else self._refreshed
        if due:
            self._memory.refresh()

    def _ended(self, report: RunReport) -> None:
        self._memory.refresh()
        with self._lock:
            self.cut = self.cut or report.exit_code is None
            self._fresh.update(one.host for one in report.hosts)

    def _passes(self) -> None:
        """Do a full pass from time to time. The next one is counted from the end of the last: what was missed is not caught up with."""
        while not self._hands.stop.is_set():
            try:
                passed = self._hands.full_pass()
            except LockedError:
                pass  # another one looks after the same hosts just now
            else:
                self._memory.refresh()
                with self._lock:
                    self.cut = self.cut or any(part.run is not None and part.run.exit_code is None for part in passed.parts)
            self._hands.clock.sleep(self._rhythm.full * (1 - JITTER) + self._hands.clock.jitter(2 * JITTER * self._rhythm.full))

    def _tell(self) -> None:
        with self._lock:
            fresh, self._fresh = frozenset(self._fresh), set()
        if fresh:
            self._hands.tell(fresh)
        if self._bringing.failed:
            self._hands.stop.set()

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do it; what goes wrong ends the whole watch, which whoever has started it sees and starts again."""
        try:
            work()
        except JournalError as error:
            self._failed = error
            self._hands.stop.set()
        except BaseException as error:
            self._failed = error
            self._hands.stop.set()
            raise

    def _now(self) -> float:
        return self._hands.clock.now().timestamp()
