"""The hosts that benchmarks run on: a lab of their own, or one that is up already."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from healer.lab.lab import Lab

FOR_ANSIBLE = ("python3", "python3-apt")
"""Packages that Ansible needs on the hosts."""


@contextmanager
def hosts(count: int, folder: Path | None, *, installed: tuple[str, ...], extra: tuple[str, ...] = ()) -> Iterator[Lab]:
    """Give a lab of so many hosts, and take it down afterwards; with `folder` the lab that stands there, which stays up."""
    if folder is not None:
        yield Lab.load(folder)
        return
    with tempfile.TemporaryDirectory(prefix="healer-benchmark-") as directory:
        lab = Lab.up(
            count, directory=Path(directory), temporary=True, archive="none", installed=installed, extra_packages=extra, progress=print
        )
        try:
            yield lab
        finally:
            lab.down()
