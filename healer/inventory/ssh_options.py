"""What OpenSSH arguments in an inventory (`ansible_ssh_common_args`) mean for a login. Pure.

healer speaks SSH itself, so an argument either has a meaning here, or changes nothing that matters, or is refused: dropping one in
silence could mean another key, another way, or no check of the host's key.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

_WITHOUT_EFFECT = frozenset(
    {
        "batchmode",
        "compression",
        "controlmaster",
        "controlpath",
        "controlpersist",
        "hashknownhosts",
        "identitiesonly",
        "loglevel",
        "passwordauthentication",
        "preferredauthentications",
        "pubkeyauthentication",
        "serveralivecountmax",
        "serveraliveinterval",
        "tcpkeepalive",
    }
)
"""Options of ssh_config(5) that only tune the ssh program: healer offers one key, pings by itself and keeps one connection."""

_WITHOUT_EFFECT_WHEN_NO = frozenset(
    {"forwardagent", "forwardx11", "gssapiauthentication", "gssapidelegatecredentials", "kbdinteractiveauthentication"}
)
_FLAGS = {"-p": "Port", "-l": "User", "-i": "IdentityFile", "-J": "ProxyJump"}
_QUIET = frozenset({"-C", "-q", "-T", "-a", "-x"})
_FORWARD = ("%h:%p", "[%h]:%p")


@dataclass(frozen=True, slots=True)
class SshOptions:
    """What the arguments said; None where they said nothing. `proxy_jump` may be `none`; `known_hosts` is a list for shlex."""

    port: str | None = None
    user: str | None = None
    private_key: str | None = None
    certificate: str | None = None
    known_hosts: str | None = None
    host_key_policy: str | None = None
    proxy_jump: str | None = None
    connect_timeout: str | None = None


def parse(arguments: str) -> SshOptions:
    """Return what the arguments mean; of an option given twice the first counts, as in OpenSSH. Raises ValueError with the reason."""
    options = SshOptions()
    for keyword, value in _pairs(shlex.split(arguments)):
        key = keyword.lower()
        if key in _WITHOUT_EFFECT or (key in _WITHOUT_EFFECT_WHEN_NO and value.lower() == "no"):
            continue
        if key not in _MEANINGS:
            raise ValueError(f"the SSH option {keyword}={value} has no counterpart in healer")
        name, meaning = _MEANINGS[key]
        if getattr(options, name) is None:
            options = replace(options, **{name: meaning(value)})
    return options


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield option and value of every argument, `-p 22` as ("Port", "22")."""
    todo = iter(words)
    for word in todo:
        flag, rest = word[:2], word[2:]
        if word in _QUIET:
            continue
        if flag != "-o" and flag not in _FLAGS:
            raise ValueError(f"the SSH argument {word!r} has no counterpart in healer")
        value = rest or next(todo, "")
        if flag == "-o":
            keyword, _, value = value.replace("=", " ", 1).strip().partition(" ")
            yield keyword, value.strip().strip('"')
        else:
            yield _FLAGS[flag], value


def _host_key_policy(value: str) -> str:
    match value.lower():
        case "yes" | "ask" | "true":
            return "strict"
        case "accept-new":
            return "accept-new"
    raise ValueError(f"StrictHostKeyChecking={value}: healer has no way to go without checking a host's key; write accept-new")


def _known_hosts(value: str) -> str:
    if {"/dev/null", "none"} & set(shlex.split(value)):
        raise ValueError(f"UserKnownHostsFile={value}: healer has no way to go without known hosts")
    return _as_is(value)


def _jump_of_command(value: str) -> str:
    """Return the jump host of the one proxy command that everybody used before ProxyJump: `ssh [-q] [-p N] [-l U] -W %h:%p HOST`."""
    if value.lower() == "none":
        return "none"
    refusal = f"ProxyCommand={value}: only `ssh -W %h:%p HOST` is understood; write ProxyJump"
    words = shlex.split(value)
    if not words or PurePath(words[0]).name != "ssh":
        raise ValueError(refusal)
    given: dict[str, str] = {}
    places: list[str] = []
    todo = iter(words[1:])
    for word in todo:
        if word in {"-W", "-p", "-l"}:
            given[word] = next(todo, "")
        elif word not in _QUIET:
            places.append(word)
    if given.pop("-W", "") not in _FORWARD or len(places) != 1 or places[0].startswith("-"):
        raise ValueError(refusal)
    user, port = given.get("-l", ""), given.get("-p", "")
    return f"{user}{'@' if user else ''}{places[0]}{':' if port else ''}{port}"


def _as_is(value: str) -> str:
    if not value:
        raise ValueError("an SSH argument lacks its value")
    return value


_MEANINGS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "port": ("port", _as_is),
    "user": ("user", _as_is),
    "identityfile": ("private_key", _as_is),
    "certificatefile": ("certificate", _as_is),
    "userknownhostsfile": ("known_hosts", _known_hosts),
    "stricthostkeychecking": ("host_key_policy", _host_key_policy),
    "proxyjump": ("proxy_jump", _as_is),
    "proxycommand": ("proxy_jump", _jump_of_command),
    "connecttimeout": ("connect_timeout", _as_is),
}
