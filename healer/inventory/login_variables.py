"""Reads the variables that say how a host is reached: aliases, types, and refusals that name host and variable. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from healer.model.errors import InventoryError
from healer.model.host import Host, Value
from healer.model.secret import Secret

ALIASES: Mapping[str, tuple[str, ...]] = {
    "address": ("ansible_ssh_host", "ansible_host", "address"),
    "port": ("ansible_ssh_port", "ansible_port", "port"),
    "user": ("ansible_ssh_user", "ansible_user", "user"),
    "private_key": ("ansible_ssh_private_key_file", "ansible_private_key_file", "private_key"),
    "certificate": ("certificate",),
    "known_hosts": ("known_hosts",),
    "host_key_policy": ("host_key_policy",),
    "connection": ("ansible_connection", "connection"),
    "proxy_jump": ("proxy_jump",),
    "become": ("ansible_become", "become"),
    "become_password": ("ansible_become_password", "ansible_become_pass", "ansible_sudo_pass", "become_password"),
    "become_password_file": ("become_password_file",),
    "password": ("ansible_ssh_password", "ansible_ssh_pass", "ansible_password"),
    "allow_agent": ("allow_agent",),
    "connect_timeout": ("ansible_ssh_timeout", "ansible_timeout", "connect_timeout"),
    "ssh_arguments": ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"),
}
"""The variables of each part of a login. The first that is set counts (of `ssh_arguments` all): Ansible's names come before healer's own,
because `port` and `user` often mean the application's in inventories that were written for Ansible. A plain `password` is not taken at all:
it would send an application's password to sshd."""

_TRUE, _FALSE = frozenset({"yes", "true", "on", "1", "y", "t"}), frozenset({"no", "false", "off", "0", "n", "f"})


@dataclass(frozen=True, slots=True)
class LoginVariables:
    """A host's login variables, read with their types. Every method raises InventoryError that names host and variable."""

    host: Host

    def text(self, part: str) -> str | None:
        """Return a text; whole numbers count as text because INI files make numbers of digits."""
        name, value = self._find(part)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise self.error(name, f"must be text, not {value!r}; put it into quotes")
        return str(value)

    def secret(self, part: str) -> Secret | None:
        """Return a secret; the refusal does not show the value."""
        name, value = self._find(part)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise self.error(name, "must be text; put it into quotes")
        return Secret(str(value))

    def truth(self, part: str) -> bool | None:
        """Return a truth value in any of Ansible's spellings."""
        name, value = self._find(part)
        return None if value is None else self.truth_of(name, value)

    def truth_of(self, name: str, value: Value) -> bool:
        """Return what the variable's value says."""
        word = str(value).lower()
        if word not in _TRUE | _FALSE:
            raise self.error(name, f"must be yes or no, not {value!r}")
        return word in _TRUE

    def texts(self, part: str) -> tuple[str, ...] | None:
        """Return one text or a list of texts."""
        name, value = self._find(part)
        if value is None:
            return None
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) and text for text in texts):
            raise self.error(name, f"must be a text or a list of texts, not {value!r}")
        return tuple(texts)

    def everything(self, part: str) -> tuple[tuple[str, str], ...]:
        """Return all variables of a part that are set, with their names."""
        found = [(name, self._value(name)) for name in ALIASES[part]]
        for name, value in found:
            if value is not None and not isinstance(value, str):
                raise self.error(name, f"must be text, not {value!r}")
        return tuple((name, value) for name, value in found if isinstance(value, str))

    def name_of(self, part: str) -> str:
        """Return the name of the variable that counts for a part, for messages."""
        return self._find(part)[0]

    def value(self, name: str) -> Value:
        """Return one variable's value; None when it is not set or empty."""
        return self._value(name)

    def error(self, name: str, reason: str) -> InventoryError:
        """Return a refusal that names host and variable."""
        return InventoryError(f"{self.host.name}: the variable {name} {reason}.")

    def _find(self, part: str) -> tuple[str, Value]:
        for name in ALIASES[part]:
            value = self._value(name)
            if value is not None:
                return name, value
        return ALIASES[part][-1], None

    def _value(self, name: str) -> Value:
        value = self.host.variables.get(name)
        if isinstance(value, str) and ("{{" in value or "{%" in value):
            raise self.error(name, "is a template that was not rendered")
        return None if value == "" else value
