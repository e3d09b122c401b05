"""A lab: real hosts on this machine, from one call, and gone after another."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Unpack

from healer.lab import dressing, golden, inventory, network, pool, register, server_process, teardown
from healer.lab.base import base_image, cache_folder
from healer.lab.dressing import Place
from healer.lab.machine import LabHost
from healer.lab.network import Wiring
from healer.lab.processes import start_time
from healer.lab.repository import Repository, native_architecture
from healer.lab.requirements import require
from healer.lab.server import LOCAL, PORT
from healer.lab.shell import Progress, run, silent
from healer.lab.sources import Archive
from healer.lab.wanted import Options, Wanted
from healer.model.errors import LabError


class Lab:
    """A running lab. Made by `up` or found by `load`."""

    def __init__(self, folder: Path, wiring: Wiring, wanted: Wanted) -> None:
        """Take what is written in the lab's folder; touches nothing."""
        self.folder, self.wiring, self.wanted = folder, wiring, wanted
        self.places = dressing.places(wiring, wanted.hosts, wanted.behind_jump)
        self.hosts = tuple(self._host(place) for place in self.places)
        pool_folder = folder / "pool" / "golden"
        library = next(iter(sorted(pool_folder.glob("usr/lib/*/libz.so.1"))), pool_folder / "usr/lib/libz.so.1")
        program = pool_folder / "usr/bin/sleep"
        self.repository = Repository(folder / "repository", folder / "repository.key", native_architecture(), library, program)

    @classmethod
    def up(
        cls,
        hosts: int = 4,
        *,
        directory: Path,
        name: str = "lab",
        temporary: bool = False,
        progress: Progress = silent,
        **options: Unpack[Options],
    ) -> "Lab":
        """Build a lab in `directory`/lab/`name` and wait until every host has booted.

        For the options see Wanted. A `temporary` lab counts as a leftover for `sweep` when the calling process is gone. A
        failure half-way or an interrupt removes everything again. Raises LabError, also when a lab of that name is up.
        """
        wanted = Wanted(hosts=hosts, **options)
        source = require()
        folder = register.lab_folder(directory, name)
        with _claimed(folder, name, temporary=temporary):
            return _build(folder, wanted, source, progress)

    @classmethod
    def load(cls, folder: Path) -> "Lab":
        """Return the lab in a folder as another process made it. Raises LabError when none is up there."""
        entry = register.find(folder)
        if entry is None or not entry.ready:
            raise LabError(f"No lab is up in {folder}.", advice="Start one with `healer lab up`.")
        known = json.loads((folder / "lab.json").read_text())
        lists = {key: tuple(value) for key, value in known["wanted"].items() if isinstance(value, list)}
        return cls(folder.resolve(), Wiring(**known["wiring"]), Wanted(**(known["wanted"] | lists)))

    @property
    def inventory(self) -> Path:
        """Return the inventory file to give to `healer -i`."""
        return self.folder / "inventory.ini"

    @property
    def ssh_config(self) -> Path:
        """Return the file to give to `ssh -F`; jump hosts and keys are in it."""
        return self.folder / "ssh_config"

    @property
    def sudo_password(self) -> str:
        """Return the password that sudo asks of user `opspw`. It is good for this lab only."""
        return (self.folder / "opspw.password").read_text().strip()

    def host(self, name: str) -> LabHost:
        """Return the host of that name. Raises LabError when there is none."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise LabError(f"There is no host {name} in this lab; there are {', '.join(host.name for host in self.hosts)}.")

    def publish(self, package: str, version: str, *, pocket: str = "security", seconds: int = 20) -> None:
        """Put a demo package into the lab's repository; `seconds` is how long healer-demo-slow takes to configure."""
        self.repository.publish(package, version, pocket=pocket, seconds=seconds)

    def refresh(self) -> None:
        """Run `apt-get update` on every running host, as a test's own preparation."""
        for host in self.hosts:
            if host.running():
                done = host.run(["apt-get", "-q", "update", "-o", "APT::Update::Error-Mode=any"])
                if done.returncode:
                    raise LabError(f"{host.name}: apt-get update failed: {done.stderr.decode()[-400:]}")

    def down(self) -> None:
        """Remove the lab and everything that it left on this machine. May be repeated."""
        teardown.take_down(self.folder)

    @staticmethod
    def sweep() -> list[str]:
        """Remove what earlier runs left behind (see teardown.sweep); return the folders."""
        return teardown.sweep()

    def _host(self, place: Place) -> LabHost:
        is_jump = place.number == 1 and self.wanted.behind_jump > 0
        return LabHost(
            name=place.name,
            address=place.address,
            lab=self.wiring.lab,
            folder=self.folder,
            bridge=self.wiring.inner_bridge if place.behind_jump else self.wiring.bridge,
            behind_jump=place.behind_jump,
            second_link=(self.wiring.jump_link, self.wiring.inner_bridge) if is_jump else ("", ""),
            log_disk=self.wanted.var_log_mb is not None,
        )


@contextmanager
def _claimed(folder: Path, name: str, *, temporary: bool) -> Iterator[None]:
    """Enter the lab into the register while it is built; whatever goes wrong takes everything down again."""
    known = register.find(folder)
    if known is not None and known not in register.leftovers():
        raise LabError(f"The lab {name} is up already in {folder}.", advice="Use it, or remove it with `healer lab down`.")
    teardown.take_down(folder)
    owner = os.getpid()
    entry = register.Entry(register.lab_id(folder), name, str(folder), owner, start_time(owner) or 0, temporary)
    register.enter(entry)
    try:
        yield
        register.enter(replace(entry, ready=True))
    except BaseException:
        teardown.take_down(folder)
        raise


def _build(folder: Path, wanted: Wanted, archive: Archive, progress: Progress) -> Lab:
    """Make a lab, top to bottom: image, disk, wires, repository, server, golden image, hosts, boots."""
    base = base_image(archive, wanted.extra_packages, cache_folder(), progress)
    progress("unpacking the image")
    teardown.mark(folder)
    pool.create(folder / "pool.img", folder / "pool", wanted.size_gb)
    pool.unpack(base, folder / "pool/golden")
    wiring = network.bring_up(register.lab_id(folder))
    (folder / "lab.json").write_text(json.dumps({"wiring": asdict(wiring), "wanted": asdict(wanted)}))
    lab = Lab(folder, wiring, wanted)
    progress("making keys and the lab's own package repository")
    _make_keys(folder)
    lab.repository.create()
    for package in wanted.installed:
        name, _equals, version = package.partition("=")
        lab.publish(name, version or "1.0", pocket="stable")
    server_process.start(folder, wiring.gateway, lab.repository.folder)
    progress(f"preparing the hosts' image (archive: {wanted.archive})")
    golden.prepare(wiring.lab, folder / "pool/golden", _preparation(lab, archive))
    _make_hosts(lab)
    progress(f"booting {wanted.hosts} hosts")
    for host in lab.hosts:
        host.launch()
    for host in lab.hosts:
        host.wait_ready()
    _check_way_out(lab)
    return lab


def _check_way_out(lab: Lab) -> None:
    """Raise LabError when hosts cannot reach the lab's server, which a firewall on this machine can bring about."""
    url = f"http://{lab.wiring.gateway}:{PORT}/{LOCAL}/dists/stable/InRelease"
    done = lab.hosts[0].run(["curl", "--silent", "--show-error", "--fail", "--max-time", "5", "--output", "/dev/null", url])
    if done.returncode:
        raise LabError(
            f"h1 cannot reach the lab's server at {lab.wiring.gateway}:{PORT}: {done.stderr.decode().strip()}",
            advice="If this machine has a firewall, let it accept what comes in from links named hl*.",
        )


def _make_keys(folder: Path) -> None:
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "healer-lab", "-f", str(folder / "id_ed25519")])
    password = folder / "opspw.password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(15) + "\n")


def _preparation(lab: Lab, archive: Archive) -> golden.Preparation:
    return golden.Preparation(
        gateway=lab.wiring.gateway,
        source_lines=(*golden.source_lines(archive, lab.wanted.archive), *lab.repository.source_lines),
        keyring=lab.repository.keyring.read_bytes(),
        public_key=(lab.folder / "id_ed25519.pub").read_text().strip(),
        password=lab.sudo_password,
        installed=tuple(package.partition("=")[0] for package in lab.wanted.installed),
    )


def _make_hosts(lab: Lab) -> None:
    """Snapshot, dress and describe every host."""
    keys: dict[str, str] = {}
    pool_folder = lab.folder / "pool"
    for place in lab.places:
        pool.snapshot(pool_folder / "golden", pool_folder / place.name)
        keys[place.name] = dressing.dress(pool_folder / place.name, place, lab.places, lab.wiring)
        if lab.wanted.var_log_mb is not None:
            logs = lab.folder / "logs"
            content = pool_folder / place.name / "var/log"
            pool.small_disk(
                content, lab.folder / f"{place.name}-log.img", logs / place.name, lab.wanted.var_log_mb, lab.wanted.var_log_inodes
            )
    (lab.folder / "known_hosts").write_text(inventory.known_hosts(lab.hosts, keys))
    lab.inventory.write_text(inventory.inventory(lab.hosts, lab.folder))
    lab.ssh_config.write_text(inventory.ssh_config(lab.hosts, lab.folder))
