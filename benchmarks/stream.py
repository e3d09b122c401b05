"""A log streamed to the archive over SSH: read, packed, proved and kept, beside a bare paramiko channel that only reads the same bytes.

    python -m benchmarks.stream --size 300 --rounds 5

It needs sshd, ssh and root, and speaks to this machine only. `healer, no zstd there` is a host that has only gzip.
"""

import argparse
import itertools
import os
import random
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import paramiko

from benchmarks.loopback import Server, server
from benchmarks.measuring import Contestants, Sample, command, measured, rounds, table
from healer.archive.store import ArchiveStore
from healer.clock import SystemClock
from healer.executors.threads import Threads
from healer.journal.memory import MemoryJournal
from healer.model.action import Archive
from healer.model.facts import Facts, Verdict
from healer.model.files import Span
from healer.model.host import Host
from healer.remote.jobs import Jobs
from healer.remote.ssh import connect
from healer.rollout.archiving import Streaming
from healer.rollout.doors import Doors
from healer.rollout.session import Session

BARE, OURS, GZIP, OPENSSH = "bare channel", "healer", "healer, no zstd there", "OpenSSH"
MB = 1_000_000
PIECE = 1024 * 1024
LINE = (
    '10.{}.{}.{} - - [23/Nov/2026:03:{:02}:{:02} +0000] "GET /api/v1/items/{}?session={:016x} HTTP/1.1" {} {} "-" '
    '"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0 Safari/537.36" {:.3f}\n'
)


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="healer-benchmark-", dir=options.folder) as directory:
        folder = Path(directory).resolve()
        log = _log(folder / "access.log", options.size * MB)
        without = _stub(folder / "bin")
        with server(folder / "sshd") as host, server(folder / "bare", f"{without}:{os.defpath}") as plain:
            samples = rounds(options.rounds, _contestants(host, plain, log))
            memory = _memory(plain, log, options.at_once)
    size = options.size
    print(f"\n{table(samples, BARE)}\n")
    print(", ".join(f"{name} {size / sorted(one.wall for one in own)[len(own) // 2]:.0f} MB/s" for name, own in samples.items()))
    print(memory)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=300, help="MB of the log")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--at-once", type=int, default=4, help="hosts that stream at once, for the memory that each of them takes")
    parser.add_argument("--folder", help="where log and archives are put for the time of the measurement")
    return parser.parse_args()


def _contestants(host: Server, plain: Server, log: Path) -> Contestants:
    size = log.stat().st_size
    return {
        BARE: partial(_measured, partial(_bare, host, log, size)),
        OURS: partial(_measured, partial(_archived, host, log, size)),
        GZIP: partial(_measured, partial(_archived, plain, log, size)),
        OPENSSH: lambda: command(("sh", "-c", '"$@" >/dev/null', "sh", *host.openssh("cat", str(log))), {}),
    }


def _measured(work: Callable[[], object]) -> Sample:
    return measured(work)


def _bare(host: Server, log: Path, size: int) -> None:
    """Read the file by `cat` through a channel, and do nothing with it."""
    client = paramiko.SSHClient()
    client.load_host_keys(host.known_hosts)
    client.connect("127.0.0.1", host.port, host.login().user, key_filename=host.key_file, look_for_keys=False, allow_agent=False)
    _stdin, stdout, _stderr = client.exec_command(f"cat {log}")
    arrived = sum(map(len, iter(lambda: stdout.channel.recv(PIECE), b"")))
    client.close()
    if arrived != size:
        raise SystemExit(f"{arrived} bytes arrived, not {size}")


def _memory(host: Server, log: Path, count: int) -> str:
    """Return what the process holds at most beyond one that streams nothing, for one stream and for several at once."""
    idle, one, several = (measured(partial(_streams, host, log, streams)).memory for streams in (0, 1, count))
    return f"resident beyond {idle:.0f} MB: one stream {one - idle:.0f} MB, {count} at once {several - idle:.0f} MB"


def _streams(host: Server, log: Path, count: int) -> None:
    size = log.stat().st_size
    with ThreadPoolExecutor(max(1, count)) as pool:
        list(pool.map(lambda number: _archived(host, log, size, number), range(count)))


def _archived(host: Server, log: Path, size: int, number: int = 0) -> None:
    """Archive it as a run does. The log of each round is the same one, so what was kept is removed again."""
    clock, seen = SystemClock(), log.stat()
    doors = Doors(
        connect=lambda _host: connect(host.login(), clock=clock),
        look=lambda *_: Facts({}),
        gate=Jobs,
        journal=MemoryJournal(clock=clock),
        clock=clock,
        executor=Threads(1),
        archives=ArchiveStore(log.parent / "archive"),
    )
    session = Session(Host("here", {}, ()), doors, "benchmark")
    span = Span(str(log), seen.st_dev, seen.st_ino, 0, size)
    answer = Streaming(Archive(span), session, doors, f"{os.getpid():08x}-{number}").archive()
    session.close()
    if answer.verdict is not Verdict.GOOD:
        raise SystemExit(answer.reason)
    Path(str(answer.detail["kept"])).unlink()


def _log(path: Path, size: int) -> Path:
    """Write an access log of that size."""
    dice = random.Random(1)
    with path.open("w", encoding="ascii") as file:
        for number in itertools.count():
            address = (dice.randrange(256) for _ in range(3))
            time = (number // 60 % 60, number % 60)
            item = (dice.randrange(10**6), dice.getrandbits(64), dice.choice((200, 200, 200, 304, 404, 500)), dice.randrange(50_000))
            file.write(LINE.format(*address, *time, *item, dice.randrange(90, 130), dice.random()))
            if number % 1000 == 0 and file.tell() >= size:
                return path
    raise AssertionError


def _stub(folder: Path) -> Path:
    """Return a folder with a zstd that cannot be used."""
    folder.mkdir()
    (folder / "zstd").write_text("#!/bin/sh\nexit 1\n")
    (folder / "zstd").chmod(0o755)
    return folder


if __name__ == "__main__":
    main()
