"""What hosts really look like, seen past healer and past SSH: the tests' own witnesses, which share no code with what they judge."""

import re

from healer.lab.machine import LabHost

# Every matching line of every process' memory map, behind the control group of the process.
MAPS = """
for folder in /proc/[0-9]*; do
    group=$(sed -n 's/^[0-9]*:name=systemd://p; s/^0:://p' "$folder/cgroup" 2>/dev/null | head -n 1)
    grep -E "$1" "$folder/maps" 2>/dev/null | sed "s|^|$group |"
done"""
# Everything on the disk and in the temporary file systems. What records logins stands in /run and /var/log.
TIMES = r"""
find / /tmp /dev/shm -xdev \( -path /proc -o -path /sys -o -path /run -o -path /var/log \) -prune -o -printf '%p\t%T@ %C@ %s %m\n'"""
LOGIN_UNITS = re.compile(r"(user@|user-runtime-dir@)[0-9]+\.service")


def out(host: LabHost, *argv: str) -> str:
    """Return what a command as root prints; fail when it fails."""
    done = host.run(argv)
    assert done.returncode == 0, f"{host.name}: {' '.join(argv)[:200]}: {done.stderr.decode()}"
    return done.stdout.decode()


def pending_security(host: LabHost) -> list[str]:
    """Return apt's own list of what a full upgrade would install from a security pocket."""
    lines = out(host, "apt-get", "-s", "-o", "Debug::NoLocking=1", "dist-upgrade").splitlines()
    return [line for line in lines if line.startswith("Inst ") and "-security " in line]


def installed(host: LabHost) -> dict[str, str]:
    """Return the installed version by package, as dpkg's status has it."""
    lines = out(host, "dpkg-query", "-W", "-f", "${Package}:${Architecture} ${Version}\n").splitlines()
    return dict(line.split(" ", 1) for line in lines)


def source(host: LabHost, package: str) -> str:
    """Return the name of the source that a package was built from."""
    return out(host, "dpkg-query", "-W", "-f", "${source:Package}", package)


def status_file(host: LabHost) -> str:
    """Return a digest of dpkg's status."""
    return out(host, "sha256sum", "/var/lib/dpkg/status").split()[0]


def mappers(host: LabHost, pattern: str) -> set[str]:
    """Return the services (or the control groups, where there is no service) that map a file executable whose path fits the pattern."""
    lines = out(host, "sh", "-c", MAPS, "sh", f"^[^ ]+ ..x. .* {pattern}$").splitlines()
    return {_unit(line.split(" ", 1)[0]) for line in lines}


def stale(host: LabHost) -> set[str]:
    """Return who executes a file of the system that was replaced since."""
    return mappers(host, r"/(usr|lib|lib64|bin|sbin|opt)/.* \(deleted\)")


def _unit(group: str) -> str:
    name = group.rpartition("/")[2]
    return name if group.startswith("/system.slice/") and name.endswith(".service") else group


def invocations(host: LabHost, *, with_processes: bool = False) -> dict[str, str]:
    """Return the invocation id of every active service, or of those only that have processes.

    Services that come and go with a login are left out.
    """
    asked = [word for name in ("Id", "ActiveState", "SubState", "InvocationID") for word in ("-p", name)]
    blocks = out(host, "systemctl", "show", "*.service", *asked).split("\n\n")
    found = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in blocks]
    active = [one for one in found if one.get("ActiveState") == "active" and not LOGIN_UNITS.fullmatch(one["Id"])]
    return {one["Id"]: one["InvocationID"] for one in active if not with_processes or one["SubState"] != "exited"}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Return the keys that are not the same in both."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def file_times(host: LabHost) -> dict[str, str]:
    """Return times of modification and change, size and mode of every file outside /run and /var/log."""
    return dict(line.split("\t", 1) for line in out(host, "sh", "-c", TIMES).splitlines() if "\t" in line)
