"""Where a login goes: the inventory's word, then the SSH configuration, then the defaults."""

import getpass
from pathlib import Path

import pytest

from healer.model.errors import UnreachableError, UsageError
from healer.model.host import Login
from healer.remote import ssh_config
from healer.remote.connector import Connector, SshOptions
from healer.remote.endpoint import Configured, endpoint
from healer.remote.ssh_config import configuration, parse_answer


def configured(**values: str) -> Configured:
    """Return a configuration with one value for each keyword."""
    return Configured({keyword: (value,) for keyword, value in values.items()})


def test_the_inventory_wins_over_the_configuration(tmp_path: Path) -> None:
    """What the inventory says of port, user, key and files is never overruled."""
    login = Login("web1", "10.0.0.1", 2222, "deploy", "/key", known_hosts=("/known",), proxy_jump="gate")
    said = configured(port="22", user="root", identityfile="/other", userknownhostsfile="/mine", proxyjump="elsewhere")

    found = endpoint(login, said, tmp_path)

    assert (2222, "deploy", "/key", ("/known",), "gate") == (found.port, found.user, found.key, found.known_hosts, found.jump)


def test_the_configuration_fills_what_the_inventory_leaves_open(tmp_path: Path) -> None:
    """Name, port, user, files, jump host and waiting time come from the configuration otherwise."""
    said = configured(
        hostname="10.0.0.9",
        port="2200",
        user="deploy",
        userknownhostsfile="~/a ~/b",
        globalknownhostsfile="/c",
        proxyjump="gate",
        connecttimeout="3",
    )

    found = endpoint(Login("web1", "alias"), said, tmp_path)

    assert ("10.0.0.9", "10.0.0.9", 2200, "deploy", "gate", 3.0) == (
        found.address,
        found.name,
        found.port,
        found.user,
        found.jump,
        found.connect_timeout,
    )
    assert (f"{tmp_path}/a", f"{tmp_path}/b", "/c") == found.known_hosts


def test_a_host_key_alias_is_the_name_that_is_looked_up(tmp_path: Path) -> None:
    """HostKeyAlias names the host in known_hosts files, not on the network."""
    found = endpoint(Login("web1", "10.0.0.1"), configured(hostkeyalias="cluster"), tmp_path)

    assert ("cluster", "10.0.0.1") == (found.name, found.address)


@pytest.mark.parametrize("word", ["none", "NONE", ""])
def test_none_is_no_jump_host(tmp_path: Path, word: str) -> None:
    """`none` in the configuration or in the inventory means: go there directly."""
    assert "" == endpoint(Login("web1", "a"), configured(proxyjump=word), tmp_path).jump
    assert "" == endpoint(Login("web1", "a", proxy_jump=word), configured(proxyjump="gate"), tmp_path).jump


def test_the_first_existing_default_key_is_taken(tmp_path: Path) -> None:
    """Without any word on keys one default key is chosen: ed25519, then ecdsa, then rsa."""
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_rsa").touch()
    (tmp_path / ".ssh" / "id_ecdsa").touch()

    assert str(tmp_path / ".ssh" / "id_ecdsa") == endpoint(Login("web1", "a"), Configured(), tmp_path).key


def test_tokens_and_the_tilde_are_expanded(tmp_path: Path) -> None:
    """The tokens of ssh_config(5) in a key's name are filled in."""
    (tmp_path / "web1-2200-deploy%").touch()
    said = configured(hostname="web1", port="2200", user="deploy", identityfile="~/%h-%p-%r%%")

    assert str(tmp_path / "web1-2200-deploy%") == endpoint(Login("web1", "a"), said, tmp_path).key


def test_an_unknown_policy_is_refused(tmp_path: Path) -> None:
    """There is no policy that does not check host keys."""
    with pytest.raises(UsageError, match="no host key policy off"):
        endpoint(Login("web1", "a", host_key_policy="off"), Configured(), tmp_path)


def test_the_answer_of_the_ssh_client_is_read() -> None:
    """`ssh -G` prints one keyword a line; a keyword may come several times."""
    found = parse_answer("user root\nidentityfile ~/a\nidentityfile ~/b c\nproxycommand none\n")

    assert (("~/a", "~/b c"), "root", "") == (found.values["identityfile"], found.one("user"), found.one("proxycommand"))


@pytest.mark.parametrize("has_client", [True, False])
def test_both_readers_of_the_configuration_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_client: bool) -> None:
    """With and without the OpenSSH client the same file, with an Include in it, says the same."""
    if not has_client:
        monkeypatch.setattr(ssh_config.shutil, "which", lambda _: None)
    (tmp_path / "more").write_text("Host web1\n Port 2200\n IdentityFile /key\n")
    (tmp_path / "config").write_text(f"Include {tmp_path}/more\nHost web*\n HostName 10.0.0.1\n Port 1\n")

    found = configuration(Login("web1", "web1"), tmp_path, str(tmp_path / "config"))

    assert ("10.0.0.1", "2200", ("/key",)) == (found.one("hostname"), found.one("port"), found.values["identityfile"])


def test_a_damaged_configuration_is_said(tmp_path: Path) -> None:
    """A mistake in the configuration is shown in the words of the client."""
    (tmp_path / "config").write_text("Host *\n NoSuchOption yes\n")

    with pytest.raises(UnreachableError, match=r"(?i)nosuchoption"):
        configuration(Login("web1", "web1"), tmp_path, str(tmp_path / "config"))


def test_an_address_is_never_an_option(tmp_path: Path) -> None:
    """An address that begins with a dash does not reach any command line."""
    with pytest.raises(UnreachableError, match="is no address"):
        configuration(Login("web1", "-oProxyCommand=touch x"), tmp_path)


@pytest.mark.parametrize(
    ("jump", "expected"),
    [
        ("gate", (getpass.getuser(), "gate", 22)),
        ("deploy@gate:2222", ("deploy", "gate", 2222)),
        ("deploy@[fe80::1]:2222", ("deploy", "fe80::1", 2222)),
        ("fe80::1", (getpass.getuser(), "fe80::1", 22)),
        ("a,b@gate", ("b", "gate", 22)),
    ],
)
def test_a_jump_host_is_read_as_openssh_writes_it(clock, tmp_path: Path, jump: str, expected: tuple[str, str, int]) -> None:
    """`user@address:port`, IPv6 in brackets, and chains; the last one is next to the target."""
    (tmp_path / "config").touch()
    connector = Connector(clock, options=SshOptions(config_file=str(tmp_path / "config"), home=tmp_path))

    hop = connector.route(connector.endpoint(Login("web1", "10.0.0.1", proxy_jump=jump)))[0]

    assert expected == (hop.user, hop.address, hop.port)


def test_a_jump_host_without_an_address_is_refused(clock, tmp_path: Path) -> None:
    """What is no address of a jump host is named."""
    (tmp_path / "config").touch()
    connector = Connector(clock, options=SshOptions(config_file=str(tmp_path / "config"), home=tmp_path))

    with pytest.raises(UnreachableError, match="no address of a jump host"):
        connector.route(connector.endpoint(Login("web1", "10.0.0.1", proxy_jump="gate:ssh")))
