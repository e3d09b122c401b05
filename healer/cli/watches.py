"""Carries `healer watch` out: what is watched, by which logins, and what is printed, a line an event."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from healer.cli.carrying import Ways, carry, new_run_id
from healer.cli.context import Setting, prepare
from healer.cli.live import Plain, Showing, print_line
from healer.cli.means import alone, logins, means_of, through
from healer.cli.options import Common
from healer.cli.passes import told_of
from healer.cli.screen import console_for_output
from healer.cli.signals import exit_code_of, stopped_by_signals
from healer.clock import SystemClock
from healer.executors.limits import room_for_logins
from healer.executors.threads import Threads
from healer.healing.policy import VARIABLES, ServicesPolicy, policy_of
from healer.healing.written import seconds
from healer.journal.redacting import redacted
from healer.model.errors import InventoryError, UsageError
from healer.model.events import Event
from healer.model.facts import Facts
from healer.model.host import Host
from healer.model.redact import Redactor
from healer.model.report import RunReport
from healer.observe.follow import follow
from healer.pipeline import Order, checked
from healer.ports import Remote
from healer.report.words import counted
from healer.rollout.doors import Doors
from healer.watch.aftermath import lines_of
from healer.watch.following import Follower
from healer.watch.logins import LoginPool
from healer.watch.lookouts import Lookouts
from healer.watch.passing import PARTS, Means, Passed, one_pass
from healer.watch.tell import Told
from healer.watch.ticking import Watched
from healer.watch.watching import Hands, Rhythm, Watch
from healer.wiring import Access, Listeners, locks_of

FACTS = ("services", "service_checks", "service_probes", "load")
"""What a light look reads."""
RUNS = 4
"""Services runs at once: each of another budget group."""


def watch_over(common: Common, light: float, full: float) -> int:
    """Watch until a signal comes; return 0, or what the signal stands for where a run was cut by it.

    Raises InputError before any connection, JournalError when nothing can be written down any more.
    """
    setting, stop = prepare(common), threading.Event()
    with stopped_by_signals(stop) as received, logins(setting) as pool, Threads(RUNS) as executor:
        watcher = Watcher(setting, stop, pool, executor, Rhythm(light, full))
        watcher.run()
    return exit_code_of(received) if watcher.watch.cut else 0


class Watcher:
    """One watch of this command."""

    def __init__(self, setting: Setting, stop: threading.Event, pool: LoginPool, executor: Threads, rhythm: Rhythm) -> None:
        self._setting, self._stop, self._pool, self._rhythm = setting, stop, pool, rhythm
        self._console = console_for_output()
        self._plain = Plain(self._console, Showing(setting.common.verbose))
        self._means = replace(means_of(setting, stop, pool, shown=False), carry=self._carry)
        self._access = Access(setting.settings, setting.inventory(), setting.become_password)
        self._redactor = Redactor(self._access.secrets())
        self._run = new_run_id()
        orders = [checked(self._means.order(name, self._means.hosts, True)) for name in PARTS]
        groups = {member.host: member.group for play in orders[0] for member in play.members}
        room = room_for_logins()
        self._followed = self._means.hosts[: max(1, room // 2)]
        self._lookouts = Lookouts(setting.inventory().hosts, self._access.connect, SystemClock(stop), max(1, room // 4))
        watched = {name: Watched(name, groups.get(name, name), policy_for(self._access, name)) for name in self._followed}
        self.watch = Watch(watched, rhythm, self._hands(executor))

    def run(self) -> None:
        """Watch until the stop."""
        total, followed = len(self._means.hosts), len(self._followed)
        self._say(
            f"watching {counted(followed, 'host')}, heard every {self._rhythm.light:g} s; a full pass every {self._rhythm.full:g} s or so"
        )
        if followed < total:
            self._say(f"{counted(total - followed, 'host')} more than may be logged in to all the time: only full passes look at them")
        self.watch.run([self._follower(self._setting.inventory().hosts[name]).run for name in self._followed])

    def _hands(self, executor: Threads) -> Hands:
        return Hands(
            clock=SystemClock(self._stop),
            journal=self._setting.journal,
            executor=executor,
            begin=lambda hosts: self._carry(quickly(self._means.order(PARTS[0], hosts, False))),
            full_pass=self._full_pass,
            keep=self._keep,
            tell=self._tell,
            say=self._say,
            stop=self._stop,
        )

    def _follower(self, host: Host) -> Follower:
        return Follower(host, self._access.connect, self._follow, self.watch.heard, self.watch.lost, SystemClock(self._stop), self._stop)

    def _follow(self, remote: Remote, host: Host, heard: Callable[[Facts], None]) -> None:
        variables = {**self._access.variables(host.name), "services_tries": 1}
        with self._lookouts.beside(remote) as places:
            follow(
                remote,
                FACTS,
                every=self._rhythm.light,
                become=True,
                variables=variables,
                heard=heard,
                stopped=self._stop.is_set,
                vantages=places,
            )

    def _carry(self, order: Order) -> RunReport:
        """Carry a run out; of what is real a line an event is printed."""
        ways = Ways(self._stop, through=partial(self._through, order), locks=locks_of(self._setting.settings))
        if order.resume:
            return means_of(self._setting, self._stop, self._pool, shown=False).carry(order)
        if not order.inputs.check:
            self._say(f"run {order.inputs.run}: {order.inputs.playbook.file}, {', '.join(order.inputs.hosts)}")
            ways = replace(ways, listeners=Listeners(self._plain.listen))
        return carry(order, self._setting, ways)

    def _through(self, order: Order, found: Doors) -> Doors:
        return replace(through(found, order, self._setting, self._pool), witness=self.watch.witness)

    def _full_pass(self) -> Passed:
        with alone(self._setting):
            passed = one_pass(self._means)
        for part in passed.parts:
            if part.run:
                self._say(part.words)
        if not passed.stopped:
            self._print_told(told_of(passed, self._means, self._setting))
        self._setting.journals.clear()
        return passed

    def _tell(self, hosts: frozenset[str]) -> None:
        """Tell people of hosts of which a light look or a run has said something new."""
        means: Means = replace(self._means, hosts=tuple(hosts))
        self._print_told(told_of(Passed(()), means, self._setting))

    def _print_told(self, told: Told) -> None:
        for line in (*lines_of(told.changes), *(f"notification: {trouble}" for trouble in told.troubles)):
            self._say(line)

    def _keep(self, event: Event) -> None:
        self._setting.journal.append(self._run, redacted(event, self._redactor))

    def _say(self, line: str) -> None:
        print_line(self._console, f"{self._means.clock.now():%Y-%m-%dT%H:%M:%SZ} {self._redactor.clean(line)}")


def quickly(order: Order) -> Order:
    """Return the order with each probe asked once: the bad answers in a row that the run is begun for stand in the journal."""
    return replace(order, inputs=replace(order.inputs, extra={**order.inputs.extra, "services_tries": 1}))


def policy_for(access: Access, host: str) -> ServicesPolicy:
    """Return what may be done about the host's services. Raises InventoryError for what makes no sense."""
    variables: Mapping[str, object] = access.variables(host)
    try:
        return policy_of({name: variables[name] for name in VARIABLES if name in variables})
    except ValueError as error:
        raise InventoryError(f"host {host}: {error}") from error


def seconds_of(text: str, option: str, least: float) -> float:
    """Return the seconds of `10s`, `5m` or `1h`. Raises UsageError, also for less than `least`."""
    try:
        found = float(seconds(text))
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
    if found < least:
        raise UsageError(f"{option} {text}: is too often; {least:g}s is the least")
    return found
