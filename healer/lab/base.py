"""The image that every host starts from: a minimal release, built once by mmdebstrap and kept as a tar file.

It holds the release as it came out, without a single update, so that hosts which know the update pockets have real updates
pending. The file's name is a hash of everything that went into it; a seal (size and SHA-256) is written last, so an image
that is half built or damaged has no valid seal and is built again.
"""

import fcntl
import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from healer.lab.archive import ArchiveCache
from healer.lab.server import NAME, serving
from healer.lab.shell import Progress, stream
from healer.lab.sources import Archive, Source

RECIPE = "1"
"""Raised whenever the way of building changes, so that older images are not used."""

PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "libpam-systemd", "openssh-server", "sudo", "cron", "rsyslog"),
    *("iproute2", "procps", "nginx-light", "apt-utils", "curl", "ca-certificates", "logrotate", "zstd"),
)

CARRIED_OPTIONS = ("Acquire::Check-Valid-Until", "Acquire::Check-Date", "Acquire::Max-FutureTime")
"""Settings of this machine's apt that the hosts' apt needs too: where the clock or the mirror is off, it is off for both."""


def cache_folder() -> Path:
    """Return where images and downloads are kept: HEALER_LAB_DIR, else /var/cache/healer-lab."""
    return Path(os.environ.get("HEALER_LAB_DIR") or "/var/cache/healer-lab")


def carried_options() -> tuple[str, ...]:
    """Return lines of apt.conf(5) that hold for this machine and so for its hosts."""
    done = subprocess.run(["apt-config", "dump", *CARRIED_OPTIONS], capture_output=True, text=True, check=False)
    return tuple(line for line in done.stdout.splitlines() if line.startswith(CARRIED_OPTIONS) and '""' not in line)


def source_line(index: int, source: Source) -> str:
    """Return the sources.list(5) line by which a host reaches one source of the archive through the lab's server."""
    option = f"[signed-by={source.signed_by}] " if source.signed_by else ""
    return f"deb {option}http://{NAME}/{index} {source.suite} {' '.join(source.components)}"


def image_name(archive: Archive, packages: Iterable[str], recipe: str = RECIPE) -> str:
    """Return the file name that stands for exactly these ingredients, in whatever order the packages are named."""
    release = archive.release
    parts = [recipe, archive.distribution, release.uri, release.suite, *release.components, "--", *sorted(set(packages))]
    return f"base-{archive.codename}-{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:16]}.tar"


def base_image(archive: Archive, extra_packages: Iterable[str], folder: Path, progress: Progress) -> Path:
    """Return the image for these packages; build it first when there is none or it is damaged. Takes about 30 s then."""
    packages = sorted({*PACKAGES, *extra_packages})
    image = folder / image_name(archive, packages)
    folder.mkdir(parents=True, exist_ok=True)
    with _only_one(image.with_suffix(".lock")):
        if not sealed(image):
            progress(f"building the base image of {archive.distribution} {archive.codename} (once; about half a minute)")
            _build(archive, packages, image, progress)
    return image


def sealed(image: Path) -> bool:
    """Tell whether the image is there, whole and unchanged since it was built."""
    try:
        seal = json.loads(_seal(image).read_text())
        return bool(image.stat().st_size == seal["size"] and _digest(image) == seal["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _build(archive: Archive, packages: list[str], image: Path, progress: Progress) -> None:
    partial = image.with_suffix(".part.tar")
    _seal(image).unlink(missing_ok=True)
    try:
        with serving(ArchiveCache(archive, cache_folder() / "archive")) as proxy:
            stream(mmdebstrap(archive, packages, partial, proxy), lambda line: progress(f"  {line}"))
        partial.rename(image)
    finally:
        partial.unlink(missing_ok=True)
    seal = {"size": image.stat().st_size, "sha256": _digest(image)}
    draft = _seal(image).with_suffix(".part")
    draft.write_text(json.dumps(seal))
    draft.rename(_seal(image))


def mmdebstrap(archive: Archive, packages: Iterable[str], target: Path, proxy: str) -> list[str]:
    """Return the command that builds an image from the release alone, without its update pockets."""
    options = (f'Acquire::http::Proxy "{proxy}";', 'Acquire::Languages "none";', *carried_options())
    return [
        *("mmdebstrap", "--variant=minbase", f"--include={','.join(packages)}"),
        *(f"--aptopt={option}" for option in options),
        *(archive.codename, str(target), source_line(0, archive.release)),
    ]


def _seal(image: Path) -> Path:
    return image.with_suffix(".seal")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Let two labs that start at once build the image once."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
