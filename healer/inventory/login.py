"""How each host is reached, from its variables and the settings. Pure: files that are named here are read elsewhere."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields

from healer.inventory.login_variables import LoginVariables
from healer.inventory.ssh_options import SshOptions, parse
from healer.model.host import Host, Login
from healer.model.secret import Secret

_CONNECTIONS: Mapping[str, str] = {"ssh": "ssh", "smart": "ssh", "paramiko": "ssh", "paramiko_ssh": "ssh", "local": "local"}
_POLICIES = ("strict", "accept-new")
_KEY_CHECKING = ("ansible_host_key_checking", "ansible_ssh_host_key_checking", "ansible_paramiko_host_key_checking")
_ONLY: Mapping[str, tuple[str, ...]] = {
    "ansible_become_method": ("sudo", "ansible.builtin.sudo"),
    "ansible_become_user": ("root",),
    "ansible_become_exe": ("sudo",),
    "ansible_become_flags": ("-H -S -n", "-H -S", "-n", "-H"),
    "ansible_ssh_executable": ("ssh", "/usr/bin/ssh"),
    "ansible_shell_type": ("sh",),
}
"""Variables of Ansible that healer can only keep at these values, because it has no other way."""

_NEVER: Mapping[str, str] = {
    "ansible_ssh_private_key": "holds a key; name a file with private_key",
    "ansible_ssh_private_key_passphrase": "holds a passphrase; load the key into an agent and set allow_agent",
    "ansible_private_key_passphrase": "holds a passphrase; load the key into an agent and set allow_agent",
    "ansible_paramiko_proxy_command": "cannot be used; write proxy_jump",
    "ansible_ssh_pkcs11_provider": "cannot be used; load the token into an agent and set allow_agent",
}


@dataclass(frozen=True, slots=True)
class LoginDefaults:
    """What holds for hosts whose variables say nothing: from settings and flags. `connect_timeout` is seconds."""

    user: str | None = None
    port: int | None = None
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


def login_of(host: Host, defaults: LoginDefaults, *, become_password: Secret | None = None) -> Login:
    """Return how the host is reached. A variable beats an SSH argument, that beats the default.

    The host's variables must be rendered. `become_password` is what the host's become_password_file held. Raises InventoryError that
    names host and variable for wrong types and for everything that healer could not honour.
    """
    variables = LoginVariables(host)
    _refuse_impossible(variables)
    options = _ssh_options(variables)
    user, address = _user_and_address(variables)
    return Login(
        host=host.name,
        address=address,
        port=_port(variables, options) or defaults.port,
        user=variables.text("user") or user or options.user or defaults.user,
        private_key=variables.text("private_key") or options.private_key or defaults.private_key,
        certificate=variables.text("certificate") or options.certificate or defaults.certificate,
        known_hosts=variables.texts("known_hosts") or tuple(shlex.split(options.known_hosts or "")) or defaults.known_hosts,
        host_key_policy=_policy(variables) or options.host_key_policy or defaults.host_key_policy,
        connection=_connection(variables) or defaults.connection,
        proxy_jump=variables.text("proxy_jump") or options.proxy_jump or defaults.proxy_jump,
        become=_first(variables.truth("become"), defaults.become),
        become_password=variables.secret("become_password") or become_password or defaults.become_password,
        password=variables.secret("password") or defaults.password,
        allow_agent=_first(variables.truth("allow_agent"), defaults.allow_agent),
        connect_timeout=_seconds(variables, options) or defaults.connect_timeout,
    )


def password_file_of(host: Host) -> str | None:
    """Return the file that holds the host's sudo password, or None. A password in the variables makes the file needless."""
    variables = LoginVariables(host)
    return None if variables.secret("become_password") else variables.text("become_password_file")


def _first(value: bool | None, default: bool) -> bool:
    return default if value is None else value


def _user_and_address(variables: LoginVariables) -> tuple[str | None, str]:
    user, at, address = (variables.text("address") or variables.host.name).rpartition("@")
    return (user, address) if at else (None, address)


def _port(variables: LoginVariables, options: SshOptions) -> int | None:
    text = variables.text("port")
    name = variables.name_of("port") if text is not None else "ansible_ssh_common_args"
    text = text if text is not None else options.port
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise variables.error(name, f"must be a port from 1 to 65535, not {text!r}")
    return int(text)


def _seconds(variables: LoginVariables, options: SshOptions) -> float | None:
    text = variables.text("connect_timeout") or options.connect_timeout
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text)):
        raise variables.error(variables.name_of("connect_timeout"), f"must be whole seconds above 0, not {text!r}")
    return float(text)


def _connection(variables: LoginVariables) -> str | None:
    text = variables.text("connection")
    if text is None:
        return None
    short = text.removeprefix("ansible.builtin.")
    if short not in _CONNECTIONS:
        raise variables.error(variables.name_of("connection"), f"is {text!r}; healer knows ssh and local")
    return _CONNECTIONS[short]


def _policy(variables: LoginVariables) -> str | None:
    text = variables.text("host_key_policy")
    if text is not None and text not in _POLICIES:
        raise variables.error("host_key_policy", f"must be strict or accept-new, not {text!r}")
    return text


def _ssh_options(variables: LoginVariables) -> SshOptions:
    """Return what all the SSH arguments say; of what they say twice the first counts, in Ansible's order."""
    merged: dict[str, str] = {}
    for name, text in variables.everything("ssh_arguments"):
        try:
            options = parse(text)
        except ValueError as error:
            raise variables.error(name, f"cannot be honoured: {error}") from error
        said = {field.name: getattr(options, field.name) for field in fields(options)}
        merged = {key: value for key, value in said.items() if value is not None} | merged
    return SshOptions(**merged)


def _refuse_impossible(variables: LoginVariables) -> None:
    for name, reason in _NEVER.items():
        if variables.value(name) is not None:
            raise variables.error(name, reason)
    for name, possible in _ONLY.items():
        value = variables.value(name)
        if value is not None and value not in possible:
            raise variables.error(name, f"is {value!r}; healer can only do {possible[0]!r}")
    for name in _KEY_CHECKING:
        value = variables.value(name)
        if value is not None and not variables.truth_of(name, value):
            raise variables.error(name, "switches the check of host keys off, which healer never does; write host_key_policy=accept-new")
