"""A process that writes a journal and is shot, again and again: `journal_rounds.py FOLDER ROUNDS`. Forks, so it has no threads.

Each round the writer is stopped at a random moment, its files are copied as they lie, and it is killed. Prints a line a round: how many
events it had been told were kept when it was stopped.
"""

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from healer.clock import SystemClock
from healer.journal.store import SqlJournal
from healer.model.events import Note


def write_for_ever(file: Path, said: int) -> None:
    """Keep events; after each one that was kept say so."""
    journal = SqlJournal(f"sqlite:///{file}", clock=SystemClock())
    while True:
        journal.append("r1", Note("web1", "x" * random.randrange(3000)))
        os.write(said, b".")


def stopped(child: int) -> None:
    """Stop the child, and wait until it stands still."""
    os.kill(child, signal.SIGSTOP)
    os.waitpid(child, os.WUNTRACED)


def play(file: Path, image: Path) -> int:
    """Let a writer write, stop it, copy what is on the disk, kill it; return how many events were acknowledged until the stop."""
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        write_for_ever(file, said)
    os.close(said)
    kept = len(os.read(heard, 1))
    time.sleep(random.random() * 0.03)
    stopped(child)
    image.mkdir()
    for part in file.parent.glob("journal.db*"):
        shutil.copy(part, image)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while block := os.read(heard, 65536):
        kept += len(block)
    os.close(heard)
    return kept


def main() -> None:
    """Play the rounds on one journal that grows."""
    folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
    seed = random.randrange(10**9)
    sys.stdout.write(f"seed {seed}\n")
    random.seed(seed)
    for count in range(rounds):
        sys.stdout.flush()  # before the fork, or the child would have it too
        sys.stdout.write(f"{play(folder / 'state' / 'journal.db', folder / f'image{count}')}\n")


if __name__ == "__main__":
    main()
