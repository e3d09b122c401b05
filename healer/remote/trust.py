"""`healer trust HOST`: looking at a host's key without logging in, and writing it down once a person has agreed."""

from dataclasses import dataclass

from healer.model.errors import HostKeyError, UnreachableError
from healer.model.host import Login
from healer.remote import known_hosts
from healer.remote.connector import Connector
from healer.remote.endpoint import Endpoint
from healer.remote.faults import Stage, translated
from healer.remote.handshake import complaint, exchange_keys, hang_up, shown_key
from healer.remote.host_keys import Standing, fingerprint, inner_type, line_for, verdict


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a host showed: the key's type, its SHA256 fingerprint, the line that would be written, and how the key stands now."""

    host: str
    key_type: str
    fingerprint: str
    line: str
    standing: Standing
    endpoint: Endpoint
    blob: bytes


def scan(login: Login, connector: Connector) -> Scanned:
    """Exchange keys with the host, and no more. Jump hosts on the way are logged in to and have to be known already."""
    target = connector.endpoint(login)
    known = known_hosts.load(target.known_hosts)
    with connector.reach(target) as link:
        transport = exchange_keys(target, link, known.entries, target.connect_timeout)
        try:
            with translated(target.host, Stage.HOST_KEY, target.where):
                blob = shown_key(transport)[0]
        finally:
            hang_up(transport)
    standing = verdict(known.entries, target.name, target.port, blob).standing
    line = line_for(target.name, target.port, blob)
    return Scanned(login.host, inner_type(blob), fingerprint(blob), line, standing, target, blob)


def enrol(scanned: Scanned, expected: str = "") -> Standing:
    """Write the key down, and return how it stood before: UNKNOWN was added, KNOWN needed nothing.

    `expected` is a fingerprint `SHA256:...` that a person got by another way. Raises HostKeyError when it differs, or when the
    files know another key or revoke this one: such a line is removed by a person, never by healer.
    """
    if expected and expected.rstrip("=") != scanned.fingerprint:
        message = f"The host shows {scanned.key_type} {scanned.fingerprint}, not {expected}. Nothing was written."
        raise HostKeyError(scanned.host, message, advice="Do not log in; find out who answers there.")
    if scanned.standing is Standing.UNKNOWN:
        return _write(scanned)
    if scanned.standing is not Standing.KNOWN:
        raise _against(scanned)
    return scanned.standing


def _write(scanned: Scanned) -> Standing:
    """Append it. Another process may have learned the host since the scan: where its word is another one, this one is not written."""
    target = scanned.endpoint
    try:
        standing = known_hosts.record(target.known_hosts[0], target.name, target.port, scanned.blob)
    except OSError as error:
        message = f"{target.known_hosts[0]} cannot be written: {error.strerror}."
        raise UnreachableError(scanned.host, message, advice="Check its owner and mode.") from error
    if standing not in (Standing.UNKNOWN, Standing.KNOWN):
        raise _against(scanned)
    return standing


def _against(scanned: Scanned) -> HostKeyError:
    target = scanned.endpoint
    judged = verdict(known_hosts.load(target.known_hosts).entries, target.name, target.port, scanned.blob)
    return complaint(target, scanned.blob, judged)
