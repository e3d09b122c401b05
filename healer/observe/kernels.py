"""Is the running kernel the one that would boot next? Shared by the facts `kernel` and `reboot_owed`. Pure.

`uname -r` alone cannot tell: Debian and Ubuntu put a rebuilt kernel under the same release, and only `uname -v` against the package's
version shows it. What would boot is what the boot loader takes, which is not always the newest image.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from healer.model.facts import Kernel, Unknown
from healer.observe.reading import lines, pairs, value_of

Key = tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Boot:
    """What `kernel.sh` printed. `packages` are versions of installed image packages by release; `default` is the boot loader's choice."""

    release: str
    build: str
    container: str
    modules: bool
    images: tuple[str, ...]
    default: str = ""
    packages: dict[str, str] = field(default_factory=dict)


def parse_kernel(text: str) -> Kernel | Unknown:
    """Return the running kernel and what would boot next. A container has no kernel of its own: not applicable."""
    boot = read(text)
    if boot.container or not (boot.images or boot.default):
        return Kernel(boot.release, boot.build, expected="", applicable=False, stale=False)
    if boot.packages and not boot.modules and boot.release not in boot.images:
        return Unknown(f"the running kernel {boot.release} is not one that is installed: started from outside, or removed since the boot")
    expected = boot.default or newest(boot)
    return Kernel(boot.release, boot.build, expected=_certain(expected, boot), applicable=True, stale=_stale(expected, boot))


def read(text: str) -> Boot:
    """Return the lines as a value. Raises ValueError when the running kernel is missing."""
    listed = [line.partition("=") for line in lines(text)]
    found = pairs(text)
    images = sorted({value for key, _, value in listed if key == "image"}, key=version_key)
    packages = dict(_package(value) for key, _, value in listed if key == "package")
    return Boot(
        release=value_of(found, "release"),
        build=value_of(found, "build"),
        container=value_of(found, "container"),
        modules="modules" in found,
        images=tuple(images),
        default=found.get("default", ""),
        packages=packages,
    )


def _package(text: str) -> tuple[str, str]:
    """Return release and version of `ii linux-image-6.1.0-37-amd64 6.1.140-1`."""
    name, version = text.split()[-2:]
    return re.sub(r"^linux-image-(unsigned-)?", "", name), version


def version_key(release: str) -> Key:
    """Order releases as `sort -V` does for these names: numbers by value, the rest by letter."""
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.findall(r"\d+|\D+", release))


def flavour(release: str) -> str:
    """Return the last part without digits at its start: `amd64`, `cloud-amd64`, `generic`; empty for Fedora-like releases."""
    found = re.search(r"-([a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*)$", release)
    return found[1] if found else ""


def newest(boot: Boot) -> str:
    """Return the newest image of the running kernel's flavour, else the newest of all."""
    same = [image for image in boot.images if flavour(image) == flavour(boot.release)]
    return _last(same) or _last(boot.images)


def _last(images: Sequence[str]) -> str:
    return images[-1] if images else ""


def _certain(expected: str, boot: Boot) -> str:
    """Return what would boot, or "" where several flavours are installed and the boot loader was not heard: then nobody knows."""
    flavours = {flavour(image) for image in boot.images}
    return expected if boot.default or len(flavours) <= 1 else ""


def _stale(expected: str, boot: Boot) -> bool:
    if expected != boot.release:
        return bool(boot.default) or version_key(expected) > version_key(boot.release)
    package = boot.packages.get(expected)
    return package is not None and not same_build(package, boot.build)


def same_build(package: str, build: str) -> bool:
    """Tell whether `uname -v` names this package version; a build text that names none counts as the same, for it proves nothing.

    Debian: `#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)` is 6.1.140-1.
    Ubuntu: `#45~22.04.1-Ubuntu SMP ...` is 6.8.0-45.45~22.04.1: the part after the ABI number.
    """
    version = package.rpartition(":")[2]
    if debian := re.search(r"\bDebian (?:\d+:)?(\S+)", build):
        return debian[1] == version
    if ubuntu := re.match(r"#(\S+)-Ubuntu\b", build):
        return version.partition("-")[2].partition(".")[2] == ubuntu[1]
    return True
