"""The scripts of the facts, run on this machine: under three shells, and with nothing but busybox."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from local_remote import LocalRemote

from healer.model.command import Command, CommandResult
from healer.model.facts import Disk, Facts, Identity, Load, OsRelease, Unknown
from healer.observe.collect import collect

FACTS = ("os_release", "identity", "system_state", "sockets", "disks", "load", "kernel", "reboot_owed", "units", "package_manager")
WHOLE = (("os_release", OsRelease), ("identity", Identity), ("system_state", str), ("sockets", tuple), ("disks", tuple), ("load", Load))
MAY_BE_UNKNOWN = {"kernel", "reboot_owed", "units", "package_manager"}


@pytest.mark.parametrize("shell", [("dash",), ("bash", "--posix"), ("busybox", "sh")], ids=" ".join)
def test_every_shell_reads_the_same(shell: tuple[str, ...]) -> None:
    """Under every shell each fact of this machine has its shape."""
    got = collect(LocalRemote(shell), FACTS, become=False)
    assert [] == [f"{name}: {got.get(name)}" for name, kind in WHOLE if not isinstance(got.get(name), kind)]


def test_unknown_readings_say_why() -> None:
    """What this machine cannot tell is Unknown with a sentence that does not speak of nonsense."""
    got = collect(LocalRemote(), FACTS, become=False)
    unknown = {name: reading.reason for name in FACTS if isinstance(reading := got.get(name), Unknown)}
    assert set(unknown) <= MAY_BE_UNKNOWN
    assert [] == [reason for reason in unknown.values() if "makes no sense" in reason]


@pytest.fixture
def busybox_only(tmp_path: Path) -> LocalRemote:
    """Make a host whose every tool is busybox, and which has no ss, no dpkg and no systemctl."""
    listed = subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in set(listed) - {"dpkg", "rpm", "dpkg-deb"}:
        (tmp_path / name).symlink_to("/bin/busybox")
    script = 'PATH=$0 exec "$0/sh" "$@"'
    # The frame adds the system's folders to PATH; here they must not be found.
    return BusyboxRemote(("sh", "-c", script, str(tmp_path)), environment={"PATH": f"{tmp_path}:/bin"})


class BusyboxRemote(LocalRemote):
    """Takes the system's own folders out of the frame's PATH."""

    def run(self, command: Command) -> CommandResult:
        """Run the command with the folders of the frame's PATH replaced by one that is empty."""
        text = command.stdin.replace(b":/usr/local/sbin:/usr/sbin:/sbin", b"")
        return super().run(replace(command, stdin=text))


@pytest.mark.fault("H15")
def test_a_host_of_busybox_alone_can_be_read(busybox_only: LocalRemote) -> None:
    """With no tool but busybox (and so no ss) identity, sockets, disks and load are read all the same."""
    names = ("identity", "sockets", "disks", "load", "os_release", "system_state")
    got = collect(busybox_only, names, become=False)
    assert [] == [f"{name}: {got.get(name)}" for name in names if isinstance(got.get(name), Unknown)]


def test_busybox_and_the_full_tools_agree(busybox_only: LocalRemote) -> None:
    """The root disk and the identity read the same with both sets of tools."""
    full, small = (collect(remote, ("disks", "identity"), become=False) for remote in (LocalRemote(), busybox_only))
    assert _still(full) == _still(small)


def _still(facts: Facts) -> object:
    """Return what no other program on this machine changes meanwhile."""
    root = next(disk for disk in facts.read("disks", tuple) if isinstance(disk, Disk) and disk.mount == "/")
    identity = facts.read("identity", Identity)
    assert isinstance(identity, Identity)
    return root.device, root.size, root.inodes, identity.machine_id, identity.boot_id, identity.hostname
