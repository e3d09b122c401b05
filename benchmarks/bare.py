"""The yardstick: the barest loop over paramiko that runs one script on many hosts. It checks no host key and bears no fault."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import paramiko


@dataclass(frozen=True, slots=True)
class Target:
    """Where a host listens."""

    address: str
    port: int = 22


class _Anybody(paramiko.MissingHostKeyPolicy):
    """Takes every host for what it says."""

    def missing_host_key(self, *_: object) -> None:
        """Say nothing."""


def run_everywhere(targets: Sequence[Target], key_file: str, script: bytes, threads: int) -> list[bytes]:
    """Run the script in `sh -s` as root on every host, so many at once, and return what each printed."""
    key = paramiko.PKey.from_path(key_file)
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda target: _run(target, key, script), targets))


def _run(target: Target, key: paramiko.PKey, script: bytes) -> bytes:
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(_Anybody())
    try:
        client.connect(target.address, target.port, "root", pkey=key, look_for_keys=False, allow_agent=False, timeout=30)
        stdin, stdout, _stderr = client.exec_command("sh -s")
        stdin.write(script)
        stdin.channel.shutdown_write()
        said: bytes = stdout.read()
        stdout.channel.recv_exit_status()
        return said
    finally:
        client.close()
