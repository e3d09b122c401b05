"""Looking at lab hosts: healer beside a bare paramiko loop with the same script, ansible's setup module and pyinfra's facts.

python -m benchmarks.observe --hosts 20 --rounds 5 --pyinfra /path/to/pyinfra
"""

import argparse
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks import labs
from benchmarks.bare import Target
from benchmarks.measuring import Contestants, command, measured, rounds, table
from benchmarks.observing import by_bare_loop, by_healer
from healer.lab.lab import Lab
from healer.lab.wanted import INSTALLED
from healer.observe.collect import all_facts

PYINFRA_FACTS = ("server.LinuxName", "server.Kernel", "server.Mounts", "deb.DebPackages", "systemd.SystemdStatus")
BARE = "bare loop"


def main() -> None:
    """Measure and print."""
    options = _options()
    all_facts()
    extra = () if options.only_bare else labs.FOR_ANSIBLE
    with labs.hosts(options.hosts, options.lab, installed=INSTALLED, extra=extra) as lab, tempfile.TemporaryDirectory() as folder:
        samples = rounds(options.rounds, _contestants(lab, options, Path(folder)))
    print(f"\n{len(lab.hosts)} hosts, {options.forks} at once, medians of {options.rounds} rounds\n\n{table(samples, BARE)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=20, help="hosts of the lab that is brought up")
    parser.add_argument("--lab", type=Path, help="folder of a lab that is up; it stays up")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--forks", type=int, default=20, help="how many hosts each contestant talks to at once")
    parser.add_argument("--pyinfra", type=Path, help="the pyinfra program, of a virtual environment of its own")
    parser.add_argument("--only-bare", action="store_true", help="leave the other tools and the whole command out")
    return parser.parse_args()


def _contestants(lab: Lab, options: argparse.Namespace, folder: Path) -> Contestants:
    targets = [Target(host.address, host.port) for host in lab.hosts]
    found = {
        BARE: partial(measured, partial(by_bare_loop, targets, str(lab.hosts[0].private_key), options.forks)),
        "healer": partial(measured, partial(by_healer, lab.inventory, options.forks)),
    }
    return found if options.only_bare else {**found, **_commands(lab, options, folder)}


def _commands(lab: Lab, options: argparse.Namespace, folder: Path) -> Contestants:
    """Return whole commands, start-up counted: `healer status` and the other tools."""
    forks, inventory = str(options.forks), str(lab.inventory)
    programs = Path(sys.executable).parent
    ansible = {
        "ANSIBLE_SSH_ARGS": f"-o UserKnownHostsFile={lab.hosts[0].known_hosts} -o ControlPersist=no",
        "ANSIBLE_LOCAL_TEMP": str(folder),
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
        "HOME": str(folder),
    }
    healer = [sys.executable, "-m", "healer", "status", "-i", inventory, "--forks", forks]
    setup = [str(programs / "ansible"), "all", "-i", inventory, "-m", "setup", "--forks", forks]
    found = {
        "`healer status`": partial(command, healer, {"HEALER_STATE_DIR": str(folder / "state")}),
        "`ansible -m setup`": partial(command, setup, ansible),
    }
    if options.pyinfra is None or not os.access(options.pyinfra, os.X_OK):
        print("pyinfra is left out: no program was given with --pyinfra")
        return found
    known = folder / "inventory.py"
    known.write_text(_pyinfra_inventory(lab))
    asked = [str(options.pyinfra), "--parallel", forks, str(known), "fact", *PYINFRA_FACTS]
    return {**found, "`pyinfra fact` (5 facts)": partial(command, asked, {"HOME": str(folder)})}


def _pyinfra_inventory(lab: Lab) -> str:
    data = {
        "ssh_user": "root",
        "ssh_key": str(lab.hosts[0].private_key),
        "ssh_known_hosts_file": str(lab.hosts[0].known_hosts),
        "ssh_strict_host_key_checking": "yes",
    }
    return f"hosts = ({[host.address for host in lab.hosts]!r}, {data!r})\n"


if __name__ == "__main__":
    main()
