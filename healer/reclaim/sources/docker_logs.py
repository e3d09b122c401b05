"""Logs of docker's containers, each a file of JSON lines that docker reads back: only where the policy lists them.

`docker logs` stops at a line that is no JSON. A hole reads as NULs (moby#53631), and a file whose head was collapsed begins within a
line. So only the whole of what was written may go, while dockerd stands still, and what is appended meanwhile stays.
"""

from collections.abc import Iterator

from healer.model.facts import Unknown
from healer.model.files import Handle
from healer.model.logs import Leftover, LogFile, Opener
from healer.reclaim.candidates import freeing
from healer.reclaim.methods import Method
from healer.reclaim.remains import forbidden, left_alone, look_anew, remains, seen_open
from healer.reclaim.sources.contract import Candidate, Situation, Source
from healer.reclaim.words import who

NAME = "docker_logs"
DAEMONS = frozenset(("dockerd",))
CURE = 'the cure: "log-opts": {"max-size": "50m", "max-file": "3"} in /etc/docker/daemon.json, and containers made anew'


def candidates(situation: Situation) -> Iterator[Candidate]:
    """Yield the logs that are large enough, the largest first."""
    for leftover in sorted(remains(situation, "docker_log"), key=lambda one: -one.allocated):
        if leftover.allocated >= situation.policy.min_size:
            yield _judge(situation, leftover)


def _judge(situation: Situation, leftover: Leftover) -> Candidate:
    seen = seen_open(situation, leftover)
    if isinstance(seen, Unknown):
        return left_alone(NAME, leftover, f"who has it open is not known: {seen.reason}")
    if seen is None:
        return left_alone(
            NAME, leftover, f"nobody is seen to write to it, and docker owns it: `docker rm` removes it with its container; {CURE}"
        )
    why = forbidden(situation, leftover) or _against(seen)
    return left_alone(NAME, leftover, f"{why}; {CURE}") if why else _offer(situation, seen)


def _against(file: LogFile) -> str:
    if isinstance(file.openers, Unknown):
        return f"who has it open is not known: {file.openers.reason}"
    others = [one for one in file.writers if one.command not in DAEMONS]
    if others:
        return f"{who(others)} writes to it, not docker"
    if file.readers:
        return f"{who(file.readers)} reads it and would lose its place"
    if not file.writers or not all(one.append and one.access == "write" for one in file.writers):
        return "docker's descriptor does not append, so that its next line would land behind a hole that `docker logs` cannot read"
    return "" if file.links == 1 and file.mapped is False else "it has another name, or is mapped into a process's memory"


def _offer(situation: Situation, file: LogFile) -> Candidate:
    still = "it stands still for at most 2 s, and the file begins with a whole line"
    why = f"written by {who(file.writers)} in append mode, read by nobody; {still}"
    method = Method("freeze", 0, file.size, file.allocated, why, _handle(file.writers))
    return look_anew(freeing(NAME, file, method, archive=situation.policy.archive))


def _handle(writers: tuple[Opener, ...]) -> Handle:
    first = min(writers, key=lambda one: (one.started, one.pid, one.fd))
    return Handle(first.pid, first.started, first.fd)


PLUGIN = Source(name=NAME, rank=45, needs=("leftovers", "log_files", "toolbox", "disks"), candidates=candidates, listed=True)
