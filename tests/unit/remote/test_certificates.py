"""Host certificates are believed under OpenSSH's own conditions only."""

import base64
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from loopback_sshd import make_key

from healer.remote.certificates import objection
from healer.remote.host_keys import parse

Sign = Callable[..., bytes]


@pytest.fixture
def sign(tmp_path: Path) -> Sign:
    """Sign a host key: `sign("-h", "-n", "web1")` returns the certificate as it travels. The authority's key is in tmp_path."""
    authority, key = make_key(tmp_path / "authority"), make_key(tmp_path / "host")

    def sign_it(*options: str) -> bytes:
        subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "id", *options, f"{key}.pub"], check=True)
        return base64.b64decode((tmp_path / "host-cert.pub").read_text().split()[1])

    return sign_it


def judged(tmp_path: Path, certificate: bytes, *more: str, host: str = "web1") -> str:
    """Return the objection where the authority is known for every host, with more lines in the file."""
    text = "\n".join((f"@cert-authority * {(tmp_path / 'authority.pub').read_text()}", *more))
    return objection(certificate, parse(text, "file")[0], host, 22, time.time())


def test_a_certificate_for_this_host_is_believed(sign: Sign, tmp_path: Path) -> None:
    """Signed by the authority, for this name, in its time: no objection."""
    assert "" == judged(tmp_path, sign("-h", "-n", "web1,web2"), host="web2")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-n", "web1"), "is one for users"),
        (("-h", "-n", "web2"), "not made out to web1"),
        (("-h",), "not made out to web1"),
        (("-h", "-n", "web1", "-V", "20200101:20200102"), "not valid at this time"),
        (("-h", "-n", "web1", "-V", "20990101:20990102"), "not valid at this time"),
        (("-h", "-n", "web1", "-O", "critical:odd@example.net"), "conditions that are not understood"),
    ],
)
def test_a_certificate_outside_its_conditions_is_not(sign: Sign, tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    """Kind, name, time and conditions each have to be right, and the objection says which is not."""
    assert words in judged(tmp_path, sign(*options))


def test_a_stranger_is_no_authority(sign: Sign, tmp_path: Path) -> None:
    """A certificate counts only when a file names its signer as authority for this very host."""
    certificate = sign("-h", "-n", "web1")
    elsewhere = parse(f"@cert-authority db* {(tmp_path / 'authority.pub').read_text()}", "file")[0]

    assert "no known_hosts file names" in objection(certificate, elsewhere, "web1", 22, time.time())


@pytest.mark.parametrize("revoked", ["authority.pub", "host.pub"])
def test_a_revoked_key_or_authority_ends_the_belief(sign: Sign, tmp_path: Path, revoked: str) -> None:
    """Revoking either the host's key or the authority is enough."""
    certificate = sign("-h", "-n", "web1")

    assert "revoked" in judged(tmp_path, certificate, f"@revoked * {(tmp_path / revoked).read_text()}")


def test_a_forged_signature_is_seen(sign: Sign, tmp_path: Path) -> None:
    """A certificate whose last bytes were changed is not believed."""
    certificate = sign("-h", "-n", "web1")

    assert "forged" in judged(tmp_path, certificate[:-1] + bytes((certificate[-1] ^ 1,)))


@pytest.mark.parametrize("damaged", [b"", b"\0\0\0\x03abc", b"\xff" * 40])
def test_what_is_no_certificate_is_not_believed(sign: Sign, tmp_path: Path, damaged: bytes) -> None:
    """Damaged certificates are an objection, not a crash."""
    sign("-h", "-n", "web1")

    assert "cannot be read" in judged(tmp_path, damaged)


def test_a_plain_key_is_no_certificate(sign: Sign, tmp_path: Path) -> None:
    """A plain key in the place of a certificate proves nothing."""
    sign("-h", "-n", "web1")

    assert "plain key" in judged(tmp_path, base64.b64decode((tmp_path / "host.pub").read_text().split()[1]))
