"""Jump hosts: verified like any other host, shared between the hosts behind them, and never a way round the checks."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback_sshd import Server, make_key

from healer.clock import SystemClock
from healer.model.command import Command
from healer.model.errors import HostKeyError, UnreachableError
from healer.model.host import Login
from healer.remote.connector import Connector, SshOptions
from healer.remote.ssh import SshRemote, connect

OpenWith = Callable[..., SshRemote]


@pytest.fixture
def through(clock: SystemClock, tmp_path: Path) -> Iterator[OpenWith]:
    """Log in with an inventory of jump hosts and an SSH configuration; hosts opened in one test share their jumps."""
    opened: list[SshRemote] = []
    shared: list[Connector] = []

    def open_it(login: Login, inventory: dict[str, Login] | None = None, config: str = "") -> SshRemote:
        if not shared:
            (tmp_path / "config").write_text(config)
            options = SshOptions(config_file=str(tmp_path / "config"), home=tmp_path, patience=10.0)
            shared.append(Connector(clock, (inventory or {}).get, options))
        opened.append(connect(login, clock=clock, connector=shared[0]))
        return opened[-1]

    yield open_it
    for remote in opened:
        remote.close()


def chain_of(*servers: Server) -> str:
    """Return the servers as ProxyJump names them."""
    return ",".join(f"127.0.0.1:{server.port}" for server in servers)


def know_each_other(*servers: Server) -> None:
    """Put all host keys into every known_hosts file."""
    text = "".join(server.known_hosts.read_text() for server in servers)
    for server in servers:
        server.known_hosts.write_text(text)


def test_a_host_is_reached_through_a_jump_host_of_the_inventory(sshd, through: OpenWith) -> None:
    """A jump host that the inventory lists is logged in to as the inventory says."""
    bastion, target = sshd(), sshd()

    result = through(target.login(proxy_jump="bastion"), {"bastion": bastion.login(host="bastion")}).run(Command(("echo", "hello")))

    assert b"hello\n" == result.stdout
    assert "Accepted publickey" in bastion.log


def test_a_chain_is_followed_from_its_first_host(sshd, through: OpenWith) -> None:
    """Every host of a chain is reached through the one before it."""
    first, second, target = sshd(), sshd(), sshd()
    know_each_other(first, second, target)

    assert 0 == through(target.login(proxy_jump=chain_of(first, second))).run(Command(("true",))).status
    assert f"127.0.0.1 port {second.port}" in first.log


def test_the_ssh_configuration_names_the_jump_host(sshd, through: OpenWith) -> None:
    """ProxyJump of the SSH configuration holds where the inventory says nothing; a jump host is not its own jump host."""
    bastion, target = sshd(), sshd()
    know_each_other(bastion, target)
    place = f"HostName 127.0.0.1\n Port {bastion.port}"
    config = f"Host gate\n {place}\nHost *\n User {target.login().user}\n ProxyJump gate\n"

    assert 0 == through(target.login(proxy_jump=None), config=config).run(Command(("true",))).status
    assert "Accepted publickey" in bastion.log


@pytest.mark.fault("N14")
def test_an_impostor_jump_host_sees_no_login(sshd, through: OpenWith, tmp_path: Path) -> None:
    """A jump host with a wrong key stops everything: no login there, no connection to the target."""
    impostor, target = sshd(), sshd()
    other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text()
    impostor.known_hosts.write_text(f"[127.0.0.1]:{impostor.port} {other}")

    with pytest.raises(HostKeyError, match="jump host") as caught:
        through(target.login(proxy_jump="bastion"), {"bastion": impostor.login(host="bastion")})

    assert "web1" == caught.value.host
    assert "userauth-request" not in impostor.log
    assert "Connection from" not in target.log


def test_many_hosts_share_one_login_at_the_jump_host(sshd, through: OpenWith) -> None:
    """Hosts behind the same jump host use one login there, however many start at once."""
    bastion, target = sshd("MaxSessions 20"), sshd()
    inventory = {"bastion": bastion.login(host="bastion")}
    outcomes: list[object] = []
    through(target.login(proxy_jump="bastion"), inventory)

    def work() -> None:
        outcomes.append(through(target.login(proxy_jump="bastion")).run(Command(("true",))).status)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [0] * 6 == outcomes
    assert 1 == bastion.log.count("Accepted publickey")


def test_the_last_host_hangs_up_at_the_jump_host(sshd, through: OpenWith) -> None:
    """The login at the jump host lives as long as somebody uses it, and is made again when needed."""
    bastion, target = sshd(), sshd()
    inventory = {"bastion": bastion.login(host="bastion")}
    one, two = (through(target.login(proxy_jump="bastion"), inventory) for _ in range(2))
    one.close()
    assert 0 == two.run(Command(("true",))).status
    two.close()

    through(target.login(proxy_jump="bastion"))

    assert 2 == bastion.log.count("Accepted publickey")


def test_what_the_jump_host_cannot_reach_is_said(sshd, through: OpenWith) -> None:
    """A target that does not answer the jump host is unreachable, with both named."""
    bastion = sshd()

    with pytest.raises(UnreachableError, match=r"jump host bastion towards 127\.0\.0\.1 port 1"):
        through(bastion.login(proxy_jump="bastion", port=1), {"bastion": bastion.login(host="bastion")})


def test_a_circle_of_jump_hosts_is_refused(sshd, through: OpenWith) -> None:
    """Jump hosts that lead to each other end in an error, not in a loop."""
    server = sshd()
    inventory = {"a": server.login(host="a", proxy_jump="b"), "b": server.login(host="b", proxy_jump="a")}

    with pytest.raises(UnreachableError, match="in a circle"):
        through(server.login(proxy_jump="a"), inventory)


def test_a_proxy_command_is_refused_by_name(sshd, through: OpenWith) -> None:
    """A ProxyCommand is not run: the host is refused with the way out."""
    with pytest.raises(UnreachableError, match="ProxyCommand") as caught:
        through(sshd().login(proxy_jump=None), config="Host *\n ProxyCommand touch /tmp/never\n")

    assert "ProxyJump" in caught.value.advice


def test_included_configuration_is_honoured(sshd, through: OpenWith, tmp_path: Path) -> None:
    """An Include of the SSH configuration counts as if its text stood there."""
    server = sshd()
    (tmp_path / "more").write_text(f"Host alias\n HostName 127.0.0.1\n Port {server.port}\n")
    login = server.login(address="alias", port=None, proxy_jump=None)

    assert 0 == through(login, config=f"Include {tmp_path / 'more'}\n").run(Command(("true",))).status


@pytest.mark.fault("N15")
def test_a_jump_host_that_is_away_is_not_stormed(sshd, through: OpenWith) -> None:
    """Hosts that ask for it one after the other share a failure for a second: one attempt, whoever waits for it."""
    target, tried = sshd(), socket.create_server(("127.0.0.1", 0))
    port = tried.getsockname()[1]
    tried.close()
    inventory = {"bastion": target.login(host="bastion", port=port)}
    with pytest.raises(UnreachableError, match="Connection refused"):
        through(target.login(proxy_jump="bastion"), inventory)
    late = socket.create_server(("127.0.0.1", port))
    late.setblocking(False)

    for _ in range(5):
        with pytest.raises(UnreachableError, match="Connection refused"):
            through(target.login(proxy_jump="bastion"), inventory)

    with late, pytest.raises(BlockingIOError):
        late.accept()
