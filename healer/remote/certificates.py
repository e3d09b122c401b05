"""Host certificates: a key that no file lists is still known when an authority that a file names has signed it for this host.

The rules are those of OpenSSH's PROTOCOL.certkeys: type host, the name among the principals, within its time, no critical option, a
signature that holds, and neither key nor authority revoked. Pure: the time is handed in.
"""

import base64
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    SSHCertificate,
    SSHCertificateType,
    load_ssh_public_identity,
)

from healer.remote.host_keys import KnownHost, about, inner_type


def objection(certificate: bytes, entries: Iterable[KnownHost], host: str, port: int, now: float) -> str:
    """Return why the certificate does not vouch for the host, or an empty text when it does. `now` is seconds since 1970."""
    try:
        encoded = base64.b64encode(certificate).decode()
        parsed = load_ssh_public_identity(f"{inner_type(certificate)} {encoded}".encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        return f"its certificate cannot be read ({error})"
    if not isinstance(parsed, SSHCertificate):
        return "it showed a plain key where a certificate was agreed on"
    return _content_objection(parsed, host, now) or _signer_objection(parsed, about(entries, host, port))


def _content_objection(parsed: SSHCertificate, host: str, now: float) -> str:
    if parsed.type is not SSHCertificateType.HOST:
        return "its certificate is one for users"
    if host.lower().encode() not in parsed.valid_principals:
        return f"its certificate is not made out to {host}"
    if not parsed.valid_after <= now < parsed.valid_before:
        return "its certificate is not valid at this time"
    if parsed.critical_options:
        return "its certificate carries conditions that are not understood"
    return ""


def _signer_objection(parsed: SSHCertificate, entries: tuple[KnownHost, ...]) -> str:
    signer = _blob(parsed.signature_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH))
    revoked = {entry.blob for entry in entries if entry.marker == "revoked"}
    if signer in revoked or _blob(_public(parsed)) in revoked:
        return "its certificate was revoked"
    if signer not in {entry.blob for entry in entries if entry.marker == "authority"}:
        return "its certificate was signed by an authority that no known_hosts file names for it"
    try:
        parsed.verify_cert_signature()
    except InvalidSignature:
        return "its certificate has a forged signature"
    return ""


def _public(parsed: SSHCertificate) -> bytes:
    return parsed.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)


def _blob(line: bytes) -> bytes:
    return base64.b64decode(line.split()[1])
