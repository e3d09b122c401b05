"""A host in a folder, behind a real sshd, behind a proxy that breaks the link: the whole way of an act, without a lab.

The engine's own session and acts, the job protocol and the SSH room are the real ones; only `/` is a folder, where an act's files lie.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fault_proxy import DOWN, UP, FaultProxy
from local_host import LocalHost
from loopback_sshd import Server

from healer.clock import SystemClock
from healer.executors.threads import Threads
from healer.journal.memory import MemoryJournal
from healer.model.action import Job
from healer.model.facts import Facts
from healer.model.host import Host, Login
from healer.observe.facts.contract import Vantages
from healer.ports import Remote
from healer.remote.connector import Connector, SshOptions
from healer.remote.jobs import Jobs
from healer.remote.ssh import SshRemote, connect
from healer.rollout.acts import Scene, perform
from healer.rollout.doors import Doors
from healer.rollout.seen import Seen
from healer.rollout.session import Session

QUICK = SshOptions(ping_interval=0.4, ping_misses=2, patience=6.0)
"""A silent link is given up after 1.2 s in place of 48, so that tests need not wait; nothing else differs."""

WORK = """echo once >> "$1"
n=0
while [ "$n" -lt "$2" ]; do n=$((n + 1)); printf '%s %s\\n' "$n" "$3"; sleep 0.02; done
exit 7"""
"""An act that leaves a line in a file each time that it is begun, prints known bytes for a while, and ends with a status of its own."""
LINES, FILLING = 60, "x" * 400
PRINTED = "".join(f"{number} {FILLING}\n" for number in range(1, LINES + 1)).encode()


@dataclass
class LinkedHost:
    """One host. Every connection to it goes through `proxy`."""

    folder: Path
    proxy: FaultProxy
    login: Login
    options: SshOptions = QUICK
    shared: Connector | None = None

    @property
    def root(self) -> Path:
        """The folder that is the host's `/`."""
        return self.folder / "root"

    @property
    def effects(self) -> list[str]:
        """What the acts of this host have done, a line each time that one was begun."""
        file = self.folder / "effects"
        return file.read_text().split() if file.exists() else []

    def connector(self) -> Connector:
        """Return a way to log in that reads no SSH configuration of this machine: the one that hosts share, or a new one."""
        if self.shared:
            return self.shared
        (self.folder / "ssh_config").touch()
        return Connector(SystemClock(), options=replace(self.options, config_file=str(self.folder / "ssh_config"), home=self.folder))

    def connect(self) -> SshRemote:
        """Log in."""
        connector = self.connector()
        return connect(self.login, clock=connector.clock, connector=connector)

    def gate(self, remote: Remote) -> Jobs:
        """Return the job protocol over a login."""
        return Jobs(remote, root=str(self.root), grace=1)

    @contextmanager
    def session(self, look: Callable[[Remote, Sequence[str], Vantages], Facts] = lambda *_: Facts({})) -> Iterator[tuple[Session, Doors]]:
        """Give what the engine has of a host in a run."""
        clock = SystemClock()
        with Threads(1) as threads:
            doors = Doors(lambda _host: self.connect(), look, self.gate, MemoryJournal(clock=clock), clock, threads)
            session = Session(Host("web1"), doors, "run-1")
            try:
                yield session, doors
            finally:
                session.close()

    def work(self, session: Session, doors: Doors, act: str, *, lines: int = LINES) -> Seen:
        """Let the engine do the work as one detached job, and return what it saw."""
        job = Job(WORK, (str(self.folder / "effects"), str(lines), FILLING), timeout=120.0, accepted=(7,))
        return perform(job, Scene(session, doors, act, lambda _name: session))


@contextmanager
def linked(server: Server, folder: Path, options: SshOptions = QUICK) -> Iterator[LinkedHost]:
    """Give a host of its own in `folder` behind that sshd; its acts must have ended when the block does."""
    folder.mkdir(parents=True)
    LocalHost(folder / "root")
    with FaultProxy(server.port) as proxy:
        known = folder / "known_hosts"
        known.write_text(f"[127.0.0.1]:{proxy.port} {server.public_key}\n")
        yield LinkedHost(folder, proxy, server.login(port=proxy.port, known_hosts=(str(known),)), options)


__all__ = ["DOWN", "LINES", "PRINTED", "UP", "LinkedHost", "linked"]
