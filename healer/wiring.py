"""The only file that names concrete classes: what the pipeline gets as doors, locks and journal."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from healer import node
from healer.archive.store import ArchiveStore
from healer.clock import SystemClock
from healer.discovery import plugins
from healer.executors.limits import room_for_logins
from healer.executors.threads import PatientThreads, Threads
from healer.healing.policy import VARIABLES as POLICY
from healer.inventory.login import LoginDefaults, login_of, password_file_of
from healer.inventory.login_variables import ALIASES
from healer.inventory.neighbours import neighbour
from healer.inventory.password_file import read_password_file
from healer.journal.locks import GroupLocks
from healer.journal.memory import MemoryJournal
from healer.journal.redacting import redacted
from healer.journal.store import SqlJournal
from healer.model.action import Job
from healer.model.errors import HostError, OutcomeUnknown
from healer.model.events import Stamped
from healer.model.facts import Facts, Unknown, Updates
from healer.model.host import Host, Inventory, Login, Value
from healer.model.job import JobReport, JobSpec
from healer.model.redact import Redactor
from healer.model.secret import Secret
from healer.observe.collect import NO_VARIABLES, collect
from healer.observe.facts._managers import KNOWN
from healer.observe.facts.contract import Vantages
from healer.observe.facts.service_probes import ANOTHER
from healer.platforms.packages.contract import PackageManager
from healer.playbook.render import Renderer
from healer.playbook.scope import Scope, host_data
from healer.ports import Clock, Journal, Remote
from healer.remote.connector import Connector
from healer.remote.errand import errand, new_act
from healer.remote.jobs import Jobs
from healer.remote.open import Opener
from healer.remote.trust import Scanned, enrol, scan
from healer.rollout.doors import Doors
from healer.settings import Settings
from healer.simulations import Simulations, recalled

SPARE = 64
"""Threads beside `forks` that hosts without an answer may keep busy."""
SERVICE_VARIABLES = frozenset({*POLICY, "services_tries", ANOTHER})
LOGIN_VARIABLES = frozenset(name for names in ALIASES.values() for name in names)


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told: of every event, and of why hosts wait."""

    event: Callable[[Stamped], None] = lambda _stamped: None
    waiting: Callable[[Mapping[str, str]], None] = lambda _reasons: None


class Access:
    """How the hosts of an inventory are reached, under these settings; shared by a whole run.

    `extra` are variables of the command line, which win over a host's own in what is asked of it. With `recall_updates`, for looks that
    cannot act, hosts simulate updates only where something has changed.
    """

    def __init__(
        self,
        settings: Settings,
        inventory: Inventory,
        become_password: Secret | None = None,
        extra: Mapping[str, Value] = NO_VARIABLES,
        *,
        recall_updates: bool = False,
    ) -> None:
        """Open nothing yet."""
        self._inventory, self._renderer, self._extra = inventory, Renderer(), extra
        self._simulations = Simulations(settings.state_dir / "updates") if recall_updates else None
        self._defaults = LoginDefaults(
            user=settings.user,
            private_key=settings.private_key,
            known_hosts=settings.known_hosts,
            host_key_policy=settings.host_key_policy,
            become_password=become_password,
            connect_timeout=settings.connect_timeout,
        )
        self.clock = SystemClock()
        self._opener = Opener(self.clock, self.jump)

    def login(self, host: Host) -> Login:
        """Return how the host is reached. Raises InputError for variables that make no sense."""
        plain = self._rendered(host)
        file = password_file_of(plain)
        return login_of(plain, self._defaults, become_password=read_password_file(file) if file else None)

    def _rendered(self, host: Host, names: Collection[str] = LOGIN_VARIABLES) -> Host:
        """Return the host with the templates in its variables of these names filled in."""
        templates = {name: value for name, value in host.variables.items() if name in names and "{{" in str(value)}
        if not templates:
            return host
        scope = Scope(trusted=host.variables, data=host_data(host, self._inventory))
        filled = {name: self._renderer.render(value, scope) for name, value in templates.items()}
        return replace(host, variables={**host.variables, **filled})

    def jump(self, name: str) -> Login | None:
        """Return the login of an inventory host that is named as a jump host, None for other names."""
        host = self._inventory.hosts.get(name)
        return self.login(host) if host else None

    def connect(self, host: Host) -> Remote:
        """Log in."""
        return self._opener(self.login(host))

    def look(self, remote: Remote, names: Sequence[str], vantages: Vantages | None = None, clock: Clock | None = None) -> Facts:
        """Read facts, with what they take from the host's variables. Raises InputError for a policy of services with a broken template."""
        variables = self.variables(remote.host)
        if self._simulations is None or not {"updates", "restart_forecast"} & set(names):
            return look(remote, names, variables, vantages, clock)
        now = self.clock.now().timestamp()
        known = self._simulations.known(remote.host, now)
        facts = look(remote, names, variables if known is None else {**variables, KNOWN: known}, vantages, clock)
        fresh = facts.get("updates")
        if isinstance(fresh, Updates) and fresh.fingerprint:
            self._simulations.keep(remote.host, fresh, now)
        return recalled(facts, known)

    def variables(self, name: str) -> Mapping[str, Value]:
        """Return a host's variables as facts get them: those of its services are filled in, and say who is asked for `from: another`."""
        host = self._inventory.hosts.get(name)
        if host is None:
            return self._extra
        return {ANOTHER: neighbour(host, self._inventory), **self._rendered(host, SERVICE_VARIABLES).variables, **self._extra}

    def secrets(self) -> tuple[Secret, ...]:
        """Return every secret that any login uses, for the redactor."""
        logins = [self.login(host) for host in self._inventory.hosts.values()]
        found = {one.reveal(): one for login in logins for one in (login.become_password, login.password) if one is not None}
        return tuple(found.values())


def look(
    remote: Remote,
    names: Sequence[str],
    variables: Mapping[str, Value] = NO_VARIABLES,
    vantages: Vantages | None = None,
    clock: Clock | None = None,
) -> Facts:
    """Read facts in one round trip, as root where that is to be had. All as in `collect`."""
    return collect(remote, names, become=True, variables=variables, vantages=vantages, clock=clock)


@contextmanager
def doors(
    access: Access, settings: Settings, journal: Journal, stop: threading.Event, listeners: Listeners, *, past: Journal | None = None
) -> Iterator[Doors]:
    """Open what a run may reach, and wait for its workers at the end. `past` as in Doors."""
    clock = SystemClock(stop)
    redactor = Redactor(access.secrets())
    room = room_for_logins()
    with Threads(min(settings.forks, room)) as executor:
        yield Doors(
            connect=access.connect,
            look=partial(access.look, clock=clock),
            gate=Jobs,
            journal=journal,
            clock=clock,
            executor=executor,
            listen=listeners.event,
            waiting=listeners.waiting,
            redact=lambda event: redacted(event, redactor),
            stop=stop,
            machine_id=node.machine_id(),
            node=node.name(),
            most_logins=room,
            past=past,
            archives=ArchiveStore(settings.archive_folder),
        )


def journal_of(settings: Settings, *, check: bool = False) -> SqlJournal | MemoryJournal:
    """Return the journal of this control node; a dry run keeps its events in memory only."""
    if check:
        return MemoryJournal(clock=SystemClock())
    return SqlJournal(settings.database_url, clock=SystemClock(), patience=settings.journal_timeout)


def locks_of(settings: Settings) -> Callable[[Mapping[str, Collection[str]], str], AbstractContextManager[Mapping[str, str]]]:
    """Return how the control node's locks are taken."""
    return GroupLocks(settings.state_dir, clock=SystemClock()).take


def executor_of(settings: Settings) -> Threads:
    """Return workers for commands that only look: hosts that never answer do not keep them from the others."""
    room = room_for_logins()
    workers = min(settings.forks, room)
    return PatientThreads(workers, min(SPARE, room - workers), SystemClock())


def refresh_lists(
    settings: Settings, inventory: Inventory, hosts: Sequence[Host], become_password: Secret | None
) -> Mapping[str, HostError]:
    """Refresh the package lists of these hosts; return what went wrong, by host."""
    access = Access(settings, inventory, become_password)
    with Threads(min(settings.forks, room_for_logins())) as executor:
        futures = {host.name: executor.submit(partial(_refresh, access, host)) for host in hosts}
        results = {name: future.result() for name, future in futures.items()}
    return {name: error for name, error in results.items() if error is not None}


def _refresh(access: Access, host: Host) -> HostError | None:
    try:
        remote = access.connect(host)
    except HostError as error:
        return error
    try:
        name = look(remote, ("package_manager",)).read("package_manager", str)
        if isinstance(name, Unknown):
            return HostError(host.name, name.reason)
        job = plugins("healer.platforms.packages", PackageManager)[name].refresh()
        spec = JobSpec(new_act(), ("sh", "-c", job.script, "healer", *job.arguments), timeout=job.timeout, detached=True)
        return _unrefreshed(host, job, errand(Jobs(remote), spec, access.clock))
    except HostError as error:
        return error
    finally:
        remote.close()


def _unrefreshed(host: Host, job: Job, report: JobReport) -> HostError | None:
    """Return why the lists are not fresh now, or None."""
    if report.state == "ended" and report.status in job.accepted:
        return None
    if isinstance(report.status, Unknown):
        return OutcomeUnknown(host.name, f"what became of refreshing its package lists is not known: {report.status.reason}.")
    return HostError(
        host.name, f"refreshing its package lists ended with {report.status}: {job.exit_meanings.get(report.status, 'no reason')}."
    )


def scan_key(access: Access, host: Host) -> Scanned:
    """Look at a host's key without logging in."""
    return scan(access.login(host), Connector(SystemClock(), access.jump))


def enrol_key(scanned: Scanned, fingerprint: str) -> str:
    """Write the key down; returns how it stood before: `known` or `unknown`."""
    return enrol(scanned, fingerprint).value
