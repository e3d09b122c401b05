"""From nothing to a verified server: TCP, key exchange, and the judgement over the host key. No authentication happens here."""

import contextlib
import logging
import socket
from collections.abc import Sequence
from functools import partial

from paramiko import Channel, SSHException, Transport

from healer.model.errors import HostKeyError, UnreachableError
from healer.ports import Clock
from healer.remote import known_hosts
from healer.remote.addresses import Addresses, Found
from healer.remote.bounded import within
from healer.remote.certificates import objection
from healer.remote.endpoint import Endpoint
from healer.remote.faults import Stage, translated
from healer.remote.host_keys import CERTIFICATE, Judgement, KnownHost, Standing, fingerprint, inner_type, preferred, verdict

WEAK = {
    "ciphers": ["3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc"],
    "macs": ["hmac-md5", "hmac-md5-96", "hmac-sha1-96"],
}
QUICK = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
"""Asked for first: encrypting and proving in one pass takes a third less of both CPUs than what paramiko asks for first (RFC 5647)."""
BANNER_TIMEOUT = 60.0
"""Seconds. A server under load, or one that asks DNS about us first, is slow to greet."""
LOGIN_TIMEOUT = 30.0
"""Seconds. PAM modules that ask a directory are slow."""
KEEPALIVE = 10
CALM = 2.0
"""Seconds between two looks of a transport's own thread at a silent link. paramiko's are 0.1: dear for links that wait."""
UNANSWERED = 30_000
"""Milliseconds after which the kernel gives a silent path up (TCP_USER_TIMEOUT, tcp(7))."""

Socket = socket.socket | Channel

# What goes wrong on a link is told as an error of ours. Without a handler logging itself would print paramiko's traces of it, too.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class VerifyingTransport(Transport):
    """A transport that asks for the host key algorithms it is told to, in that order, host certificates among them."""

    offered_keys: tuple[str, ...] = ()

    @property
    def preferred_keys(self) -> Sequence[str]:
        """Return what goes into the key exchange; paramiko itself would put all certificates last."""
        return self.offered_keys or super().preferred_keys


def tcp(endpoint: Endpoint, seconds: float, addresses: Addresses) -> socket.socket:
    """Connect to the address that answered before, else to the first that answers. Raises UnreachableError."""
    with translated(endpoint.host, Stage.RESOLVE, endpoint.address):
        found = addresses.of(endpoint.address, endpoint.port, seconds)
    with translated(endpoint.host, Stage.CONNECT, endpoint.where):
        return _first_answering(found, seconds)


def _first_answering(found: Sequence[Found], seconds: float) -> socket.socket:
    last: OSError = OSError("no address")
    for family, kind, protocol, address in found:
        link = socket.socket(family, kind, protocol)
        try:
            link.settimeout(seconds / len(found))
            link.connect(address)
            _watch(link)
        except OSError as error:
            link.close()
            last = error
        else:
            return link
    raise last


def _watch(link: socket.socket) -> None:
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED)


def exchange_keys(endpoint: Endpoint, link: Socket, entries: Sequence[KnownHost], seconds: float) -> VerifyingTransport:
    """Return a transport whose key exchange is done and whose host key is still to be judged. Closes the link on failure."""
    transport = VerifyingTransport(link, disabled_algorithms=WEAK)
    transport.daemon = True
    transport.banner_timeout = min(BANNER_TIMEOUT, seconds)
    transport.auth_timeout = max(LOGIN_TIMEOUT, endpoint.connect_timeout)
    wanted = transport.get_security_options()
    wanted.ciphers = (*QUICK, *(name for name in wanted.ciphers if name not in QUICK))
    plain = wanted.key_types
    ordered = preferred(entries, endpoint.name, endpoint.port, tuple(plain))
    transport.offered_keys = (*ordered, *(name + CERTIFICATE for name in plain if name + CERTIFICATE not in ordered))
    try:
        with translated(endpoint.host, Stage.GREETING, endpoint.where):
            transport.start_client(timeout=seconds)
            if not transport.initial_kex_done:
                raise TimeoutError(f"no key exchange within {seconds:.0f} s")
    except UnreachableError:
        hang_up(transport)
        raise
    transport.set_keepalive(KEEPALIVE)
    transport.sock.settimeout(CALM)
    return transport


def hang_up(transport: Transport, seconds: float = 10.0) -> None:
    """Close a transport, and leave it behind when it will not be closed in time (paramiko issue 2685)."""
    with contextlib.suppress(TimeoutError, SSHException, OSError, EOFError):
        within(seconds, partial(_close, transport), "hanging up")


def _close(transport: Transport) -> None:
    """Close it; the end of its link wakes its thread up, which would look only when its time has come."""
    if transport.is_active():
        with contextlib.suppress(OSError, EOFError, SSHException):
            transport.sock.shutdown(socket.SHUT_RDWR)
    transport.close()


def shown_key(transport: Transport) -> tuple[bytes, bytes]:
    """Return the server's plain public key, and its certificate or an empty value."""
    key = transport.get_remote_server_key()
    certificate = key.public_blob.key_blob if key.public_blob else b""
    return key.asbytes(), certificate


def verify(endpoint: Endpoint, transport: Transport, known: known_hosts.Known, clock: Clock) -> None:
    """Return when the server is the known one, or may be learned. Raises HostKeyError otherwise."""
    with translated(endpoint.host, Stage.HOST_KEY, endpoint.where):
        blob, certificate = shown_key(transport)
    judged = verdict(known.entries, endpoint.name, endpoint.port, blob)
    if judged.standing is Standing.KNOWN:
        return
    why = ""
    if certificate and judged.standing is not Standing.REVOKED:
        why = objection(certificate, known.entries, endpoint.name, endpoint.port, clock.now().timestamp())
        if not why:
            return
    # A file that could not be read may know another key of the host, or revoke this one: then nothing is learned.
    if judged.standing is Standing.UNKNOWN and endpoint.policy == "accept-new" and endpoint.known_hosts and known.whole:
        judged = _learn(endpoint, blob)
    if judged.standing is not Standing.KNOWN:
        raise complaint(endpoint, blob, judged, "; ".join(filter(None, (why, *known.notes[:3]))))


def _learn(endpoint: Endpoint, blob: bytes) -> Judgement:
    """Record a key that is seen for the first time. When another process was faster, its word stands."""
    with translated(endpoint.host, Stage.HOST_KEY, endpoint.where):
        standing = known_hosts.record(endpoint.known_hosts[0], endpoint.name, endpoint.port, blob)
    return Judgement(Standing.KNOWN if standing is Standing.UNKNOWN else standing)


def complaint(endpoint: Endpoint, blob: bytes, judged: Judgement, why: str = "") -> HostKeyError:
    """Return the error for a key that is not trusted: what was seen, what was known and where, and what to do."""
    seen = f"{inner_type(blob)} {fingerprint(blob)}"
    known = ", ".join(f"{entry.key_type} {fingerprint(entry.blob)} ({entry.place})" for entry in judged.entries)
    target = f"{endpoint.name} port {endpoint.port}"
    if judged.standing is Standing.REVOKED:
        return HostKeyError(endpoint.host, f"{target} shows a revoked host key: {seen}, {known}.", advice="Do not log in; ask its owner.")
    if judged.standing is Standing.CHANGED:
        message = f"{target} shows another host key than the known one: {seen}; known: {known}. No login was tried."
        advice = f"Find out why. If it was reinstalled, remove the old line and run `healer trust {endpoint.host}`."
        return HostKeyError(endpoint.host, message, advice=advice)
    files = ", ".join(endpoint.known_hosts)
    because = f" ({why})" if why else ""
    message = f"{target} is not known{because}: it shows {seen}, and nothing about it is in {files}. No login was tried."
    return HostKeyError(
        endpoint.host, message, advice=f"Compare the fingerprint with the host's own and run `healer trust {endpoint.host}`."
    )
