"""Why the host should boot: its own request, an older kernel, core programs on replaced code, microcode that only a boot loads.

As root the running code itself is the evidence for libc, systemd and dbus. Without root it cannot be seen, and the time of
installation stands in for it, as `needs-restarting` of dnf does.
"""

from collections.abc import Iterable

from healer.model.facts import Kernel, RebootOwed, Unknown
from healer.observe.facts.contract import Fact
from healer.observe.kernels import parse_kernel
from healer.observe.reading import lines, script, split_at

ONLY_A_BOOT_LOADS = ("intel-microcode", "amd64-microcode", "intel-ucode", "amd-ucode", "microcode_ctl", "linux-firmware")


def parse(text: str) -> RebootOwed | Unknown:
    """Return every reason. Unknown only when there is none and the kernel could not be judged."""
    seen, kernel_text = split_at(text, "-- kernel")
    kernel = parse_kernel(kernel_text)
    reasons = (*_asked(seen), *_kernel(kernel), *_stale(seen), *_installed(seen, kernel))
    if not reasons and isinstance(kernel, Unknown):
        return Unknown(f"whether the kernel is the newest is not known: {kernel.reason}")
    return RebootOwed(reasons)


def _all(text: str, key: str) -> list[str]:
    return [value for name, _, value in (line.partition("=") for line in lines(text)) if name == key]


def _asked(seen: str) -> Iterable[str]:
    if _all(seen, "required"):
        packages = ", ".join(_all(seen, "asked_by"))
        yield f"the system asks for it (/run/reboot-required{': ' + packages if packages else ''})"


def _kernel(kernel: Kernel | Unknown) -> Iterable[str]:
    if isinstance(kernel, Unknown) or not kernel.stale:
        return
    if kernel.expected == kernel.running:
        yield f"a newer build of kernel {kernel.running} is installed"
    else:
        yield f"kernel {kernel.running} runs, {kernel.expected or 'a newer one'} would boot"


def _stale(seen: str) -> Iterable[str]:
    for line in _all(seen, "stale"):
        pid, name, path = line.split(" ", 2)
        yield f"{name} (pid {int(pid)}) runs replaced code: {path}"


def _installed(seen: str, kernel: Kernel | Unknown) -> Iterable[str]:
    root = _all(seen, "root") == ["yes"]
    began = int(_all(seen, "boot")[-1]) if _all(seen, "boot") else None
    if began is None:
        raise ValueError("when this boot began is missing")
    machine = isinstance(kernel, Unknown) or kernel.applicable
    for line in sorted(set(_all(seen, "installed"))):
        name, moment = line.split()
        if int(moment) > began and name in ONLY_A_BOOT_LOADS and machine:
            yield f"{name} was upgraded after the boot; only a boot loads it"
        elif int(moment) > began and name not in ONLY_A_BOOT_LOADS and not root:
            yield f"{name} was upgraded after the boot (without root it cannot be seen who still runs the old one)"


PLUGIN = Fact(name="reboot_owed", script=script("reboot_owed.sh") + script("kernel.sh"), parse=parse, seconds=30)
