"""What the contestants of an observation do: healer looks as `healer status` does, and the bare loop runs the same script."""

import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bare import Target, run_everywhere
from healer.cli.context import prepare
from healer.cli.fleet import ask_all, chosen
from healer.cli.options import Common
from healer.model.errors import HostError
from healer.model.facts import Facts
from healer.observe.collect import all_facts
from healer.observe.facts.contract import Fact
from healer.observe.sections import arguments, compose, parse_sections
from healer.ports import Remote
from healer.report.status import STATUS_FACTS
from healer.wiring import look


def by_healer(inventory: Path, forks: int, *, silent: int = 0) -> int:
    """Look at every host of the inventory; return how many were read, as soon as all but the `silent` ones were.

    Raises SystemExit where more of them could not be read.
    """
    setting = prepare(Common(inventory=[str(inventory)], forks=forks))
    hosts = chosen(setting)
    read = threading.Semaphore(0)

    def ask(remote: Remote) -> Facts:
        facts = look(remote, STATUS_FACTS)
        read.release()
        return facts

    done = ThreadPoolExecutor(1).submit(ask_all, setting, hosts, ask)
    for _ in range(len(hosts) - silent):
        while not read.acquire(timeout=1.0):
            if done.done():
                wrong = next(answer for answer in done.result().values() if isinstance(answer, HostError))
                raise SystemExit(f"not every host was read: {wrong}")
    return len(hosts) - silent


def by_bare_loop(targets: Sequence[Target], key_file: str, forks: int) -> int:
    """Run the same script on the same hosts; return how many answered every question. Raises SystemExit where one did not."""
    nonce = secrets.token_hex(16)
    said = run_everywhere(targets, key_file, script(nonce), forks)
    whole = sum(set(parse_sections(nonce, answer.decode(), "")) == set(STATUS_FACTS) for answer in said)
    if whole < len(targets):
        raise SystemExit(f"{len(targets) - whole} hosts did not answer everything")
    return whole


@dataclass(frozen=True, slots=True)
class Asked:
    """What a host is asked: facts by name, for a host whose inventory has no variables."""

    facts: tuple[str, ...]

    @property
    def _scripted(self) -> list[Fact]:
        return [fact for name in self.facts if (fact := all_facts().get(name)) and fact.ask is None]

    @property
    def words(self) -> tuple[str, ...]:
        """Return the script's arguments."""
        return arguments(self._scripted, self._words())

    def script(self, nonce: str) -> bytes:
        """Return the script."""
        return compose(nonce, self._scripted, self._words()).encode()

    def _words(self) -> dict[str, tuple[str, ...]]:
        return {fact.name: fact.words({}) for fact in self._scripted}


STATUS = Asked(STATUS_FACTS)


def script(nonce: str) -> bytes:
    """Return the script that asks a host for everything that `healer status` shows."""
    facts = all_facts()
    return compose(nonce, [facts[name] for name in STATUS_FACTS]).encode()
