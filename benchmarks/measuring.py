"""One measurement: a piece of work in a process of its own, or a command; and tables of ratios over several interleaved rounds.

Machines are noisy, so contestants take turns within a round, ratios are taken within a round, and medians over the rounds are told.
"""

import multiprocessing
import os
import resource
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from statistics import median

SAMPLED = 0.02
"""Seconds between two counts of the threads."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a piece of work took: seconds of wall time, seconds of CPU of its own process (its children apart), MB resident at most,
    threads at most, and what the work returned."""

    wall: float
    cpu: float
    memory: float = 0.0
    threads: int = 0
    result: object = None


Work = Callable[[], object]
Contestants = Mapping[str, Callable[[], Sample]]


def measured(work: Work) -> Sample:
    """Do the work in a forked process, so that its CPU and memory are its own, and whatever this process has imported is there."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(work, theirs))
    process.start()
    theirs.close()
    try:
        sample = ours.recv()
    except EOFError:
        raise SystemExit("a contestant failed; what it said stands above") from None
    finally:
        process.join()
    assert isinstance(sample, Sample)
    return sample


def _measure(work: Work, report: "Connection[Sample, Sample]") -> None:
    peak = _Peak()
    peak.start()
    cpu, start = _cpu(), time.monotonic()
    result = work()
    wall = time.monotonic() - start
    sample = Sample(wall, _cpu() - cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, peak.threads, result)
    report.send(sample)
    report.close()
    os._exit(0)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class _Peak(threading.Thread):
    """Counts the threads of this process now and then, itself and the main one not."""

    threads = 0

    def __init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        while True:
            self.threads = max(self.threads, threading.active_count() - 2)
            time.sleep(SAMPLED)


def command(argv: Sequence[str], environment: Mapping[str, str]) -> Sample:
    """Run a command to its end; CPU is that of all its processes, memory that of the largest. What it said is the result.

    Raises SystemExit where it fails.
    """
    with tempfile.TemporaryFile() as said:
        start = time.monotonic()
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        wall, process.returncode = time.monotonic() - start, os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    if process.returncode:
        raise SystemExit(f"{' '.join(argv)} ended with {process.returncode}:\n{text[-2000:]}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, result=text)


def rounds(count: int, contestants: Contestants) -> dict[str, list[Sample]]:
    """Let every contestant run once a round, in an order that turns round, and return what each took, round by round."""
    samples: dict[str, list[Sample]] = {name: [] for name in contestants}
    names = list(contestants)
    for number in range(count):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            samples[name].append(contestants[name]())
        print(f"round {number + 1}: " + ", ".join(f"{name} {samples[name][-1].wall:.2f} s" for name in names), flush=True)
    return samples


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the rounds' own ratios."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def table(samples: Mapping[str, Sequence[Sample]], yardstick: str) -> str:
    """Return a Markdown table: medians, and ratios to the yardstick."""
    lines = [f"| | wall | of {yardstick} | CPU | of {yardstick} | memory | threads |", "|---|---:|---:|---:|---:|---:|---:|"]
    base = samples[yardstick]
    for name, own in samples.items():
        walls, cpus = ([one.wall for one in own], [one.wall for one in base]), ([one.cpu for one in own], [one.cpu for one in base])
        memory, threads = max(one.memory for one in own), max(one.threads for one in own)
        cells = [f"{median(walls[0]):.2f} s", f"{ratio(*walls):.2f}x", f"{median(cpus[0]):.2f} s", f"{ratio(*cpus):.2f}x"]
        cells += [f"{memory:.0f} MB" if memory else "", str(threads) if threads else ""]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
