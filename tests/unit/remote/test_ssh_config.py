"""One answer of the SSH client for a whole fleet: only where its configuration cannot tell one name from another."""

from pathlib import Path

import pytest

from healer.model.host import Login
from healer.remote.ssh_config import Configuration, configuration, tells_names_apart

ALIKE = "# Host web1\n\nHost *\n    SendEnv LANG LC_*\n  ForwardAgent=no\n"


def counting_client(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a client first in PATH that notes each call and hands it on to the real one; return where it notes."""
    calls = folder / "calls"
    program = folder / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$*" >>{calls}\nexec /usr/bin/ssh "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return calls


@pytest.mark.parametrize(
    "text",
    [
        "Host web1\n  User x\n",
        "host = web*\n",
        "Host * !web1\n",
        "Match all\n",
        "HostName 192.0.2.1\n",
        "IdentityFile ~/.ssh/%h\n",
        "CanonicalizeHostname yes\n",
    ],
)
def test_what_depends_on_the_name(text: str) -> None:
    """A file that names hosts, matches, or uses tokens may mean something else for each host."""
    assert tells_names_apart(ALIKE + text)


def test_what_holds_for_every_name() -> None:
    """Options for all hosts, comments and empty lines tell nobody apart."""
    assert not tells_names_apart(ALIKE)


def test_the_client_is_asked_once_for_a_fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no file tells names apart one call serves every host, and each gets what it would have got by itself."""
    calls = counting_client(tmp_path, monkeypatch)
    (tmp_path / "more").write_text("User deploy\n")
    (tmp_path / "config").write_text(f"Include {tmp_path}/more\nHost *\n  Port 2200\n")
    shared = Configuration(tmp_path, str(tmp_path / "config"))
    found = {name: shared.of(Login(name, name)) for name in ("web1", "WEB2")}
    assert 1 == len(calls.read_text().splitlines())
    keywords = ("hostname", "port", "user", "identityfile", "userknownhostsfile", "proxyjump", "connecttimeout")
    for name in ("web1", "WEB2"):
        own = configuration(Login(name, name), tmp_path, str(tmp_path / "config"))
        assert [own.values.get(word) for word in keywords] == [found[name].values.get(word) for word in keywords]


def test_the_client_is_asked_for_each_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file, or one that it includes, names a host, every host is asked about by itself."""
    calls = counting_client(tmp_path, monkeypatch)
    (tmp_path / "more").write_text("Host web1\n  Port 2201\n")
    (tmp_path / "config").write_text(f"Include {tmp_path}/more\n")
    shared = Configuration(tmp_path, str(tmp_path / "config"))
    assert ["2201", "22"] == [shared.of(Login(name, name)).one("port") for name in ("web1", "web2")]
    assert 3 == len(calls.read_text().splitlines())
