"""Asks the SSH configuration about a name: the OpenSSH client itself where there is one, because only it has the exact rules.

Without it paramiko's parser reads the same files; it knows no Include, which is put in beforehand.
"""

import shutil
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from paramiko import SSHConfig

from healer.model.errors import UnreachableError
from healer.model.host import Login
from healer.remote.endpoint import Configured, with_includes
from healer.remote.faults import Stage, translated

SYSTEM_FILE = Path("/etc/ssh/ssh_config")
ASK_TIMEOUT = 15.0


def configuration(login: Login, home: Path, file: str | None = None) -> Configured:
    """Return what the configuration says. `file` replaces the user's and the system's own (as `ssh -F`)."""
    if login.address.startswith("-"):
        raise UnreachableError(login.host, f"{login.address!r} is no address.", advice="Mend ansible_host in the inventory.")
    client = shutil.which("ssh")
    if client:
        return _ask_client(client, login, file)
    files = [Path(file)] if file else [home / ".ssh" / "config", SYSTEM_FILE]
    text = "\n".join(with_includes(path, home) + "\nMatch all" for path in files)
    with translated(login.host, Stage.CONFIG, login.address):
        found: Mapping[str, object] = SSHConfig.from_text(text).lookup(login.address)
    return Configured({key: tuple(value) if isinstance(value, list) else (str(value),) for key, value in found.items()})


def _ask_client(client: str, login: Login, file: str | None) -> Configured:
    options = [*(("-F", file) if file else ()), *(("-l", login.user) if login.user else ())]
    options += ["-p", str(login.port)] if login.port else []
    try:
        done = subprocess.run(
            [client, "-G", *options, "--", login.address], capture_output=True, stdin=subprocess.DEVNULL, timeout=ASK_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnreachableError(login.host, f"`ssh -G {login.address}` took longer than {ASK_TIMEOUT:g} s.") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise UnreachableError(login.host, f"The SSH configuration cannot be used: {said}.", advice=f"Try `ssh -G {login.address}`.")
    return parse_answer(done.stdout.decode("utf-8", "replace"))


def parse_answer(text: str) -> Configured:
    """Read the output of `ssh -G`: a keyword and its value on each line."""
    values: defaultdict[str, list[str]] = defaultdict(list)
    for line in text.splitlines():
        keyword, _, value = line.partition(" ")
        values[keyword].append(value)
    return Configured({keyword: tuple(found) for keyword, found in values.items()})
