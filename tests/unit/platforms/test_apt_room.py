"""How apt gives room back: what its archives take, and the job that purges a kernel, run here with programs of our own for dpkg and apt."""

import os
import platform
import subprocess
from pathlib import Path

import pytest

from healer.discovery import plugins
from healer.platforms.packages._apt_room import CLEAN, parse_cache, purge_kernel
from healer.platforms.packages.contract import Cached, PackageManager

OLD = "linux-image-5.0.0-1-amd64"
MODULES = "linux-modules-5.0.0-1-amd64"
RUNNING = f"linux-image-{platform.release()}"

DPKG = """#!/bin/sh
for name; do :; done
if [ -e "FOLDER/installed/$name" ]; then printf installed; else exit 1; fi
"""
APT = """#!/bin/sh
echo "$*" >>FOLDER/calls
case $* in
*-s*) cat FOLDER/simulated ;;
*) for name; do rm -f "FOLDER/installed/$name"; done ;;
esac
"""


def host(folder: Path, simulated: str, *installed: str) -> str:
    """Make a host where these are installed and apt simulates that; return its PATH."""
    (folder / "installed").mkdir()
    for name in installed:
        (folder / "installed" / name).touch()
    (folder / "simulated").write_text(simulated)
    for name, text in (("dpkg-query", DPKG), ("apt-get", APT)):
        (folder / name).write_text(text.replace("FOLDER", str(folder)))
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def purge(path: str, *names: str) -> subprocess.CompletedProcess[str]:
    """Run the job's script where its programs come from that PATH and nobody holds a lock."""
    job = purge_kernel(names)
    text = job.script.replace("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", f"PATH={path}")
    text = text.replace("/var/lib/dpkg/", "/nowhere/").replace("/var/cache/apt/", "/nowhere/").replace("/var/lib/apt/", "/nowhere/")
    return subprocess.run(["sh", "-c", text, "job", *job.arguments], capture_output=True, text=True, check=False, timeout=60)


def left(folder: Path) -> set[str]:
    """Return what is still installed."""
    return {path.name for path in (folder / "installed").iterdir()}


def test_only_what_was_named_goes(tmp_path: Path) -> None:
    """Of the names those that are installed are purged, where the simulation removes them and nothing else."""
    path = host(tmp_path, f"Remv {OLD} [1]\nPurg {MODULES} [1]\n", OLD, MODULES, "other")
    done = purge(path, OLD, MODULES, "linux-modules-extra-5.0.0-1-amd64")
    assert 0 == done.returncode, done.stdout
    assert {"other"} == left(tmp_path)


@pytest.mark.parametrize(
    ("simulated", "names", "code", "words"),
    [
        (f"Remv {OLD} [1]\nRemv linux-image-amd64 [1]\n", (OLD,), 43, "apt would also touch others: remv linux-image-amd64"),
        (f"Remv {OLD} [1]\nInst linux-image-6 (6)\n", (OLD,), 43, "inst linux-image-6"),
        ("", (RUNNING,), 43, "belongs to the kernel that runs"),
        ("", ("linux-image-4.0.0-1-amd64",), 10, "not installed any more"),
    ],
)
def test_a_purge_that_would_do_more_does_nothing(tmp_path: Path, simulated: str, names: tuple[str, ...], code: int, words: str) -> None:
    """Another package in the simulation, or the running kernel, ends the job before it began."""
    path = host(tmp_path, simulated, OLD, RUNNING)
    done = purge(path, *names)
    assert (code, True) == (done.returncode, words in done.stdout)
    assert {OLD, RUNNING} == left(tmp_path)


@pytest.mark.parametrize("name", ["bash", "linux-image-amd64", "linux-image-5.0 -y", "--purge", "linux-image-5;reboot"])
def test_only_packages_of_kernels_are_taken(name: str) -> None:
    """A word that is no package of one kernel makes no job."""
    with pytest.raises(ValueError, match="not a package of a kernel"):
        purge_kernel((name,))


def test_cleaning_leaves_what_apt_built_for_itself(tmp_path: Path) -> None:
    """The real apt-get drops archives, whole and partial, and leaves its caches and healer's own folder."""
    (tmp_path / "archives" / "partial").mkdir(parents=True)
    for name in ("archives/a_1_all.deb", "archives/partial/b_1_all.deb", "pkgcache.bin", "srcpkgcache.bin", "kept.deb"):
        (tmp_path / name).write_text("x")
    subprocess.run([*CLEAN.argv[:-1], "-o", f"Dir::Cache={tmp_path}", CLEAN.argv[-1]], check=True, capture_output=True)
    assert {"pkgcache.bin", "srcpkgcache.bin", "kept.deb", "lock"} == {path.name for path in tmp_path.rglob("*") if path.is_file()}


def test_what_apt_downloaded_is_read() -> None:
    """Blocks are of 512 bytes; without a line there is no cache."""
    assert Cached("/var/cache/apt/archives", 5, 1024, 3) == parse_cache("cache\t5\t2\t3\t/var/cache/apt/archives\n")
    assert Cached() == parse_cache("\n")
    with pytest.raises(ValueError, match="not a line about apt's archives"):
        parse_cache("cash\t5\n")


def test_apt_gives_both() -> None:
    """The plug-in of apt can drop downloads and purge kernels."""
    apt = plugins("healer.platforms.packages", PackageManager)["apt"]
    assert (CLEAN, purge_kernel) == (apt.cache and apt.cache.clean, apt.purge_kernel)
