"""Who is at the other end: no key is offered, and no command sent, before the host has proved to be the known one."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from loopback_sshd import Server, make_key

from healer.model.command import Command
from healer.model.errors import AuthenticationError, HostKeyError, UnreachableError
from healer.model.host import Login
from healer.model.secret import Secret
from healer.remote.connector import Connector
from healer.remote.host_keys import Standing
from healer.remote.ssh import SshRemote
from healer.remote.trust import enrol, scan

Open = Callable[[Login], SshRemote]


def no_login_was_tried(server: Server) -> bool:
    """Ask the server what it has seen of us."""
    return "userauth-request" not in server.log and "Accepted" not in server.log


@pytest.mark.fault("N13")
def test_an_unknown_key_is_refused_before_any_login(sshd, open_host: Open) -> None:
    """A host that no file knows is refused with its fingerprint, and nothing is offered to it."""
    server = sshd(known=False)
    shown = subprocess.run(["ssh-keygen", "-lf", server.host_key], capture_output=True, text=True, check=True).stdout.split()[1]

    with pytest.raises(HostKeyError, match="is not known") as caught:
        open_host(server.login())

    assert shown in str(caught.value)
    assert "healer trust web1" in caught.value.advice
    assert no_login_was_tried(server)


@pytest.mark.fault("N13")
def test_a_changed_key_is_refused_before_any_login(sshd, open_host: Open, tmp_path: Path) -> None:
    """A host that shows another key than the known one is refused, also under accept-new, with both keys named."""
    server = sshd(known=False)
    other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text()
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {other}")

    with pytest.raises(HostKeyError, match=r"shows another host key.*known_hosts:1"):
        open_host(server.login(host_key_policy="accept-new"))

    assert no_login_was_tried(server)


@pytest.mark.fault("N13")
def test_a_revoked_key_is_refused_although_it_is_known(sshd, open_host: Open) -> None:
    """A revocation outweighs a line that knows the same key."""
    server = sshd()
    with server.known_hosts.open("a") as file:
        file.write(f"@revoked * {server.public_key}\n")

    with pytest.raises(HostKeyError, match="revoked"):
        open_host(server.login())

    assert no_login_was_tried(server)


def test_another_known_key_type_is_asked_for(sshd, open_host: Open, tmp_path: Path) -> None:
    """A host with several keys is asked for the type that is known, whichever it would prefer."""
    rsa = make_key(tmp_path / "rsa", "rsa", "-b", "2048")
    server = sshd(f"HostKey {rsa}", known=False)
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {Path(f'{rsa}.pub').read_text()}")

    assert 0 == open_host(server.login()).run(Command(("true",))).status


def test_accept_new_writes_an_unknown_key_down_once(sshd, open_host: Open) -> None:
    """Under accept-new the first key is recorded in a private file, and is the known one from then on."""
    server = sshd(known=False)
    for _ in range(2):
        open_host(server.login(host_key_policy="accept-new"))

    assert f"[127.0.0.1]:{server.port} {server.public_key}\n" == server.known_hosts.read_text()
    assert 0o600 == server.known_hosts.stat().st_mode & 0o777


@pytest.mark.fault("N13")
def test_a_host_certificate_is_enough_when_its_authority_is_known(sshd, open_host: Open, tmp_path: Path) -> None:
    """A key that no file lists is known when an authority for that host has signed it."""
    server = certified(sshd, tmp_path, "127.0.0.1")

    assert 0 == open_host(server.login()).run(Command(("true",))).status


def test_a_host_certificate_for_another_name_is_not_enough(sshd, open_host: Open, tmp_path: Path) -> None:
    """A certificate that is made out to somebody else leaves the host unknown, and the message says why."""
    server = certified(sshd, tmp_path, "db1.example.net")

    with pytest.raises(HostKeyError, match=r"not made out to 127\.0\.0\.1"):
        open_host(server.login())

    assert no_login_was_tried(server)


def certified(sshd: Callable[..., Server], tmp_path: Path, principal: str) -> Server:
    """Start a server whose second host key is signed for `principal` by an authority that is known for every host."""
    authority, key = make_key(tmp_path / "authority"), make_key(tmp_path / "signed", "ecdsa")
    subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "id", "-h", "-n", principal, f"{key}.pub"], check=True)
    server = sshd(f"HostKey {key}", f"HostCertificate {key}-cert.pub", known=False)
    server.known_hosts.write_text(f"@cert-authority * {Path(f'{authority}.pub').read_text()}")
    return server


@pytest.mark.fault("N12", "N19")
def test_exactly_one_key_is_offered(sshd, open_host: Open, tmp_path: Path) -> None:
    """A refused key is the only attempt: others in the home folder are not tried, and there is no second connection."""
    server = sshd()
    make_key(tmp_path / "id_rsa", "rsa", "-b", "2048")

    with pytest.raises(AuthenticationError):
        open_host(server.login(private_key=str(make_key(tmp_path / "stranger"))))

    assert 1 == server.log.count("method publickey") == server.log.count("Connection from")


def test_a_user_certificate_beside_the_key_is_used(sshd, open_host: Open, tmp_path: Path) -> None:
    """A key with a KEY-cert.pub beside it logs in where only its authority is trusted."""
    authority, key = make_key(tmp_path / "authority"), make_key(tmp_path / "person")
    server = sshd(f"TrustedUserCAKeys {authority}.pub")
    login = server.login(private_key=str(key))
    subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "id", "-n", login.user, f"{key}.pub"], check=True)

    assert 0 == open_host(login).run(Command(("true",))).status


@pytest.mark.fault("N12")
def test_nothing_to_log_in_with_is_said_without_connecting(sshd, open_host: Open) -> None:
    """Without key, agent and password no connection is made: a server would count it against us."""
    server = sshd()

    with pytest.raises(AuthenticationError, match="no key"):
        open_host(server.login(private_key=None))

    assert "Connection from" not in server.log


@pytest.mark.fault("N19")
def test_a_key_with_a_passphrase_points_to_the_agent(sshd, open_host: Open, tmp_path: Path) -> None:
    """A key that is locked is refused with the way out, never asked for on the terminal."""
    locked = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "long passphrase", "-f", locked], check=True)

    with pytest.raises(AuthenticationError, match="passphrase") as caught:
        open_host(sshd().login(private_key=str(locked)))

    assert "agent" in caught.value.advice


def test_a_wrong_password_is_tried_once_and_never_shown(sshd, open_host: Open) -> None:
    """A refused password is an authentication error that does not hold it."""
    server = sshd("PasswordAuthentication yes")

    with pytest.raises(AuthenticationError) as caught:
        open_host(server.login(private_key=None, password=Secret("canary-password")))

    assert "canary-password" not in f"{caught.value}{caught.value.__cause__!r}"
    assert 1 == server.log.count("Failed password")


def test_a_dropping_server_is_tried_again(sshd, open_host: Open) -> None:
    """Six hosts behind one busy address all get in, although its sshd drops every third login that is under way."""
    server = sshd("MaxStartups 2:100:2")
    outcomes: list[object] = []
    threads = [threading.Thread(target=lambda: outcomes.append(open_host(server.login()).run(Command(("true",))).status)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [0] * 6 == outcomes
    assert "beginning MaxStartups throttling" in server.log


@pytest.mark.fault("N8")
def test_a_server_that_never_greets_ends_in_time(open_host: Open, connector: Connector, user_key: Path) -> None:
    """A port that accepts and then says nothing is unreachable when the patience is over."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        login = Login("web1", "127.0.0.1", silent.getsockname()[1], "root", str(user_key), proxy_jump="none")
        with pytest.raises(UnreachableError, match="exchanging keys"):
            connector.open(connector.endpoint(login), patience=1.0)


def test_a_closed_port_is_unreachable_at_once(open_host: Open, user_key: Path) -> None:
    """A refused connection is not tried again and says where it went."""
    with pytest.raises(UnreachableError, match=r"connecting to 127\.0\.0\.1 port 1: Connection refused"):
        open_host(Login("web1", "127.0.0.1", 1, "root", str(user_key), proxy_jump="none"))


def test_scanning_shows_the_key_without_logging_in(sshd, connector: Connector) -> None:
    """A scan returns type, fingerprint and line, and offers nothing to the host."""
    server = sshd(known=False)

    scanned = scan(server.login(), connector)

    assert (Standing.UNKNOWN, f"[127.0.0.1]:{server.port} {server.public_key}") == (scanned.standing, scanned.line)
    assert no_login_was_tried(server)


def test_enrolling_makes_a_host_known(sshd, open_host: Open, connector: Connector) -> None:
    """An enrolled host is logged in to; enrolling it again changes nothing."""
    server = sshd(known=False)
    scanned = scan(server.login(), connector)

    assert Standing.UNKNOWN == enrol(scanned, scanned.fingerprint)
    assert Standing.KNOWN == enrol(scan(server.login(), connector))
    assert 0 == open_host(server.login()).run(Command(("true",))).status


def test_enrolling_refuses_an_unexpected_fingerprint(sshd, connector: Connector) -> None:
    """A key other than the one that the person expects is not written."""
    server = sshd(known=False)

    with pytest.raises(HostKeyError, match="not SHA256:somethingelse"):
        enrol(scan(server.login(), connector), "SHA256:somethingelse")

    assert not server.known_hosts.exists()


def test_enrolling_never_replaces_a_known_key(sshd, connector: Connector, tmp_path: Path) -> None:
    """A changed key is not enrolled over the old one."""
    server = sshd(known=False)
    before = f"[127.0.0.1]:{server.port} {Path(f'{make_key(tmp_path / chr(107))}.pub').read_text()}"
    server.known_hosts.write_text(before)

    with pytest.raises(HostKeyError, match="another host key"):
        enrol(scan(server.login(), connector))

    assert before == server.known_hosts.read_text()


def test_enrolling_does_not_outvote_who_was_faster(sshd, connector: Connector, tmp_path: Path) -> None:
    """Another key that was learned between the look and the writing stands, and the person is told."""
    server = sshd(known=False)
    scanned = scan(server.login(), connector)
    before = f"[127.0.0.1]:{server.port} {Path(f'{make_key(tmp_path / chr(107))}.pub').read_text()}"
    server.known_hosts.write_text(before)

    with pytest.raises(HostKeyError, match="another host key"):
        enrol(scanned, scanned.fingerprint)

    assert before == server.known_hosts.read_text()


def test_accept_new_learns_nothing_while_a_file_cannot_be_read(sshd, open_host: Open, tmp_path: Path) -> None:
    """A file that cannot be read may know another key or revoke this one: the host stays unknown."""
    server = sshd(known=False)
    unreadable = tmp_path / "global"
    unreadable.mkdir()

    with pytest.raises(HostKeyError, match="global: cannot be read"):
        open_host(server.login(host_key_policy="accept-new", known_hosts=(str(server.known_hosts), str(unreadable))))

    assert no_login_was_tried(server)
    assert not server.known_hosts.exists()
