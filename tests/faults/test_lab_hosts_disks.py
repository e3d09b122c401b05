"""Disks and inodes run out: before the transaction nothing is begun, in the middle of it nothing is lost."""

from collections.abc import Iterator

import pytest
from console import Console, sh, version
from host_cases import AT_ONCE, reason, whole
from host_record import host_record

from healer.lab.lab import Lab
from healer.lab.machine import LabHost
from healer.lab.packages import BALLAST

FIRMWARE = "healer-demo-firmware-blob"
FILLING = "healer-demo-filling"
ARCHIVES = "/var/cache/apt/archives"
SMALL = {
    "h1": ("/boot", "size=8m"),
    "h2": (ARCHIVES, "size=8m"),
    "h3": (ARCHIVES, "size=64m,nr_inodes=300"),
    "h4": ("/var/lib", "size=24m"),
}
ABOVE = "/run/healer-test-above"
COPY = "/run/healer-test-usr"


@pytest.fixture(scope="module")
def lab(hosts_lab: Lab) -> Lab:
    """Return hosts with an update that needs room for booting, and one whose script fills the disk."""
    hosts_lab.publish(FIRMWARE, "1.1")
    hosts_lab.publish(FILLING, "1.1")
    return hosts_lab


def put_over(host: LabHost, folder: str, options: str) -> None:
    """Put a small file system with the same content over a folder."""
    sh(
        host,
        f"mkdir -p {ABOVE}; mount --bind --make-private {folder} {ABOVE}; mount -t tmpfs -o {options} tmpfs {folder}; cp -a {ABOVE}/. {folder}/",
    )


def take_off(host: LabHost, folder: str) -> None:
    """Take it off again; what was written to it stays."""
    sh(host, f"rm -rf {ABOVE}/*; cp -a {folder}/. {ABOVE}/; umount --lazy {folder}; umount {ABOVE}")


def leave_few_inodes_in_usr(host: LabHost) -> None:
    """Put a copy of /usr over it that has room for few files more. Its programs are needed until it lies there."""
    options = "size=1g,nr_inodes=$(($(find /usr | wc -l) + 500))"
    sh(host, f"mkdir {COPY}; mount -t tmpfs -o {options} tmpfs {COPY} && cp -a /usr/. {COPY}/ && mount --bind {COPY} /usr")


@pytest.fixture
def small(lab: Lab) -> Iterator[Lab]:
    """Return five hosts with too little room: for booting, for packages, of inodes there and in /usr, for the package database."""
    for name, (folder, options) in SMALL.items():
        put_over(lab.host(name), folder, options)
    leave_few_inodes_in_usr(lab.host("h6"))
    yield lab
    for name, (folder, _options) in SMALL.items():
        take_off(lab.host(name), folder)
    sh(lab.host("h6"), f"umount --lazy /usr; umount --lazy {COPY}; rmdir {COPY}")


@pytest.fixture
def tight(lab: Lab) -> Iterator[LabHost]:
    """Return a host whose package database has room for now."""
    host = lab.host("h5")
    put_over(host, "/var/lib", "size=96m")
    yield host
    take_off(host, "/var/lib")


@pytest.mark.fault("H6")
def test_too_little_room_stops_a_transaction_before_it_begins(small: Lab, control_node: Console) -> None:
    """Where disk or inodes do not suffice nothing is begun, and the host says which file system has how much and needs how much."""
    names = (*SMALL, "h6")
    control_node.write_inventory({name: {} for name in names})
    answer = control_node.healer("patch", "--only", FIRMWARE, *AT_ONCE, "--json")
    assert (1, dict.fromkeys(names, "failed")) == (answer.code, answer.ends), answer.text
    told = {name: reason(answer, name) for name in names}
    assert "not enough room in /boot: 102400 kB are needed, " in told["h1"]
    assert f"not enough room in {ARCHIVES}: 20480 kB are needed, " in told["h2"]
    assert f"not enough room in {ARCHIVES}: only " in told["h3"]
    assert "inodes are free" in told["h3"]
    assert "not enough room in /var/lib/dpkg: 20480 kB are needed, " in told["h4"]
    assert "not enough room in /usr: only " in told["h6"]
    assert "inodes are free" in told["h6"]
    assert ["1.0"] * 5 == [version(small.host(name), FIRMWARE) for name in names]


@pytest.mark.fault("H6")
def test_a_disk_that_runs_full_in_the_middle_loses_nothing(tight: LabHost, control_node: Console) -> None:
    """The disk fills while a package is configured: the run says so; when there is room again the next run ends what was begun."""
    control_node.write_inventory({"h5": {}})
    answer = control_node.healer("patch", "--only", FILLING, *AT_ONCE, "--json")
    assert (1, {"h5": "failed"}) == (answer.code, answer.ends), answer.text
    assert "ran full in the middle" in reason(answer, "h5")
    # A device takes all that is written to it: the package's script fills nothing this time.
    sh(tight, f"rm {BALLAST}; ln -s /dev/full {BALLAST}")
    again = control_node.healer("patch", "--only", FILLING, *AT_ONCE, "--json")
    assert (0, {"h5": "changed"}) == (again.code, again.ends), again.text
    assert ("1.1", True) == (version(tight, FILLING), whole(tight))
    assert ["1.0 1.1"] == host_record(tight).upgrades(FILLING)
