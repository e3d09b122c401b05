"""The files by which others reach a lab's hosts: an inventory, known_hosts and an ssh_config(5)."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from healer.lab.machine import LabHost


def known_hosts(hosts: Iterable[LabHost], keys: Mapping[str, str]) -> str:
    """Return sshd(8) known_hosts lines, from the keys that were put into the hosts, not from asking the network."""
    return "".join(f"{host.address} {keys[host.name]}\n" for host in hosts)


def inventory(hosts: tuple[LabHost, ...], folder: Path) -> str:
    """Return an Ansible INI inventory. Hosts behind the jump host are in their own group, whose variables say the way."""
    inner = [host for host in hosts if host.behind_jump]
    lines = ["[lab]", *(f"{host.name} ansible_host={host.address}" for host in hosts), ""]
    if inner:
        lines += ["[inner]", *(host.name for host in inner), "", "[inner:vars]", f"proxy_jump={hosts[0].name}", ""]
    lines += [
        "[lab:vars]",
        "ansible_user=root",
        f"ansible_ssh_private_key_file={folder / 'id_ed25519'}",
        f"known_hosts={folder / 'known_hosts'}",
    ]
    return "\n".join(lines) + "\n"


def ssh_config(hosts: tuple[LabHost, ...], folder: Path) -> str:
    """Return a configuration for `ssh -F FILE NAME`. Unknown host keys are refused; no other key is offered."""
    blocks = []
    for host in hosts:
        block = [f"Host {host.name}", f"  HostName {host.address}"]
        blocks += [*block, f"  ProxyJump {hosts[0].name}"] if host.behind_jump else block
    common = [
        "Host *",
        "  User root",
        f'  IdentityFile "{folder / "id_ed25519"}"',
        "  IdentitiesOnly yes",
        f'  UserKnownHostsFile "{folder / "known_hosts"}"',
        "  GlobalKnownHostsFile /dev/null",
        "  StrictHostKeyChecking yes",
        "  LogLevel ERROR",
    ]
    return "\n".join([*blocks, *common]) + "\n"
