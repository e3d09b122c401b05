"""What the sources of caches, dumps, container logs and kernels offer, and what they leave to others."""

from typing import Any

import pytest
from reclaim_cases import ALL, GB, MB, NOW, disk, log, method, opener, policy, situation, spans

from healer.discovery import plugins
from healer.model.action import Archive, Free, Job, Run
from healer.model.facts import Kernel, LockHolder, Unknown
from healer.model.files import Handle
from healer.model.logs import Leftover, LogFiles, PackageCache, Toolbox
from healer.reclaim.select import choose
from healer.reclaim.sources.contract import Candidate, Source

SOURCES = plugins("healer.reclaim.sources", Source)
CACHE = PackageCache("apt", "/var/log", "/var/cache/apt/archives", 2 * GB, 40)
DPKG = LockHolder("/var/lib/dpkg/lock", 77, "dpkg --configure -a", "", 3.0)
KERNEL = Kernel("6.1.0-37-amd64", "#1", "6.1.0-38-amd64", applicable=True, stale=True)
DOCKER = opener(command="dockerd", pid=50, started=500, fd=9, unit="docker.service")
CONTAINER = f"/var/lib/docker/containers/{'c' * 64}/{'c' * 64}-json.log"


def offered(source: str, *files: Any, **seen: Any) -> list[Candidate]:
    """Return what the source offers where nobody holds a package manager's lock."""
    return list(SOURCES[source].candidates(situation(*files, **{"package_locks": (), **seen})))


def core(path: str = "/var/lib/systemd/coredump/core.app.0.zst", hours: float = 5, **changes: Any) -> Leftover:
    """Return a core that was written so many hours ago."""
    values: dict[str, Any] = {"device": 5, "inode": 6, "size": 3 * GB}
    return Leftover(changes.pop("kind", "core"), path, "/var/log", 2 * GB, NOW - hours * 3600.0, **{**values, **changes})


def container_log(size: int = GB) -> Leftover:
    """Return a container's log of that size."""
    return Leftover("docker_log", CONTAINER, "/var/log", size, NOW, device=2049, inode=12, size=size)


def kernel(release: str = "6.1.0-9-amd64", kept: str = "") -> Leftover:
    """Return an installed kernel."""
    return Leftover("kernel", f"linux-image-{release}", "/var/log", 400 * MB, 0.0, kept=kept)


def kernels(*found: Leftover, **seen: Any) -> list[Candidate]:
    """Return what the source of kernels offers on a host that apt rules."""
    return offered("kernels", **{"leftovers": found, "package_manager": "apt", "kernel": KERNEL, **seen})


def test_the_order_of_relief_is_that_of_regret() -> None:
    """Downloads go first, then the journal; what only a listing allows comes behind rotated logs."""
    assert [10, 20, 40, 45, 50] == [SOURCES[name].rank for name in ("package_cache", "journal", "cores", "docker_logs", "kernels")]
    assert {"cores", "docker_logs", "kernels"} == {name for name, source in SOURCES.items() if source.listed}


def test_downloads_are_dropped_without_being_kept() -> None:
    """The package manager itself drops them, and the words say that nothing is kept; apt's own caches stay."""
    (found,) = offered("package_cache", package_cache=CACHE)
    (action,) = found.actions
    assert isinstance(action.verb, Run)
    assert ("apt-get", "clean") == (action.verb.argv[0], action.verb.argv[-1])
    assert "Dir::Cache::srcpkgcache=" in action.verb.argv
    assert (2 * GB, 40, "/var/log") == (found.gain, found.inodes, found.mount)
    assert "apt-get clean: they can be downloaded again, and are not kept" == found.how


@pytest.mark.parametrize(
    ("locks", "why"), [((DPKG,), "dpkg --configure -a (pid 77) holds /var/lib/dpkg/lock"), (Unknown("cut"), "is not known: cut")]
)
def test_nothing_is_dropped_while_a_package_manager_is_at_work(locks: object, why: str) -> None:
    """It may be about to install what lies there."""
    (found,) = offered("package_cache", package_cache=CACHE, package_locks=locks)
    assert why in found.refused
    assert not found.actions


def test_another_managers_downloads_stay() -> None:
    """Where it is not known how a manager drops its downloads they are left."""
    (found,) = offered("package_cache", package_cache=PackageCache("pkg", "/", "/cache", GB, 1))
    assert "how pkg drops its downloads is not known" == found.refused


@pytest.mark.parametrize("cache", [Unknown("cut"), PackageCache("apt", "/", "/var/cache/apt/archives", 0, 0)])
def test_no_downloads_are_no_candidate(cache: object) -> None:
    """Without a file, or where nothing is known, nothing is offered."""
    assert [] == offered("package_cache", package_cache=cache)


def test_dumps_are_kept_and_then_deleted_oldest_first() -> None:
    """A core or crash dump is archived whole, then deleted by its identity."""
    found = offered("cores", leftovers=(core(hours=5), core("/var/crash/a.crash", 9, kind="crash", inode=7)))
    assert ["/var/crash/a.crash", "/var/lib/systemd/coredump/core.app.0.zst"] == [one.path for one in found]
    assert [["archive", "free"]] * 2 == [[action.verb.verb for action in one.actions] for one in found]
    assert [(6, 0, 3 * GB)] == [(span.inode, span.start, span.length) for span in spans(found[1], Free)]
    assert ("delete", 2 * GB, 1) == (method(found[1]), found[1].gain, found[1].inodes)
    assert "leftovers" in found[1].actions[1].makes_stale
    assert ["delete: a crash dump, last written 9 h ago", "delete: a core, last written 5 h ago"] == [one.how for one in found]


@pytest.mark.parametrize(
    ("dump", "seen", "why"),
    [
        (core(hours=0.1), {}, "may not be whole yet"),
        (core(), {"rules": policy(keep="1d")}, "the policy keeps 24 h"),
        (core(), {"rules": policy(forbidden=["/var/lib/systemd"])}, "the policy forbids /var/lib/systemd"),
        (core(), {"toolbox": Toolbox("", (), ())}, "neither perl nor python"),
        (core(), {"log_files": Unknown("cut off")}, "who has it open is not known: cut off"),
        (core(), {"log_files": LogFiles((log(device=5, inode=6, openers=Unknown("blind")),))}, "who has it open is not known: blind"),
        (core(), {"log_files": LogFiles((log(device=5, inode=6),))}, "app (pid 7, app.service) has it open"),
    ],
)
def test_a_dump_in_use_or_under_protection_stays(dump: Leftover, seen: dict[str, Any], why: str) -> None:
    """One that is being written, held open, young or forbidden is left, with the reason."""
    (found,) = offered("cores", leftovers=(dump,), **seen)
    assert why in found.refused
    assert not found.actions


def test_dumps_go_only_where_the_policy_lists_them() -> None:
    """The choice refuses what an unlisted source offers, and takes it from a listed one."""
    unlisted, listed = (
        choose(situation(leftovers=(core(),), rules=policy(sources=names)), [SOURCES["cores"]]) for names in ((), ("cores",))
    )
    assert ["only where the policy lists cores among its sources"] == [one.refused for one in unlisted.left]
    assert [2 * GB] == [one.gain for one in listed.taken]


def test_a_containers_log_is_cut_while_docker_stands_still() -> None:
    """All that was written so far goes, so that the file begins with a whole line; nothing is punched or collapsed."""
    (found,) = offered("docker_logs", log(CONTAINER, size=GB, openers=(DOCKER,)), leftovers=(container_log(),))
    assert ["archive", "free"] == [action.verb.verb for action in found.actions]
    assert ("freeze", [(0, GB, Handle(50, 500, 9))]) == (
        method(found),
        [(one.start, one.length, one.handle) for one in spans(found, Archive)],
    )
    assert "it stands still for at most 2 s" in found.how


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"openers": (opener(command="dockerd", append=False),)}, "does not append"),
        ({"openers": (opener(command="dockerd", access="both"),)}, "does not append"),
        ({"openers": (DOCKER, opener(command="app"))}, "app (pid 7, app.service) writes to it, not docker"),
        ({"openers": (DOCKER, opener(command="tail", unit="", access="read"))}, "tail (pid 7) reads it and would lose its place"),
        ({"openers": Unknown("blind")}, "who has it open is not known: blind"),
        ({"openers": (DOCKER,), "links": 2}, "another name"),
        ({"openers": (DOCKER,), "mapped": Unknown("cut")}, "mapped"),
        ({"openers": ()}, "does not append"),
    ],
)
def test_a_containers_log_that_cannot_be_cut_is_left_with_the_cure(changes: dict[str, Any], why: str) -> None:
    """Where a reader would be hurt it stays, and the words say what helps for good."""
    (found,) = offered("docker_logs", log(CONTAINER, size=GB, **changes), leftovers=(container_log(),))
    assert (True, True, ()) == (why in found.refused, '"max-size"' in found.refused, found.actions)


def test_a_containers_log_that_nobody_writes_stays() -> None:
    """Docker owns it, and removes it with its container; where nobody could look it stays too."""
    (closed,) = offered("docker_logs", leftovers=(container_log(),))
    (blind,) = offered("docker_logs", leftovers=(container_log(),), log_files=Unknown("cut"))
    assert closed.refused.startswith("nobody is seen to write to it")
    assert "who has it open is not known: cut" == blind.refused


def test_a_small_log_of_a_container_is_no_candidate() -> None:
    """Below the policy's least size nothing is named."""
    assert [] == offered("docker_logs", leftovers=(container_log(MB),))


def test_a_spare_kernel_is_purged_by_the_package_manager() -> None:
    """The image goes with the packages that hold its modules, by a job; it can be installed again, so that nothing is kept."""
    (found,) = kernels(kernel())
    (action,) = found.actions
    assert isinstance(action.verb, Job)
    packages = ("linux-image-6.1.0-9-amd64", "linux-modules-6.1.0-9-amd64", "linux-modules-extra-6.1.0-9-amd64")
    assert packages == action.verb.arguments[1:]
    assert (400 * MB, "apt-get install linux-image-6.1.0-9-amd64", False) == (found.gain, action.undo, action.disruptive)
    assert "it can be installed again" in found.how


@pytest.mark.parametrize(
    ("found", "seen", "why"),
    [
        (kernel(kept="it is the one spare"), {}, "it is the one spare"),
        (kernel("6.1.0-38-amd64"), {}, "would boot next"),
        (kernel("6.1.0-37-amd64"), {}, "it runs"),
        (kernel(), {"kernel": Unknown("cut")}, "which kernel would boot next is not known: cut"),
        (kernel(), {"kernel": Kernel("6.1.0-37-amd64", "", "", applicable=True, stale=False)}, "which kernel would boot next is not known"),
        (kernel(), {"package_locks": (DPKG,)}, "a package manager is at work"),
        (kernel(), {"package_manager": Unknown("none")}, "does not know how"),
        (kernel(), {"package_manager": "dnf"}, "does not know how"),
        (Leftover("kernel", "kernel-core-5.14.0", "/", MB, 0.0), {}, "no kernel whose packages healer knows"),
    ],
)
def test_a_kernel_that_may_be_needed_stays(found: Leftover, seen: dict[str, Any], why: str) -> None:
    """What runs, boots next or is the spare stays, and so does all of it where one of that is not known."""
    (one,) = kernels(found, **seen)
    assert why in one.refused
    assert not one.actions


@pytest.mark.parametrize("source", ["cores", "docker_logs", "kernels"])
def test_unknown_leftovers_offer_nothing(source: str) -> None:
    """Where nothing is known there is no candidate."""
    assert [] == offered(source, leftovers=Unknown("cut"), disks=(disk(),), toolbox=ALL)
