"""Which installed kernels there are, what they take, and which of them must stay: the running one, the newest, and one spare."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from healer.model.logs import Leftover
from healer.observe.kernels import flavour, version_key

_FAMILY = re.compile(r"(?:linux-(?:image-unsigned|image|modules-extra|modules)-|kernel-core-|kernel-)(?P<release>\d.*)")
_SECTOR = 512
Rows = Iterable[tuple[str, str]]
PlaceOf = Callable[[int, str], str]


@dataclass(slots=True)
class _Kernel:
    """One release: its image package, and the bytes that it takes on each device."""

    package: str = ""
    installed: int = 0
    modules: int = 0
    boot: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def kernels(rows: Rows, place_of: PlaceOf) -> Iterator[Leftover]:
    """Yield the kernels, the oldest first: one for each disk that one takes room on. Raises ValueError on nonsense.

    Where the running one is none of them nobody knows what boots this host, so that all stay.
    """
    rows = list(rows)
    found = _found(rows)
    running = next((rest for tag, rest in rows if tag == "running"), "")
    reasons = _kept(sorted(found, key=version_key), running)
    for release in sorted(found, key=version_key):
        for device, taken in _taken(found[release]).items():
            mount = place_of(device, "/boot" if device in found[release].boot else "/")
            yield Leftover("kernel", found[release].package, mount, taken, 0.0, device=device, files=0, kept=reasons.get(release, ""))


def _found(rows: Rows) -> dict[str, _Kernel]:
    found: dict[str, _Kernel] = defaultdict(_Kernel)
    rows = list(rows)
    for rest in (rest for tag, rest in rows if tag == "package"):
        manager, status, size, name = rest.split("\t")
        family = _FAMILY.fullmatch(name)
        if not status.strip().startswith(("ii", "hi")) or not family or name.endswith(("-dbg", "-dbgsym")):
            continue
        kernel = found[family["release"]]
        kernel.installed += int(size or 0) * (1024 if manager == "dpkg" else 1)
        if "image" in name or manager == "rpm":
            kernel.package = name
    whole = {release: kernel for release, kernel in found.items() if kernel.package}
    _place(whole, rows)
    return whole


def _place(found: Mapping[str, _Kernel], rows: Rows) -> None:
    for tag, rest in rows:
        if tag == "modules":
            device, release = rest.split("\t")
            if release in found:
                found[release].modules = int(device)
        elif tag == "boot":
            device, blocks, name = rest.split("\t")
            release = next((one for one in found if re.search(rf"-{re.escape(one)}(?:\.img)?$", name)), "")
            if release:
                found[release].boot[int(device)] += int(blocks) * _SECTOR


def _taken(kernel: _Kernel) -> dict[int, int]:
    """Return the bytes by device. The package's own size holds the image in /boot, but not the initial ramdisk made on the host."""
    taken = {device: size for device, size in kernel.boot.items() if device != kernel.modules}
    return {kernel.modules: max(0, kernel.installed - sum(taken.values())) + kernel.boot.get(kernel.modules, 0), **taken}


def _kept(releases: list[str], running: str) -> dict[str, str]:
    """Return why a release must stay; of another flavour than the running one nobody can say which would be needed."""
    if running not in releases:
        return dict.fromkeys(releases, f"the running kernel {running} is none of the installed ones, so that all stay")
    same = [release for release in releases if flavour(release) == flavour(running)]
    kept = {release: "it is of another flavour than the running one" for release in releases if release not in same}
    kept |= {same[-1]: "it is the newest", running: "it runs"}
    spare = [release for release in same if release not in kept]
    return kept | ({spare[-1]: "it is the one spare"} if spare else {})
