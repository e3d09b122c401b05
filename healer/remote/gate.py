"""The way to the host's own gate: static scripts that only arguments and standard input make different, and their one-line answers.

A refusal (exit status 78) is certain: nothing was done. Anything that leaves doubt is OutcomeUnknown.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from healer.model.command import Command, CommandResult
from healer.model.errors import HostError, OutcomeUnknown, RefusedError
from healer.model.facts import Unknown
from healer.ports import Remote

Script = Literal["lease_take", "lease_renew", "lease_release", "job_start", "job_wrapper", "job_poll", "job_clean"]

REFUSED = 78
MARGIN = 65536
SLOWEST = 1024
"""Bytes a second of the slowest link that is worth working over: what is sent and may come back gets that much more time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer's first line, without its end, and the bytes after it."""

    head: str
    body: bytes


@cache
def script(name: Script) -> str:
    """Return the whole text of a script: the common ground and the script itself, without what only people read."""
    folder = resources.files("healer.remote") / "scripts"
    lines = [line for part in ("common", name) for line in (folder / f"{part}.sh").read_text(encoding="utf-8").splitlines()]
    return "".join(f"{line}\n" for line in lines if line and not line.lstrip().startswith("#"))


class Gate:
    """One host's gate. `root` is the host's root folder, so that a test can keep all of it in a folder of its own."""

    def __init__(self, remote: Remote, *, root: str = "/") -> None:
        self._remote = remote
        self._root = root

    @property
    def host(self) -> str:
        """The host behind this gate."""
        return self._remote.host

    def ask(self, name: Script, *arguments: object, stdin: bytes = b"", timeout: float = 60.0, limit: int = 0) -> Answer:
        """Run the script as root with these arguments and return its answer.

        `limit` is how many bytes the body may have. Raises RefusedError when the gate says no, OutcomeUnknown when its answer was not seen,
        HostError when the script could not work there, and what Remote.run raises.
        """
        argv = ("sh", "-c", script(name), "healer", self._root, *(str(argument) for argument in arguments))
        patience = timeout + (sum(map(len, argv)) + len(stdin) + limit) / SLOWEST
        result = self._remote.run(Command(argv=argv, stdin=stdin, timeout=patience, become=True, limit=limit + MARGIN))
        return self._answer(name, result)

    def _answer(self, name: Script, result: CommandResult) -> Answer:
        if isinstance(result.status, Unknown):
            raise OutcomeUnknown(self.host, f"the answer to {name} was not seen: {result.status.reason}.")
        head, _, body = result.stdout.partition(b"\n")
        words = head.decode("utf-8", "replace")
        if result.status == REFUSED and words.startswith("refused "):
            said = words.split(" ")[1:]
            raise RefusedError(self.host, refusal(said), holder=said[1] if said[0] == "leased" and len(said) > 1 else "")
        if result.status != 0 or result.truncated or not words:
            complaint = result.stderr.decode("utf-8", "replace").strip()[-500:]
            raise HostError(self.host, f"{name} ended with {result.status} there: {complaint or 'it said nothing'}.")
        return Answer(words, body)


def refusal(words: list[str]) -> str:
    """Return the sentence for people for the gate's `CODE FIELDS...`."""
    code, fields = words[0], [*words[1:], "?", "?", "?"]
    first, second, third = fields[:3]
    sentences = {
        "leased": f"the lease belongs to {first} since {second} s, for {third} s more.",
        "working": f"{first} holds the host: its act {second} still runs.",
        "occupied": f"another act runs: {second} of {first}.",
        "stale": f"this lease is no longer the current one; the current one is epoch {second} of {first}.",
        "boot": f"the host was booted since the lease was granted; its boot id is now {first}.",
        "tampered": f"{first} is not a folder or file that only the gate's own user may write; look who made it.",
        "unwritable": f"{first} cannot be written.",
        "unreadable": f"{first} tells no boot id or uptime.",
        "short": f"the input of act {first} arrived incomplete.",
        "crowded": f"the lock in {first} was not had within 10 s.",
        "running": f"act {first} still runs.",
        "unlaunched": f"systemd did not start the act: {' '.join(words[1:])}",
    }
    return sentences.get(code, f"the gate says: {' '.join(words)}.")
