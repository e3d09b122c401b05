"""Asks the SSH configuration about a name: the OpenSSH client itself where there is one, because only it has the exact rules.

Without it paramiko's parser reads the same files; it knows no Include, which is put in beforehand.
"""

import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

from paramiko import SSHConfig

from healer.model.errors import UnreachableError
from healer.model.host import Login
from healer.remote.endpoint import Configured, with_includes
from healer.remote.faults import Stage, translated

SYSTEM_FILE = Path("/etc/ssh/ssh_config")
ASK_TIMEOUT = 15.0
READ = re.compile(r"^debug1: Reading configuration data (.+?)\r?$", re.MULTILINE)
"""What `ssh -v` says of each file that it reads, included ones among them."""
BY_NAME = frozenset({"match", "hostname", "canonicalizehostname", "canonicaldomains"})


class Configuration:
    """What the configuration says, for a fleet: where no file tells names apart, the client is asked once instead of once a host."""

    def __init__(self, home: Path, file: str | None = None) -> None:
        """Ask nothing yet. `file` replaces the user's and the system's own (as `ssh -F`)."""
        self._home, self._file = home, file
        self._lock = Lock()
        self._common: Configured | None = None
        self._asked = False

    def of(self, login: Login) -> Configured:
        """Return what holds for this login. Threads may ask at once. Raises UnreachableError."""
        with self._lock:
            if not self._asked:
                self._common, self._asked = _for_all(self._file), True
        if self._common is None or login.address.startswith("-"):
            return configuration(login, self._home, self._file)
        name = login.address if ":" in login.address else login.address.lower()
        return Configured({**self._common.values, "hostname": (name,)})


def _for_all(file: str | None) -> Configured | None:
    """Return what the client says of every name alike, None when that depends on the name or cannot be known."""
    client = shutil.which("ssh")
    if client is None:
        return None
    try:
        done = _run([client, "-v", "-G", *(("-F", file) if file else ()), "--", "healer.invalid"])
        texts = [Path(name).read_text(encoding="utf-8", errors="replace") for name in READ.findall(done.stderr.decode("utf-8", "replace"))]
    except (subprocess.TimeoutExpired, OSError):
        return None
    if done.returncode != 0 or any(tells_names_apart(text) for text in texts):
        return None
    return parse_answer(done.stdout.decode("utf-8", "replace"))


def tells_names_apart(text: str) -> bool:
    """Say whether a configuration file may mean different things for different hosts. In doubt it does."""
    for line in text.splitlines():
        keyword, *values = line.replace("=", " ").replace('"', " ").split() or ["#"]
        if keyword.startswith("#"):
            continue
        if keyword.lower() in BY_NAME or "%" in line or (keyword.lower() == "host" and values != ["*"]):
            return True
    return False


def _run(argv: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=ASK_TIMEOUT, check=False)


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
        done = _run([client, "-G", *options, "--", login.address])
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
