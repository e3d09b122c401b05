"""Where exactly a login goes: the inventory's word first, then the user's and the system's SSH configuration, then the defaults."""

import getpass
import glob
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from healer.model.errors import UnreachableError, UsageError
from healer.model.host import Login
from healer.model.secret import Secret

DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
POLICIES = ("strict", "accept-new")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One SSH server to log in to. Equal endpoints may share a connection. `name` is what known_hosts files call it.

    `jump` is a chain `user@host:port,...`, an inventory host, or empty. `key` is the one key file to offer, or empty.
    """

    host: str
    name: str
    address: str
    port: int
    user: str
    key: str = ""
    certificate: str = ""
    known_hosts: tuple[str, ...] = ()
    policy: str = "strict"
    jump: str = ""
    password: Secret | None = None
    allow_agent: bool = False
    connect_timeout: float = 15.0

    @property
    def where(self) -> str:
        """Return `address port N` for messages."""
        return f"{self.address} port {self.port}"


@dataclass(frozen=True, slots=True)
class Configured:
    """What the SSH configuration says of one name: keywords in small letters, each with all of its values in order."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def one(self, keyword: str) -> str:
        """Return the first value; `none` and no value are both empty."""
        first = next(iter(self.values.get(keyword, ())), "")
        return "" if first.lower() == "none" else first

    def files(self, keyword: str) -> tuple[str, ...]:
        """Return a list of files, which may stand on one line or on several."""
        return tuple(word for value in self.values.get(keyword, ()) for word in value.split() if word.lower() != "none")


def endpoint(login: Login, configured: Configured, home: Path) -> Endpoint:
    """Merge what the inventory and the configuration say. Raises UsageError or UnreachableError for what cannot be honoured."""
    if login.host_key_policy not in POLICIES:
        advice = f"Use one of: {', '.join(POLICIES)}. Host keys are always checked."
        raise UsageError(f"{login.host}: there is no host key policy {login.host_key_policy}.", advice=advice)
    _refuse_proxy_command(login, configured)
    address = configured.one("hostname") or login.address
    port = login.port or int(configured.one("port") or 22)
    user = login.user or configured.one("user") or getpass.getuser()
    tokens = {"%h": address, "%n": login.address, "%p": str(port), "%r": user, "%u": getpass.getuser(), "%d": str(home), "%%": "%"}
    key = login.private_key or _first_key(configured.values.get("identityfile", ()), tokens, home)
    return Endpoint(
        host=login.host,
        name=configured.one("hostkeyalias") or address,
        address=address,
        port=port,
        user=user,
        key=_path(key, tokens, home) if key else "",
        certificate=_path(login.certificate or configured.one("certificatefile"), tokens, home),
        known_hosts=tuple(_path(file, tokens, home) for file in login.known_hosts or _known_hosts(configured, home)),
        policy=login.host_key_policy,
        jump=_jump(login, configured),
        password=login.password,
        allow_agent=login.allow_agent,
        connect_timeout=_timeout(login, configured),
    )


def _refuse_proxy_command(login: Login, configured: Configured) -> None:
    if configured.one("proxycommand") and login.proxy_jump is None:
        message = f"The SSH configuration gives {login.address} a ProxyCommand, which healer does not run."
        raise UnreachableError(login.host, message, advice="Use ProxyJump, or set `ProxyCommand none` for this host.")


def _jump(login: Login, configured: Configured) -> str:
    chosen = configured.one("proxyjump") if login.proxy_jump is None else login.proxy_jump
    return "" if chosen.lower() == "none" else chosen


def _timeout(login: Login, configured: Configured) -> float:
    """Return the inventory's figure unless it is the default one and the configuration has its own."""
    default = Login(host="", address="").connect_timeout
    said = configured.one("connecttimeout")
    return float(said) if said.isdigit() and int(said) and login.connect_timeout == default else login.connect_timeout


def _known_hosts(configured: Configured, home: Path) -> tuple[str, ...]:
    users = configured.files("userknownhostsfile") or (str(home / ".ssh" / "known_hosts"),)
    return users + (configured.files("globalknownhostsfile") or ("/etc/ssh/ssh_known_hosts",))


def _first_key(named: Sequence[str], tokens: Mapping[str, str], home: Path) -> str:
    """Return the first key file that exists. `ssh -G` names all default keys when the configuration names none."""
    defaults = [str(home / ".ssh" / name) for name in DEFAULT_KEYS]
    files = [_path(file, tokens, home) for file in named]
    chosen = defaults if not files or set(defaults) <= set(files) else files
    return next((file for file in chosen if Path(file).is_file()), "")


def _path(text: str, tokens: Mapping[str, str], home: Path) -> str:
    """Expand the tokens of ssh_config(5) and a leading tilde."""
    expanded, rest = "", text
    while rest:
        piece = tokens.get(rest[:2], rest[:1])
        rest = rest[2:] if rest[:2] in tokens else rest[1:]
        expanded += piece
    return str(home / expanded[2:]) if expanded.startswith("~/") else expanded


def with_includes(file: Path, home: Path, depth: int = 16) -> str:
    """Return a configuration file with every Include put in its place (ssh_config(5)), for a parser that knows none."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "".join(_included(line, file, home, depth) for line in lines)


def _included(line: str, file: Path, home: Path, depth: int) -> str:
    words = line.replace("=", " ").split()
    if not words or words[0].lower() != "include" or depth <= 0:
        return line + "\n"
    base = home / ".ssh" if file.is_relative_to(home) else Path("/etc/ssh")
    paths = (base / _path(word.strip('"'), {}, home) for word in words[1:])
    return "".join(with_includes(Path(found), home, depth - 1) for path in paths for found in sorted(glob.glob(str(path))))  # noqa: PTH207 - absolute
