"""Services on lab hosts that fall ill on purpose, and a watch over them whose words are read as they come."""

import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import yaml
from console import Console, sh, wait_for

from healer.clock import SystemClock
from healer.journal.store import SqlJournal
from healer.lab.machine import LabHost
from healer.model.events import Event, Stamped

SLEEPER = """[Unit]
Description=sleeps, and is not started again by anybody
StartLimitIntervalSec=0
[Service]
ExecStartPre={before}
ExecStart=/bin/sh -c 'echo $$INVOCATION_ID >>/var/lib/{name}.starts; exec sleep infinity'
Restart={restart}
[Install]
WantedBy=multi-user.target
"""


def sleeper(host: LabHost, name: str, *, before: str = "/bin/true", restart: str = "no") -> None:
    """Put an enabled service on the host that sleeps, and start it. Each start leaves a line in /var/lib/NAME.starts."""
    host.write(f"/etc/systemd/system/{name}.service", SLEEPER.format(name=name, before=before, restart=restart))
    sh(host, f"systemctl daemon-reload && systemctl enable -q {name} && systemctl start {name}")


def starts(host: LabHost, name: str) -> int:
    """Return how often the service was started, as it has noted itself."""
    return len(sh(host, f"cat /var/lib/{name}.starts").splitlines())


def process(host: LabHost, unit: str) -> str:
    """Return the number of the unit's main process, 0 when it has none."""
    return sh(host, f"systemctl show -p MainPID --value {unit}")


def policy(console: Console, hosts: Mapping[str, Mapping[str, object]], **variables: object) -> None:
    """Write the inventory of these hosts, and beside it the variables of all.

    Pressure is that of the machine that all lab hosts share, and of everything else that runs on it: it makes nobody starved here.
    """
    console.write_inventory(hosts)
    folder = console.folder / "group_vars"
    folder.mkdir(exist_ok=True)
    (folder / "all.yml").write_text(yaml.safe_dump({"services_starved": 100, **variables}))


class Watch:
    """A running `healer watch`. `lines` is what it has said so far."""

    def __init__(self, running: "subprocess.Popen[str]") -> None:
        """Read what it says from now on."""
        self.running, self.lines = running, list[str]()
        self._readers = [threading.Thread(target=self._read, args=(stream,)) for stream in (running.stdout, running.stderr)]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Iterator[str]) -> None:
        self.lines.extend(stream)

    def text(self) -> str:
        """Return all that it said."""
        return "".join(self.lines)

    def says(self, pattern: str) -> None:
        """Wait until a line has it. Fails when the watch ends before."""

        def said() -> bool:
            found = any(re.search(pattern, line) for line in list(self.lines))
            assert found or self.running.poll() is None, self.text()
            return found

        wait_for(said)

    def end(self) -> int:
        """Stop it in good order and return its exit code."""
        self.running.terminate()
        code = self.running.wait(timeout=120)
        for reader in self._readers:
            reader.join()
        for stream in (self.running.stdout, self.running.stderr):
            stream.close()
        print(self.text())  # noqa: T201  for whoever reads of a test that failed
        return code


@contextmanager
def watching(console: Console, *words: str) -> Iterator[Watch]:
    """Keep a watch over the inventory while the block runs; it must end with 0 when it is asked to."""
    watch = Watch(console.spawn("watch", *words))
    code = None
    try:
        yield watch
        code = watch.end()
    finally:
        if code is None:
            watch.end()
    assert code == 0, watch.text()


def kept(console: Console, host: str, *kinds: str) -> list[Stamped]:
    """Return what the control node's journal has of the host, of these kinds, in order."""
    journal = SqlJournal(f"sqlite:///{Path(console.folder) / 'state' / 'journal.db'}", clock=SystemClock())
    return list(journal.about(host, kinds))


def healed_after(console: Console, host: str, since: datetime) -> float:
    """Return the seconds from a moment to the end of the first try on the host after it, as the journal has them; they are printed too."""
    tried = next(one for one in kept(console, host, "act_intended") if one.at > since and one.event.action.rung)
    ended = next(one for one in kept(console, host, "act_ended") if one.event.act == tried.event.act)
    seconds = (tried.at - since).total_seconds(), (ended.at - since).total_seconds()
    print(f"{host}: {tried.event.action.unit}: {tried.event.action.rung} begun after {seconds[0]:.1f} s, proved after {seconds[1]:.1f} s")  # noqa: T201
    return seconds[0]


def at_rest(console: Console) -> bool:
    """Tell whether every run of the control node has come to its end."""
    journal = SqlJournal(f"sqlite:///{Path(console.folder) / 'state' / 'journal.db'}", clock=SystemClock())
    return len(journal.runs()) == len(journal.about("", ("run_ended",)))


def acts(console: Console, host: str) -> list[Event]:
    """Return every act on the host that was begun, in order."""
    return [stamped.event for stamped in kept(console, host, "act_intended")]
