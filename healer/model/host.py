"""Who: hosts, groups and the resolved inventory. Variables are merged before a Host is made; nothing changes afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from healer.model.secret import Secret

Value = object
"""A variable's value, JSON-shaped: None, bool, int, float, str, date, list, dict."""


def frozen(mapping: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return a read-only copy of the outermost level."""
    return MappingProxyType(dict(mapping))


@dataclass(frozen=True, slots=True)
class Host:
    """One server. `groups` are all groups that it belongs to, parents included, without `all`, sorted by name."""

    name: str
    variables: Mapping[str, Value] = field(default_factory=dict)
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A named set. `hosts` and `children` are the direct ones, in order of appearance; variables are the group's own."""

    name: str
    hosts: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    variables: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that was read from the inventory sources, in order of appearance. `all` and `ungrouped` always exist.

    `notes` are things that people should be told and that are no reason to refuse, each with its place.
    """

    hosts: Mapping[str, Host]
    groups: Mapping[str, Group]
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def members(self, group: str) -> tuple[str, ...]:
        """Return the names of a group's hosts, children's included, each once.

        Order is Ansible's: the group's own hosts first, then its children's, then theirs, level by level.
        """
        seen: dict[str, None] = {}
        visited: dict[str, None] = {}
        level = [group]
        while level:
            fresh = [name for name in dict.fromkeys(level) if name in self.groups and name not in visited]
            visited.update(dict.fromkeys(fresh))
            seen.update(dict.fromkeys(host for name in fresh for host in self.groups[name].hosts))
            level = [child for name in fresh for child in self.groups[name].children]
        return tuple(seen)


@dataclass(frozen=True, slots=True)
class Login:
    """How one host is reached, resolved from variables, settings and flags. Times are seconds.

    `connection` is `ssh` or `local`. `known_hosts` empty means the user's and the system's files.
    `proxy_jump` is a chain `user@host:port,...` or the name of an inventory host; None means "as ~/.ssh/config says".
    """

    host: str
    address: str
    port: int | None = None
    user: str | None = None
    private_key: str | None = None
    certificate: str | None = None
    known_hosts: tuple[str, ...] = ()
    host_key_policy: str = "strict"
    connection: str = "ssh"
    proxy_jump: str | None = None
    become: bool = False
    become_password: Secret | None = None
    password: Secret | None = None
    allow_agent: bool = False
    connect_timeout: float = 15.0
