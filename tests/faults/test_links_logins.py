"""Servers that greet strangely, hang, drop, or speak only what is no longer safe; and names that lead nowhere or elsewhere."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from fault_proxy import FaultProxy
from loopback_sshd import Server, make_key

from healer.clock import SystemClock
from healer.model.command import Command
from healer.model.errors import UnreachableError
from healer.model.host import Login
from healer.remote.connector import Connector, SshOptions
from healer.remote.ssh import SshRemote, connect

Sshd = Callable[..., Server]
Open = Callable[[Login], SshRemote]
NAME = "web1.example"


@pytest.fixture
def quick(clock: SystemClock, tmp_path: Path) -> Connector:
    """Return a connector whose patience is two seconds."""
    (tmp_path / "none").touch()
    return Connector(clock, options=SshOptions(str(tmp_path / "none"), tmp_path, ping_interval=0.5, patience=2.0))


@pytest.fixture
def behind(sshd: Sshd) -> Iterator[tuple[FaultProxy, Login]]:
    """Return a proxy in front of a server, and the login that goes through it."""
    server = sshd()
    with FaultProxy(server.port) as proxy:
        server.known_hosts.write_text(f"[127.0.0.1]:{proxy.port} {server.public_key}\n")
        yield proxy, server.login(port=proxy.port)


@pytest.mark.fault("N8")
def test_many_lines_before_the_greeting_are_passed_over(behind: tuple[FaultProxy, Login], open_host: Open) -> None:
    """Sixty lines of somebody's words before the server says who it is: RFC 4253 allows them, and the login works."""
    proxy, login = behind
    proxy.greet(*(f"You are watched, line {number}\r\n".encode() for number in range(60)))

    assert b"in\n" == open_host(login).run(Command(("echo", "in"))).stdout


@pytest.mark.fault("N8")
def test_a_slow_greeting_is_waited_for(behind: tuple[FaultProxy, Login], open_host: Open) -> None:
    """A server that needs seconds before its first word is a busy one: it is let finish."""
    proxy, login = behind
    proxy.greet(b"", gap=3.0)

    assert (b"in\n", 1) == (open_host(login).run(Command(("echo", "in"))).stdout, proxy.came)


@pytest.mark.fault("N8")
def test_a_greeting_that_dribbles_for_ever_ends_in_time(behind: tuple[FaultProxy, Login], clock: SystemClock, quick: Connector) -> None:
    """A line every few seconds and never a greeting: unreachable when the patience is over, not before the others are served."""
    proxy, login = behind
    proxy.greet(*[b"one moment please\r\n"] * 60, gap=2.5)

    with pytest.raises(UnreachableError, match="exchanging keys"):
        connect(login, clock=clock, connector=quick)


class Hanging(paramiko.ServerInterface):
    """A server that gets as far as it is told to, and then answers nothing more."""

    def __init__(self, stage: str) -> None:
        self.stage, self.over = stage, threading.Event()

    def _hang(self, stage: str) -> None:
        if self.stage == stage:
            self.over.wait(60)

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._hang("login")
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        self._hang("channel")
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self._hang("command")
        return True


@pytest.fixture
def hanging(tmp_path: Path, user_key: Path) -> Iterator[Callable[[str], Login]]:
    """Start a server that hangs at a stage, and return the login to it."""
    key = make_key(tmp_path / "host_key")
    listener = socket.create_server(("127.0.0.1", 0))
    peers: list[socket.socket] = []
    opened: list[paramiko.Transport] = []
    servers: list[Hanging] = []

    def serve(stage: str) -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peers.append(peer)
            transport = paramiko.Transport(peer)
            opened.append(transport)
            transport.add_server_key(paramiko.PKey.from_path(key))
            servers.append(Hanging(stage))
            if stage == "keys":
                peer.sendall(b"SSH-2.0-hangs\r\n")
            else:
                transport.start_server(event=threading.Event(), server=servers[-1])

    def start(stage: str) -> Login:
        port = listener.getsockname()[1]
        public = " ".join(Path(f"{key}.pub").read_text().split()[:2])
        (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {public}\n")
        threading.Thread(target=serve, args=(stage,), daemon=True).start()
        return Login("web1", "127.0.0.1", port, "root", str(user_key), known_hosts=(str(tmp_path / "known"),), proxy_jump="none")

    yield start
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for server in servers:
        server.over.set()
    for transport in opened:
        transport.close()
    for peer in peers:
        peer.close()


@pytest.mark.fault("N9")
@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("keys", "exchanging keys with .*: no key exchange within 2 s"),
        ("login", "logging in to .*: Authentication timeout"),
        ("channel", "opening a channel on .*: Timeout opening channel"),
        ("command", "opening a channel on .*: the command was not accepted within"),
    ],
)
def test_each_stage_that_hangs_has_its_own_end_and_its_own_words(
    hanging: Callable[[str], Login], quick: Connector, monkeypatch: pytest.MonkeyPatch, stage: str, words: str
) -> None:
    """Key exchange, login, channel, command: whichever is never answered, it ends in time and the message says which it was."""
    monkeypatch.setattr("healer.remote.handshake.LOGIN_TIMEOUT", 1.0)
    monkeypatch.setattr("healer.remote.session.OPEN_TIMEOUT", 0.7)
    monkeypatch.setattr("healer.remote.session.BUSY_PATIENCE", 0.5)

    with pytest.raises(UnreachableError, match=words):
        connect(replace(hanging(stage), connect_timeout=1.0), clock=quick.clock, connector=quick).run(Command(("true",)))


@pytest.mark.fault("N10")
def test_a_server_that_drops_logins_lets_all_in_in_the_end(sshd: Sshd, open_host: Open) -> None:
    """Twenty logins at once where sshd lets two begin and drops the rest: tried again after pauses of chance, all come through."""
    server = sshd("MaxStartups 2:100:2")

    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(lambda _: open_host(server.login()).run(Command(("true",))).status, range(20)))

    assert [0] * 20 == outcomes
    assert "beginning MaxStartups throttling" in server.log


@pytest.mark.fault("N20")
@pytest.mark.parametrize("weak", ["Ciphers aes128-cbc,aes256-cbc", "MACs hmac-md5", "KexAlgorithms diffie-hellman-group14-sha1"])
def test_a_server_with_weak_algorithms_only_is_refused(sshd: Sshd, open_host: Open, weak: str) -> None:
    """Nothing that is no longer safe is spoken, whoever asks for it: no login, and the message says what to upgrade."""
    server = sshd(weak, *(["Ciphers aes128-ctr"] if weak.startswith("MACs") else []))

    with pytest.raises(UnreachableError, match="exchanging keys") as caught:
        open_host(server.login())

    assert "upgrade its SSH server" in caught.value.advice
    assert "userauth-request" not in server.log


def answers(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> list[str]:
    """Let the name resolve to these addresses in turn, the last one for ever; return the questions, as they come."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(name: str, port: int, **more: object) -> object:
        asked.append(name)
        return real(addresses[min(len(asked), len(addresses)) - 1], port, type=socket.SOCK_STREAM)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def named(server: Server) -> Login:
    """Return the login to the server by a name."""
    server.known_hosts.write_text(f"[{NAME}]:{server.port} {server.public_key}\n")
    return server.login(address=NAME)


@pytest.mark.fault("N16")
def test_a_name_is_looked_up_once_a_run(sshd: Sshd, open_host: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name comes to lead elsewhere under the run: the host stays the machine that answered first."""
    asked = answers(monkeypatch, ["127.0.0.1", "127.0.0.9"])
    remote = open_host(named(sshd()))
    remote.relogin(5.0)

    assert (0, [NAME]) == (remote.run(Command(("true",))).status, asked)


@pytest.mark.fault("N16")
def test_an_address_of_a_stranger_is_not_kept(sshd: Sshd, open_host: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Who answers without the host's key is not who was meant: the next attempt looks the name up again."""
    asked = answers(monkeypatch, ["127.0.0.1"])
    server = sshd()
    login, known = named(server), server.known_hosts.read_text()
    server.known_hosts.write_text(
        known.replace(server.public_key, " ".join(Path(f"{make_key(tmp_path / 'x')}.pub").read_text().split()[:2]))
    )
    with pytest.raises(UnreachableError):
        open_host(login)
    server.known_hosts.write_text(known)

    assert (0, [NAME, NAME]) == (open_host(login).run(Command(("true",))).status, asked)


@pytest.mark.fault("N16")
def test_a_name_that_does_not_resolve_is_told_at_once(sshd: Sshd, open_host: Open) -> None:
    """A name that nobody knows is unreachable, with the stage in the message and the way out."""
    with pytest.raises(UnreachableError, match="looking up the address of") as caught:
        open_host(sshd().login(address="no-such-host.invalid"))

    assert "ansible_host" in caught.value.advice


@pytest.mark.fault("N16")
def test_a_name_server_that_does_not_answer_ends_in_time(
    sshd: Sshd, clock: SystemClock, quick: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lookup that never ends is left behind when the time for connecting is over."""
    never = threading.Event()

    def asked(*_where: object, flags: int = 0, **_more: object) -> object:
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror
        return never.wait(60)

    monkeypatch.setattr(socket, "getaddrinfo", asked)

    with pytest.raises(UnreachableError, match="name resolution took longer than"):
        connect(sshd().login(address=NAME), clock=clock, connector=quick)

    never.set()
