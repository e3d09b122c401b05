"""How a host is reached: Ansible's variables and healer's own names mean the same, and nothing is dropped in silence."""

import os
from pathlib import Path
from typing import Any

import pytest

from healer.inventory.login import LoginDefaults, login_of, password_file_of
from healer.inventory.password_file import read_password_file
from healer.model.errors import InputError, InventoryError
from healer.model.host import Host, Login
from healer.model.secret import Secret


def login(defaults: LoginDefaults | None = None, /, **variables: Any) -> Login:
    """Return the login of a host with these variables."""
    return login_of(Host("web1", variables), defaults or LoginDefaults())


def test_a_bare_host_is_reached_by_its_name() -> None:
    """Without variables everything comes from the defaults, and host keys are checked strictly."""
    assert Login("web1", "web1", host_key_policy="strict", connection="ssh", connect_timeout=15.0) == login()


@pytest.mark.parametrize(
    ("variable", "value", "part", "expected"),
    [
        ("ansible_host", "10.0.0.1", "address", "10.0.0.1"),
        ("ansible_ssh_host", "10.0.0.1", "address", "10.0.0.1"),
        ("address", "10.0.0.1", "address", "10.0.0.1"),
        ("ansible_port", 2222, "port", 2222),
        ("ansible_port", "2222", "port", 2222),
        ("port", 2222, "port", 2222),
        ("ansible_user", "deploy", "user", "deploy"),
        ("ansible_user", 1000, "user", "1000"),
        ("ansible_ssh_user", "deploy", "user", "deploy"),
        ("user", "deploy", "user", "deploy"),
        ("ansible_ssh_private_key_file", "~/k", "private_key", "~/k"),
        ("ansible_private_key_file", "~/k", "private_key", "~/k"),
        ("private_key", "~/k", "private_key", "~/k"),
        ("certificate", "~/c", "certificate", "~/c"),
        ("ansible_connection", "local", "connection", "local"),
        ("ansible_connection", "ansible.builtin.ssh", "connection", "ssh"),
        ("ansible_connection", "smart", "connection", "ssh"),
        ("ansible_connection", "paramiko", "connection", "ssh"),
        ("connection", "local", "connection", "local"),
        ("ansible_become", True, "become", True),
        ("ansible_become", "yes", "become", True),
        ("become", "no", "become", False),
        ("become", 1, "become", True),
        ("ansible_become_password", "s", "become_password", Secret("s")),
        ("ansible_become_pass", 1234, "become_password", Secret("1234")),
        ("become_password", "s", "become_password", Secret("s")),
        ("ansible_password", "s", "password", Secret("s")),
        ("ansible_ssh_pass", "s", "password", Secret("s")),
        ("known_hosts", "/a", "known_hosts", ("/a",)),
        ("known_hosts", ["/a", "/b"], "known_hosts", ("/a", "/b")),
        ("host_key_policy", "accept-new", "host_key_policy", "accept-new"),
        ("proxy_jump", "jump1", "proxy_jump", "jump1"),
        ("allow_agent", "yes", "allow_agent", True),
        ("ansible_timeout", 30, "connect_timeout", 30.0),
        ("connect_timeout", "5", "connect_timeout", 5.0),
        ("ansible_ssh_common_args", "-o ProxyJump=u@j:22", "proxy_jump", "u@j:22"),
        ("ansible_ssh_common_args", "-J j1,j2", "proxy_jump", "j1,j2"),
        ("ansible_ssh_common_args", "-Jj", "proxy_jump", "j"),
        ("ansible_ssh_common_args", '-o ProxyCommand="ssh -W %h:%p -q u@bastion"', "proxy_jump", "u@bastion"),
        ("ansible_ssh_common_args", "-o ProxyCommand='ssh -p 2200 -l u -W %h:%p bastion'", "proxy_jump", "u@bastion:2200"),
        ("ansible_ssh_common_args", "-o ProxyCommand=none", "proxy_jump", "none"),
        ("ansible_ssh_extra_args", "-p 2022", "port", 2022),
        ("ansible_ssh_extra_args", "-l root", "user", "root"),
        ("ansible_ssh_extra_args", "-i /k", "private_key", "/k"),
        ("ansible_ssh_extra_args", "-o 'CertificateFile /c'", "certificate", "/c"),
        ("ansible_ssh_args", "-o UserKnownHostsFile='/a /b'", "known_hosts", ("/a", "/b")),
        ("ansible_ssh_args", "-oStrictHostKeyChecking=accept-new", "host_key_policy", "accept-new"),
        ("ansible_ssh_args", "-o StrictHostKeyChecking=yes", "host_key_policy", "strict"),
        ("ansible_ssh_args", "-o ConnectTimeout=7", "connect_timeout", 7.0),
        ("ansible_ssh_args", "-C -o ControlMaster=auto -o ControlPersist=60s -o ForwardAgent=no", "port", None),
        ("ansible_host_key_checking", True, "host_key_policy", "strict"),
        ("ansible_become_method", "sudo", "become", False),
        ("ansible_user", "", "user", None),
        ("ansible_python_interpreter", "/usr/bin/python3", "user", None),
        ("password", "of-an-application", "password", None),
    ],
)
def test_a_variable_sets_its_part_of_the_login(variable: str, value: Any, part: str, expected: Any) -> None:
    """Each alias means one part of the login, whatever type the inventory format gave it."""
    assert expected == getattr(login(**{variable: value}), part)


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("ansible_port", "abc", "must be a port from 1 to 65535, not 'abc'"),
        ("ansible_port", 0, "must be a port"),
        ("port", 70000, "must be a port"),
        ("ansible_port", 22.5, "must be text"),
        ("ansible_host", ["a"], "must be text"),
        ("ansible_user", True, "must be text"),
        ("ansible_connection", "winrm", "healer knows ssh and local"),
        ("ansible_connection", "docker", "healer knows ssh and local"),
        ("ansible_become", "maybe", "must be yes or no"),
        ("ansible_become_method", "su", "healer can only do 'sudo'"),
        ("ansible_become_user", "postgres", "healer can only do 'root'"),
        ("ansible_become_password", 1.5, "must be text; put it into quotes"),
        ("known_hosts", 5, "must be a text or a list of texts"),
        ("known_hosts", ["a", 1], "must be a text or a list of texts"),
        ("host_key_policy", "off", "must be strict or accept-new"),
        ("connect_timeout", "soon", "whole seconds"),
        ("connect_timeout", 0, "whole seconds"),
        ("ansible_ssh_common_args", "-o StrictHostKeyChecking=no", "no way to go without checking"),
        ("ansible_ssh_common_args", "-o UserKnownHostsFile=/dev/null", "no way to go without known hosts"),
        ("ansible_ssh_common_args", "-o ProxyCommand='nc %h %p'", "only `ssh -W %h:%p HOST`"),
        ("ansible_ssh_common_args", "-o ProxyCommand='ssh -i /k -W %h:%p j'", "only `ssh -W %h:%p HOST`"),
        ("ansible_ssh_common_args", "-o Ciphers=arcfour", "Ciphers=arcfour has no counterpart"),
        ("ansible_ssh_common_args", "-o ForwardAgent=yes", "ForwardAgent=yes has no counterpart"),
        ("ansible_ssh_common_args", "-F /etc/x", "'-F' has no counterpart"),
        ("ansible_ssh_common_args", "-J", "lacks its value"),
        ("ansible_ssh_common_args", "-o 'x", "No closing quotation"),
        ("ansible_ssh_common_args", "-o Port=x", "must be a port"),
        ("ansible_ssh_common_args", ["-J", "x"], "must be text"),
        ("ansible_host_key_checking", False, "never does"),
        ("ansible_ssh_host_key_checking", "no", "never does"),
        ("ansible_ssh_private_key_passphrase", "s", "load the key into an agent"),
        ("ansible_host", "{{ ip }}", "template that was not rendered"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(variable: str, value: Any, reason: str) -> None:
    """A wrong type or an impossible wish names host and variable."""
    with pytest.raises(InventoryError) as caught:
        login(**{variable: value})
    assert f"web1: the variable {variable} " in str(caught.value)
    assert reason in str(caught.value)


def test_a_refused_password_is_not_shown() -> None:
    """Error messages end up in logs."""
    with pytest.raises(InventoryError) as caught:
        login(ansible_password=1.2345)
    assert "1.2345" not in str(caught.value)


def test_ansible_names_come_before_plain_ones() -> None:
    """`port` and `user` often mean the application's where Ansible's names are used."""
    both = login(port=8080, ansible_port=22, user="app", ansible_user="root")
    assert (both.port, both.user) == (22, "root")


def test_a_variable_beats_an_argument_and_that_beats_the_default() -> None:
    """The nearer to the host, the stronger."""
    defaults = LoginDefaults(port=1, user="a", proxy_jump="d")
    seen = login(defaults, ansible_port=3, ansible_ssh_common_args="-p 2 -l b")
    assert (seen.port, seen.user, seen.proxy_jump) == (3, "b", "d")


def test_the_first_of_two_arguments_counts() -> None:
    """OpenSSH takes the first value that it is given."""
    assert login(ansible_ssh_args="-p 1 -p 2", ansible_ssh_extra_args="-p 3").port == 1


def test_a_user_may_stand_before_the_address() -> None:
    """`deploy@10.0.0.1` is understood as ssh understands it, and a variable beats it."""
    seen = login(ansible_host="deploy@10.0.0.1")
    assert (seen.user, seen.address) == ("deploy", "10.0.0.1")
    assert login(ansible_host="deploy@10.0.0.1", ansible_user="root").user == "root"


def test_the_password_file_is_named_only_where_it_is_needed() -> None:
    """A password in the variables makes the file needless."""
    assert password_file_of(Host("a", {"become_password_file": "/p"})) == "/p"
    assert None is password_file_of(Host("a", {"become_password_file": "/p", "become_password": "x"}))
    assert Secret("f") == login_of(Host("a"), LoginDefaults(become_password=Secret("d")), become_password=Secret("f")).become_password


def test_a_password_file_gives_its_first_line(tmp_path: Path) -> None:
    """Editors end files with a newline, which is no part of the password."""
    path = tmp_path / "p"
    path.write_text("se cret\nrest\n")
    path.chmod(0o600)
    assert Secret("se cret") == read_password_file(str(path))


@pytest.mark.parametrize(("mode", "content", "reason"), [(0o640, "x", "chmod 600"), (0o604, "x", "chmod 600"), (0o600, "\n", "is empty")])
def test_a_password_file_that_others_may_read_is_refused(mode: int, content: str, reason: str, tmp_path: Path) -> None:
    """A password that others can read is no password."""
    path = tmp_path / "p"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(InputError, match=reason):
        read_password_file(str(path))


def test_a_password_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The refusal names the path."""
    with pytest.raises(InputError, match="gone: the password file cannot be read"):
        read_password_file(str(tmp_path / "gone"))


def test_a_password_file_of_a_stranger_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of somebody else may be changed by somebody else."""
    path = tmp_path / "p"
    path.write_text("x")
    path.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(path, 4243, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(InputError, match="neither root nor you"):
        read_password_file(str(path))
