"""The lab itself, on which all other system tests stand: its hosts are real, and nothing of it remains."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import witness
from console import hear_signals

from healer.lab.base import base_image, cache_folder, sealed
from healer.lab.lab import Lab
from healer.lab.machine import LabHost
from healer.lab.requirements import require
from healer.lab.shell import silent
from healer.lab.teardown import take_down
from healer.model.errors import LabError

MakeLab = Callable[..., Lab]
ROOT = Path(__file__).parents[2]


def ssh(lab: Lab, target: str, *command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the system's ssh with the lab's configuration, which refuses unknown host keys."""
    argv = ["ssh", "-F", str(lab.ssh_config), "-o", "ConnectTimeout=3", "-o", "BatchMode=yes", target, *command]
    return subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=30, check=False)


def sh(host: LabHost, script: str) -> str:
    """Run a script as root inside, past SSH, and return what it prints."""
    return host.run(["sh", "-c", script]).stdout.decode()


def pending(host: LabHost) -> list[str]:
    """Return apt's own list of what an upgrade would install."""
    return [line for line in sh(host, "apt-get -s -o Debug::NoLocking=1 upgrade").splitlines() if line.startswith("Inst ")]


@pytest.mark.parametrize("user", ["root", "ops", "opspw"])
def test_every_user_logs_in_with_the_labs_key(lab: Lab, user: str) -> None:
    """root, ops and opspw log in with the written key and known host keys alone."""
    assert ssh(lab, f"{user}@h2", "id", "-un").stdout == f"{user}\n"


def test_sudo_asks_only_whom_it_should(lab: Lab) -> None:
    """Ops becomes root without a password; opspw needs the lab's own."""
    assert ssh(lab, "ops@h1", "sudo", "-n", "id", "-u").stdout == "0\n"
    assert ssh(lab, "opspw@h1", "sudo", "-n", "id", "-u").returncode == 1
    assert ssh(lab, "opspw@h1", "sudo", "-k", "-S", "-p", "''", "id", "-u", stdin=lab.sudo_password + "\n").stdout == "0\n"


def test_another_hosts_key_is_refused(lab: Lab, tmp_path: Path) -> None:
    """A host that shows a key which is not its own is not logged in to."""
    h1, h2 = lab.hosts[:2]
    known = tmp_path / "known_hosts"
    known.write_text(h1.known_hosts.read_text().replace(h1.address, "-").replace(h2.address, h1.address))
    argv = ["ssh", "-F", str(lab.ssh_config), "-o", f"UserKnownHostsFile={known}", "-o", "BatchMode=yes", "h1", "true"]
    assert "Host key verification failed" in subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False).stderr


def test_a_reboot_is_a_real_one(lab: Lab) -> None:
    """After a reboot the boot id is another, /run is empty again, and what was on the disk is still there."""
    host = lab.hosts[0]
    before = host.boot_id()
    sh(host, "touch /run/nonce /root/kept")
    host.reboot()
    assert host.boot_id() != before
    assert sh(host, "ls /run/nonce /root/kept 2>/dev/null") == "/root/kept\n"


def test_no_unit_is_failed_after_boot(lab: Lab) -> None:
    """A fresh host is healthy, so that whatever fails later was caused."""
    assert sh(lab.hosts[1], "systemctl --failed --no-legend; systemctl is-system-running") == "running\n"


def test_hosts_have_ids_and_pages_of_their_own(lab: Lab) -> None:
    """No two hosts share a machine id, and each serves its own name."""
    assert len({host.read("/etc/machine-id") for host in lab.hosts}) == len(lab.hosts)
    assert [sh(host, "curl -s http://127.0.0.1/") for host in lab.hosts] == [f"{host.name}\n" for host in lab.hosts]


def test_hosts_reach_each_other(lab: Lab) -> None:
    """One host is a client of another, so a load balancer can stand on any of them."""
    assert sh(lab.hosts[0], f"curl -s http://{lab.hosts[2].address}/") == "h3\n"


def test_systemd_of_one_host_sees_no_process_of_another(lab: Lab) -> None:
    """Every host has control groups of its own, so stopping a unit on one never touches another."""
    sh(lab.hosts[0], "systemctl stop healer-demo-daemon")
    states = [sh(host, "systemctl is-active healer-demo-daemon").strip() for host in lab.hosts]
    sh(lab.hosts[0], "systemctl start healer-demo-daemon")
    assert states == ["inactive", "active", "active"]


def test_a_published_update_is_pending_after_a_refresh(lab: Lab) -> None:
    """A hermetic host has exactly the updates that the test published, labelled as security where they are."""
    host = lab.hosts[1]
    assert pending(host) == []
    lab.publish("healer-demo-lib", "1.1")
    lab.refresh()
    assert pending(host) == ["Inst healer-demo-lib [1.0] (1.1 Healer-Lab:1/stable-security [amd64])"]


def test_the_updated_library_leaves_its_daemon_stale(lab: Lab) -> None:
    """After the update the daemon still executes the deleted file, until it is restarted."""
    host = lab.hosts[2]
    lab.publish("healer-demo-lib", "1.1")
    sh(host, "apt-get -q update && apt-get -q -y install --only-upgrade healer-demo-lib")
    look = "grep -c 'r-xp.*libhealerdemo.*(deleted)' /proc/$(systemctl show -P MainPID healer-demo-daemon)/maps"
    assert sh(host, look) == "1\n"
    sh(host, "systemctl restart healer-demo-daemon && sleep 0.2")
    assert sh(host, look) == "0\n"


def test_bad_packages_do_their_harm(lab: Lab) -> None:
    """The broken package fails its service, the half configured one stays so, the reboot one asks, the conffile one clashes."""
    host = lab.hosts[1]
    names = [f"healer-demo-{kind}" for kind in ("broken", "halfconfigured", "reboot", "conffile")]
    for name in names:
        lab.publish(name, "1.0", pocket="stable")
    sh(host, f"apt-get -q update && apt-get -q -y install {' '.join(names)}")
    for name in names:
        lab.publish(name, "1.1")
    sh(host, "echo mine >>/etc/healer-demo/demo.conf; apt-get -q update")
    sh(host, "apt-get -q -y -o Dpkg::Options::=--force-confold upgrade </dev/null")
    assert sh(host, "systemctl is-failed healer-demo-broken") == "failed\n"
    assert sh(host, "dpkg-query -W -f '${db:Status-Abbrev}' healer-demo-halfconfigured") == "iF "
    assert host.read("/run/reboot-required.pkgs") == "healer-demo-reboot\n"
    assert sh(host, "ls /etc/healer-demo") == "demo.conf\ndemo.conf.dpkg-dist\n"


def test_a_cut_wire_is_dead_and_can_be_joined(lab: Lab) -> None:
    """With its link down a host runs on but cannot be reached; joined again it can."""
    host = lab.hosts[1]
    host.cut()
    assert ssh(lab, host.name, "true").returncode == 255
    assert host.running()
    host.join()
    assert ssh(lab, host.name, "true").returncode == 0


def test_a_frozen_host_accepts_and_says_nothing(lab: Lab) -> None:
    """A frozen host's kernel completes the handshake, but no banner comes until it is thawed."""
    host = lab.hosts[1]
    host.freeze()
    with socket.create_connection((host.address, 22), timeout=2) as connection:
        connection.settimeout(1)
        with pytest.raises(TimeoutError):
            connection.recv(4)
    host.thaw()
    assert ssh(lab, host.name, "true").returncode == 0


def test_a_power_cut_leaves_the_disk_and_nothing_else(lab: Lab) -> None:
    """A host whose plug was pulled stays off; started again it has its disk, its host key and a new boot id."""
    host = lab.hosts[2]
    before = host.boot_id()
    sh(host, "touch /root/survivor; sync")
    host.kill()
    assert not host.running()
    assert ssh(lab, host.name, "true").returncode == 255
    host.start()
    assert host.boot_id() != before
    assert ssh(lab, host.name, "ls", "/root/survivor").stdout == "/root/survivor\n"


def test_an_orderly_stop_stays_off(lab: Lab) -> None:
    """A host that was shut down is not started again by its keeper."""
    host = lab.hosts[2]
    host.stop()
    assert not host.running()
    with pytest.raises(LabError, match="switched off"):
        host.boot_id()
    host.start()


def test_a_lab_can_be_found_by_another_process(lab: Lab) -> None:
    """What is loaded from the folder is the same lab with the same running hosts."""
    found = Lab.load(lab.folder)
    assert found.hosts == lab.hosts
    assert [host.boot_id() for host in lab.hosts] == [host.boot_id() for host in found.hosts]


def test_a_lab_that_is_up_is_not_built_again(lab: Lab, make_lab: MakeLab) -> None:
    """A second `up` of the same name refuses instead of pulling the rug away."""
    with pytest.raises(LabError, match="up already"):
        Lab.up(1, directory=lab.folder.parents[1], name=lab.folder.name)
    assert all(host.running() for host in lab.hosts)


def test_the_inner_network_is_reached_through_the_jump_host_only(make_lab: MakeLab) -> None:
    """This machine has no way to a host behind the jump host; ssh through it works, and packages get there too."""
    lab = make_lab(2, behind_jump=1)
    inner = lab.hosts[1]
    with pytest.raises(OSError, match="No route to host"):
        socket.create_connection((inner.address, 22), timeout=2)
    assert ssh(lab, "h2", "hostname").stdout == "h2\n"
    assert ssh(lab, "h2", "apt-get -q update -o APT::Update::Error-Mode=any").returncode == 0
    lab.hosts[0].reboot()
    assert ssh(lab, "h2", "hostname").stdout == "h2\n"


def test_a_small_log_disk_fills_without_filling_the_host(make_lab: MakeLab) -> None:
    """With a log disk of its own /var/log runs full at its size, and the root file system stays usable."""
    host = make_lab(1, var_log_mb=16).hosts[0]
    assert "No space left" in sh(host, "head -c 32M /dev/zero 2>&1 >/var/log/big | cat; cat /dev/zero 2>&1 >>/var/log/big | cat")
    assert sh(host, "findmnt -n -o FSTYPE /var/log; echo yes >/root/x && cat /root/x") == "ext4\nyes\n"


def test_with_the_archives_updates_real_updates_are_pending(make_lab: MakeLab) -> None:
    """Hosts start at the release's state, so the security archive has something for them, and it can be downloaded."""
    host = make_lab(1, archive="updates").hosts[0]
    updates = [line for line in pending(host) if "-security " in line]
    assert len(updates) >= 1
    done = host.run(["apt-get", "-q", "-y", "-d", "install", "--only-upgrade", updates[0].split()[1]])
    assert done.returncode == 0


def test_two_labs_of_one_name_live_side_by_side(make_lab: MakeLab, tmp_path: Path) -> None:
    """Labs in different folders share neither network nor links, and taking one down leaves the other alone."""
    first = make_lab(1, name="twin", directory=tmp_path / "a")
    second = make_lab(1, name="twin", directory=tmp_path / "b")
    assert first.hosts[0].address != second.hosts[0].address
    first.down()
    assert ssh(second, "h1", "hostname").stdout == "h1\n"
    second.down()


def test_nothing_is_left_after_down(make_lab: MakeLab) -> None:
    """Processes, links, routes, mounts, loop devices, rules and groups are the same as before, also for hosts that are off."""
    before = witness.look()
    lab = make_lab(3, behind_jump=1, var_log_mb=16)
    lab.hosts[0].kill()
    lab.hosts[1].freeze()
    lab.down()
    lab.down()
    assert witness.look().left_since(before) == set()
    assert not lab.folder.exists()


@pytest.mark.parametrize("package", ["healer-demo-nonsense=1.0", "healer-demo-halfconfigured=1.1"])
def test_a_failure_half_way_leaves_nothing(make_lab: MakeLab, package: str) -> None:
    """Whether it fails before or inside the hosts' image, `up` takes away what it had built."""
    before = witness.look()
    with pytest.raises(LabError, match=package.partition("=")[0] if "nonsense" in package else "prepare_host"):
        make_lab(1, installed=(package,))
    assert witness.look().left_since(before) == set()


def start_up(directory: Path, until: str, **options: object) -> subprocess.Popen[str]:
    """Run `healer lab up` and return it at the moment when it says `until`."""
    code = "from healer.cli.lab import app; app()"
    argv = [sys.executable, "-u", "-c", code, "up", "--hosts", "2", "--archive", "none", "--directory", str(directory)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        argv,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        preexec_fn=hear_signals,  # noqa: PLW1509  two system calls, before anything else
    )
    assert process.stdout is not None
    while until not in (line := process.stdout.readline()):
        assert line, f"up ended before it said {until!r}"
    return process


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Return a folder for a lab that the test ends itself; what it leaves when it fails is taken down."""
    yield tmp_path
    take_down(tmp_path / "lab" / "lab")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["making keys", "preparing", "booting"])
def test_an_interrupted_up_leaves_nothing(place: Path, number: signal.Signals, moment: str) -> None:
    """Ctrl-C and SIGTERM take down what was built, at whatever moment they come."""
    before = witness.look()
    with start_up(place, moment) as process:
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode in {1, 130, 143}
    assert witness.look().left_since(before) == set()


def test_what_a_killed_up_left_is_swept_away(place: Path) -> None:
    """A maker that was killed outright leaves its half-built lab to the next one, who removes all of it."""
    before = witness.look()
    with start_up(place, "booting") as process:
        time.sleep(0.2)
        process.kill()
        process.communicate(timeout=60)
    assert str(place / "lab/lab") in Lab.sweep()
    assert witness.look().left_since(before) == set()


def test_a_damaged_image_is_built_again(tmp_path: Path) -> None:
    """An image that does not match its seal is replaced by a whole one instead of being booted."""
    archive = require()
    whole = base_image(archive, (), cache_folder(), silent)
    for path in (whole, whole.with_suffix(".seal")):
        shutil.copy(path, tmp_path)
    damaged = tmp_path / whole.name
    with damaged.open("r+b") as file:
        file.truncate(1000)
    lines: list[str] = []
    assert base_image(archive, (), tmp_path, lines.append) == damaged
    assert lines[0].startswith("building the base image")
    assert sealed(damaged)
