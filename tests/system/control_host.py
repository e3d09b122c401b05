"""A lab host as the control node of the others: healer is installed on it as its user would, from wheels, without a network."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from console import ROOT, Answer, shown

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

PACKAGES = ("python3", "python3-venv")
"""What the control node's image needs beside a plain host's."""
HOME = "/opt/healer"
INVENTORY = "/etc/healer/inventory.ini"
KEY = "/root/fleet_key"


def wheels(folder: Path) -> Path:
    """Build healer's own wheel and get those of everything that it needs, at the pinned versions, into the folder."""
    argv = [sys.executable, "-m", "pip", "wheel", "-q", "-c", str(ROOT / "constraints.txt"), "-w", str(folder), str(ROOT)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=540, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@dataclass(frozen=True)
class ControlHost:
    """healer on `host`, in charge of the other hosts of the lab."""

    lab: Lab
    host: LabHost

    def install(self, packages: Path) -> None:
        """Install the wheels in an environment of their own, and give the host an inventory of the others and a key for them."""
        self._put_wheels(packages)
        self._do("python3", "-m", "venv", HOME)
        self._do(f"{HOME}/bin/pip", "install", "-q", "--no-index", "--find-links", "/root/wheels", "fleet-healer")
        self._do("mkdir", "-p", "/etc/healer/group_vars")
        self.host.write(KEY, self.host.private_key.read_text())
        self._do("chmod", "0600", KEY)
        self.host.write("/root/fleet_known_hosts", self.host.known_hosts.read_text())
        names = [f"{other.name} ansible_host={other.address}" for other in self.lab.hosts if other.name != self.host.name]
        common = ["ansible_user=root", f"ansible_ssh_private_key_file={KEY}", "known_hosts=/root/fleet_known_hosts"]
        self.host.write(INVENTORY, "\n".join(["[fleet]", *names, "", "[all:vars]", *common, ""]))

    def policy(self, text: str) -> None:
        """Write the variables of all hosts."""
        self.host.write("/etc/healer/group_vars/all.yml", text)

    def healer(self, *words: str, bare: bool = False) -> Answer:
        """Run a command there, as root without a terminal; `bare`: with an environment that holds nothing at all."""
        argv = [*(("env", "-i") if bare else ()), f"{HOME}/bin/healer", *words]
        done = self.host.run(argv, timeout=240)
        return shown(words, Answer(done.returncode, done.stdout.decode(), done.stderr.decode()))

    def _put_wheels(self, packages: Path) -> None:
        packed = subprocess.run(["tar", "-C", str(packages), "-c", "."], capture_output=True, check=True)
        done = self.host.run(["sh", "-c", "mkdir -p /root/wheels && tar -C /root/wheels -x"], packed.stdout)
        assert done.returncode == 0, done.stderr

    def _do(self, *argv: str) -> None:
        done = self.host.run(argv, timeout=300)
        assert done.returncode == 0, f"{argv}: {done.stderr.decode()[-2000:]}"
