"""Is this the host that we know? A reader for known_hosts files of every kind that sshd(8) describes, and the judgement over a key.

paramiko's own reader gives a whole file up at the first `@revoked` or `@cert-authority` line and never matches patterns
(paramiko issues 771 and 1001), so this room reads them itself. Everything here is pure.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

MARKERS = {"@revoked": "revoked", "@cert-authority": "authority"}
SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
"""A key type whose signature algorithms have other names (RFC 8332); every other type signs under its own name."""
CERTIFICATE = "-cert-v01@openssh.com"
DEFAULT_PORT = 22


class Standing(StrEnum):
    """What the files say about a key that a host showed."""

    KNOWN = "known"
    CHANGED = "changed"
    UNKNOWN = "unknown"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KnownHost:
    """One line of a known_hosts file. `marker` is empty, `revoked` or `authority`; `place` is `file:line`."""

    place: str
    marker: str
    patterns: str
    key_type: str
    blob: bytes


@dataclass(frozen=True, slots=True)
class Judgement:
    """The standing of a key, and the lines that it rests on."""

    standing: Standing
    entries: tuple[KnownHost, ...] = ()


def parse(text: str, file: str) -> tuple[tuple[KnownHost, ...], tuple[str, ...]]:
    """Return the entries, and a note for every line that makes no sense. One bad line never spoils the others."""
    entries, notes = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        entry = _entry(line.split(), f"{file}:{number}")
        if isinstance(entry, str):
            notes.append(f"{file}:{number}: {entry}")
        else:
            entries.append(entry)
    return tuple(entries), tuple(notes)


def _entry(words: list[str], place: str) -> KnownHost | str:
    marker = ""
    if words[0].startswith("@"):
        if words[0] not in MARKERS:
            return f"unknown marker {words[0]}"
        marker = MARKERS[words.pop(0)]
    if len(words) < 3:
        return "not a host key: too few words"
    patterns, key_type, encoded = words[:3]
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return "not a host key: damaged base64"
    if inner_type(blob) != key_type:
        return f"not a host key: says {key_type} and holds something else"
    return KnownHost(place, marker, patterns, key_type, blob)


def inner_type(blob: bytes) -> str:
    """Return the type that a public key names inside itself (RFC 4253 section 6.6)."""
    length = int.from_bytes(blob[:4], "big")
    return blob[4 : 4 + length].decode("ascii", "replace")


def fingerprint(blob: bytes) -> str:
    """Return the fingerprint as OpenSSH prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def lookup_name(host: str, port: int) -> str:
    """Return the name that a file knows the host by: with its port in brackets when the port is not 22."""
    name = host.lower()
    return name if port == DEFAULT_PORT else f"[{name}]:{port}"


def line_for(host: str, port: int, blob: bytes) -> str:
    """Return the line to be added for a key, without the end of line."""
    return f"{lookup_name(host, port)} {inner_type(blob)} {base64.b64encode(blob).decode()}"


def matches(patterns: str, name: str) -> bool:
    """Say whether the first word of a line means this name. A negated pattern that matches outweighs all others."""
    if patterns.startswith("|"):
        return _hash_matches(patterns, name)
    found = False
    for pattern in patterns.lower().split(","):
        if _pattern_matches(pattern.removeprefix("!"), name):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _pattern_matches(pattern: str, name: str) -> bool:
    """Translate `*` and `?`; brackets stand for themselves here, unlike in file name patterns. Most lines hold neither."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, name) is not None


def _hash_matches(hashed: str, name: str) -> bool:
    parts = hash_parts(hashed)
    return parts is not None and hmac.compare_digest(hmac.digest(parts[0], name.encode(), "sha1"), parts[1])


def hash_parts(hashed: str) -> tuple[bytes, bytes] | None:
    """Return salt and digest of a hashed name; None for what is no hash of the one kind that there is."""
    parts = hashed.split("|")
    if len(parts) != 4 or parts[0] or parts[1] != "1":
        return None
    try:
        return base64.b64decode(parts[2]), base64.b64decode(parts[3])
    except (binascii.Error, ValueError):
        return None


def about(entries: Iterable[KnownHost], host: str, port: int) -> tuple[KnownHost, ...]:
    """Return the entries that speak of this host, in order."""
    name = lookup_name(host, port)
    return tuple(entry for entry in entries if matches(entry.patterns, name))


def verdict(entries: Iterable[KnownHost], host: str, port: int, blob: bytes) -> Judgement:
    """Judge a plain key. A revoked one is refused whatever else is said of it.

    A host of which only keys of other types are known is CHANGED, not UNKNOWN: those types were asked for first, so an honest
    host would have shown one of them.
    """
    ours = about(entries, host, port)
    revoked = tuple(entry for entry in ours if entry.marker == "revoked" and entry.blob == blob)
    if revoked:
        return Judgement(Standing.REVOKED, revoked)
    plain = tuple(entry for entry in ours if not entry.marker)
    same = tuple(entry for entry in plain if entry.blob == blob)
    if same:
        return Judgement(Standing.KNOWN, same)
    return Judgement(Standing.CHANGED, plain) if plain else Judgement(Standing.UNKNOWN)


def preferred(entries: Iterable[KnownHost], host: str, port: int, available: Sequence[str]) -> tuple[str, ...]:
    """Return the host key algorithms in the order to ask for: what we could verify first.

    `available` are the plain algorithms that we speak. Known keys come first, then certificates when an authority vouches for
    this host, then the rest.
    """
    ours = about(entries, host, port)
    known = [name for entry in ours if not entry.marker for name in SIGNATURES.get(entry.key_type, (entry.key_type,))]
    first = [name for name in available if name in known]
    if any(entry.marker == "authority" for entry in ours):
        first += [name + CERTIFICATE for name in available]
    return (*first, *(name for name in available if name not in first))
