"""A rollout over lab hosts whose upgrade takes 2 to 20 s: how near it comes to the best possible schedule, healer beside Ansible.

    python -m benchmarks.rolling --rounds 2

Each round upgrades the same package on the same hosts once per contestant: healer with an empty journal, healer again, when it knows
from the journal how long each host took, and Ansible with `serial` and with `host_pinned`.
"""

import argparse
import random
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import labs
from benchmarks.measuring import Contestants, Sample, command, rounds
from benchmarks.schedule import best, in_order
from healer.clock import SystemClock
from healer.journal.store import SqlJournal
from healer.lab.lab import Lab
from healer.lab.machine import LabHost
from healer.lab.packages import PACE
from healer.lab.wanted import INSTALLED
from healer.model.events import HostEnded, SlotTaken

PACKAGE = "healer-demo-slow"
LENGTHS = (2, 4, 5, 7, 9, 11, 12, 14, 15, 17, 19, 20)
"""Seconds that the hosts' upgrades sleep: 135 in all."""
SLOTS = 3
FIRST, LEARNED, SERIAL, PINNED = "healer, first time", "healer, durations learned", "ansible, serial 25%", "ansible, host_pinned, 3 forks"
PREPARE = "- hosts: all\n  gather_facts: false\n  tasks:\n    - apt: {update_cache: true}\n"
UPGRADE = "- hosts: all\n  gather_facts: false\n  %s\n  tasks:\n    - apt: {upgrade: dist}\n"


@dataclass(frozen=True, slots=True)
class Took:
    """One rollout: seconds from the first slot to the end of the last, and the length of each slot. For Ansible only the whole is known."""

    rolling: float
    slots: tuple[float, ...] = ()


def main() -> None:
    """Measure and print."""
    options = _options()
    extra = () if options.no_ansible else labs.FOR_ANSIBLE
    installed = (*INSTALLED, f"{PACKAGE}=1.0")
    with labs.hosts(len(LENGTHS), options.lab, installed=installed, extra=extra) as lab, tempfile.TemporaryDirectory() as folder:
        lengths = _set_pace(lab.hosts[: len(LENGTHS)], options.seed)
        samples = rounds(options.rounds, Contest(lab, Path(folder)).contestants(ansible=not options.no_ansible))
    print(f"\nin this order the hosts sleep {', '.join(map(str, lengths))} s")
    print(f"best schedule {best(lengths, SLOTS):.0f} s; in this order {in_order(lengths, SLOTS):.0f} s\n")
    print(_table(samples, best(lengths, SLOTS)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", type=Path, help=f"folder of a lab that is up, of {len(LENGTHS)} hosts or more, with {PACKAGE} installed")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1, help="which host takes how long")
    parser.add_argument("--no-ansible", action="store_true", help="leave Ansible out")
    return parser.parse_args()


def _set_pace(hosts: Sequence[LabHost], seed: int) -> list[int]:
    lengths = list(LENGTHS)
    random.Random(seed).shuffle(lengths)
    for host, length in zip(hosts, lengths, strict=True):
        host.run(["sh", "-c", f"echo {length} >{PACE}"])
    return lengths


class Contest:
    """The contestants. Each run publishes a newer version first, so that there is the same to do every time."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        """Write the inventory of as many hosts as there are lengths, and the playbooks."""
        self._lab, self._folder = lab, folder
        self._inventory = folder / "inventory.ini"
        outside = [f"h{number}" for number in range(len(LENGTHS) + 1, len(lab.hosts) + 1)]
        lines = [line for line in lab.inventory.read_text().splitlines() if line.partition(" ")[0] not in outside]
        self._inventory.write_text("\n".join(lines) + "\n")
        self._version = _installed(lab.hosts[0])
        self._states = 0

    def contestants(self, *, ansible: bool) -> Contestants:
        """Return them by name."""
        found = {FIRST: partial(self._healer, learned=False), LEARNED: partial(self._healer, learned=True)}
        if ansible:
            found |= {SERIAL: partial(self._ansible, "serial: 25%", 20), PINNED: partial(self._ansible, "strategy: host_pinned", SLOTS)}
        return found

    def _publish(self) -> None:
        self._version += 1
        self._lab.publish(PACKAGE, f"1.{self._version}")

    def _healer(self, *, learned: bool) -> Sample:
        """Patch. The learned one goes on with the journal of the first."""
        self._publish()
        self._states += not learned
        state = self._folder / f"state-{self._states}"
        words = ["patch", "--rolling", "--all", "--canary", "0", "--max-unavailable", "25%", "--soak", "0", "--yes"]
        sample = command([sys.executable, "-m", "healer", *words, "-i", str(self._inventory)], {"HEALER_STATE_DIR": str(state)})
        run = re.search(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b", str(sample.result))
        assert run, sample.result
        return replace(sample, result=_told(state, run[0]))

    def _ansible(self, strategy: str, forks: int) -> Sample:
        """Refresh the lists everywhere, then upgrade, in plays of their own."""
        self._publish()
        environment = {
            "ANSIBLE_SSH_ARGS": f"-o UserKnownHostsFile={self._lab.hosts[0].known_hosts} -o ControlMaster=auto -o ControlPersist=60s",
            "ANSIBLE_LOCAL_TEMP": str(self._folder),
            "ANSIBLE_PIPELINING": "True",
            "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
            "HOME": str(self._folder),
        }
        took = []
        for number, (play, at_once) in enumerate(((PREPARE, 20), (UPGRADE % strategy, forks))):
            book = self._folder / f"play-{number}.yml"
            book.write_text(play)
            program = str(Path(sys.executable).parent / "ansible-playbook")
            took.append(command([program, "-i", str(self._inventory), "--forks", str(at_once), str(book)], environment))
        wall, cpu = (sum(getattr(one, name) for one in took) for name in ("wall", "cpu"))
        return Sample(wall, cpu, result=Took(took[-1].wall))


def _installed(host: LabHost) -> int:
    said = host.run(["dpkg-query", "-W", "-f", "${Version}", PACKAGE]).stdout.decode()
    return int(said.partition(".")[2])


def _told(state: Path, run: str) -> Took:
    """Read the slots from the journal."""
    journal = SqlJournal(f"sqlite:///{state / 'journal.db'}", clock=SystemClock())
    events = journal.events(run)
    journal.close()
    taken = {one.event.host: one.at for one in events if isinstance(one.event, SlotTaken)}
    ended = {one.event.host: one.at for one in events if isinstance(one.event, HostEnded)}
    others = [f"{one.event.host}: {one.event.terminal}: {one.event.reason}" for one in events if isinstance(one.event, HostEnded)]
    others = [told for told in others if ": changed: " not in told]
    if others:
        raise SystemExit(f"not every host was patched in run {run}: {'; '.join(others)}")
    slots = tuple((ended[host] - taken[host]).total_seconds() for host in taken)
    return Took((max(ended.values()) - min(taken.values())).total_seconds(), slots)


def _table(samples: dict[str, list[Sample]], least: float) -> str:
    head = "| | whole command | rollout | of the best for the sleeps alone | of the best for the slots' real lengths |"
    lines = [head, "|---|---:|---:|---:|---:|"]
    for name, own in samples.items():
        took = [one.result for one in own if isinstance(one.result, Took)]
        real = median(one.rolling / best(one.slots, SLOTS) for one in took) if took[0].slots else None
        rolled = median(one.rolling for one in took)
        cells = [f"{median(one.wall for one in own):.1f} s", f"{rolled:.1f} s", f"{rolled / least:.2f}x", f"{real:.3f}x" if real else ""]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
