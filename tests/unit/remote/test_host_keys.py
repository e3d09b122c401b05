"""known_hosts files of every kind that sshd(8) describes, and the judgement over a key."""

import base64
import subprocess
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.remote.host_keys import KnownHost, Standing, fingerprint, lookup_name, matches, parse, preferred, verdict
from healer.remote.known_hosts import load, record

ALGORITHMS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256")


def blob(kind: str = "ssh-ed25519", seed: bytes = b"one") -> bytes:
    """Return something of the shape of a public key."""
    return len(kind).to_bytes(4, "big") + kind.encode() + seed


def line(patterns: str, key: bytes, marker: str = "") -> str:
    """Return a line of a known_hosts file."""
    kind = key[4 : 4 + int.from_bytes(key[:4], "big")].decode()
    return f"{marker} {patterns} {kind} {base64.b64encode(key).decode()}".strip()


def entries(*lines: str) -> tuple[KnownHost, ...]:
    """Read the lines as one file."""
    return parse("\n".join(lines), "file")[0]


@pytest.mark.parametrize(
    ("patterns", "host", "port", "expected"),
    [
        ("web1", "web1", 22, True),
        ("web1", "WEB1", 22, True),
        ("web1", "web1", 2222, False),
        ("[web1]:2222", "web1", 2222, True),
        ("[web1]:2222", "web1", 22, False),
        ("web?", "web1", 22, True),
        ("*.example.net", "a.b.example.net", 22, True),
        ("*,!web1", "web1", 22, False),
        ("!web1,*", "web2", 22, True),
        ("!web1", "web2", 22, False),
        ("db1,web1,10.0.0.1", "10.0.0.1", 22, True),
        ("[web1]", "w", 22, False),
        ("|1|broken", "web1", 22, False),
        ("|1|!|!", "web1", 22, False),
    ],
)
def test_patterns_match_as_sshd_describes_them(patterns: str, host: str, port: int, expected: bool) -> None:
    """Names, ports in brackets, wildcards and negation follow sshd(8)."""
    assert expected == matches(patterns, lookup_name(host, port))


def test_hashed_names_of_openssh_are_found(tmp_path: Path) -> None:
    """A file that ssh-keygen has hashed still knows its hosts."""
    file = tmp_path / "known_hosts"
    file.write_text(line("web1", blob()) + "\n" + line("[web2]:2222", blob(seed=b"two")) + "\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    found = load([str(file)]).entries

    assert Standing.KNOWN == verdict(found, "web1", 22, blob()).standing
    assert Standing.KNOWN == verdict(found, "web2", 2222, blob(seed=b"two")).standing
    assert Standing.UNKNOWN == verdict(found, "web3", 22, blob()).standing


def test_a_bad_line_never_spoils_the_others() -> None:
    """Damaged lines are skipped with a note each, and the rest of the file counts."""
    text = "\n".join(("# comment", "", "web1", "@odd web1 ssh-rsa AAAA", "web1 ssh-rsa !!!", "web1 ssh-rsa AAAA", line("web1", blob())))

    found, notes = parse(text, "file")

    assert ["file:7"] == [entry.place for entry in found]
    assert ["file:3", "file:4", "file:5", "file:6"] == [note[:6] for note in notes]


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever a file holds, the lines after it are read."""
    found, _ = parse(f"{text}\n{line('web1', blob())}", "file")

    assert "web1" == found[-1].patterns


@pytest.mark.fault("N13")
def test_a_revocation_always_wins() -> None:
    """A revoked key is refused wherever its line stands and whoever else knows it."""
    for known in (
        entries(line("web1", blob()), line("*", blob(), "@revoked")),
        entries(line("*", blob(), "@revoked"), line("web1", blob())),
    ):
        assert Standing.REVOKED == verdict(known, "web1", 22, blob()).standing


def test_another_key_of_a_known_host_is_a_change() -> None:
    """A host with any known key is never unknown: not under accept-new, not with a new type of key."""
    known = entries(line("web1", blob()))

    assert Standing.CHANGED == verdict(known, "web1", 22, blob(seed=b"two")).standing
    assert Standing.CHANGED == verdict(known, "web1", 22, blob("ssh-rsa")).standing


def test_an_authority_is_not_a_host_key() -> None:
    """An authority's own key, shown as a plain host key, proves nothing."""
    assert Standing.UNKNOWN == verdict(entries(line("*", blob(), "@cert-authority")), "web1", 22, blob()).standing


def test_known_types_are_asked_for_first() -> None:
    """Known keys come first, then certificates where an authority is known, then the rest."""
    plain = entries(line("web1", blob("ssh-rsa")))
    signed = entries(line("*", blob(), "@cert-authority"))

    assert ("rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519", "ecdsa-sha2-nistp256") == preferred(plain, "web1", 22, ALGORITHMS)
    assert "ssh-ed25519-cert-v01@openssh.com" == preferred(signed, "web1", 22, ALGORITHMS)[0]
    assert ALGORITHMS == preferred((), "web1", 22, ALGORITHMS)


def test_the_fingerprint_is_that_of_openssh(tmp_path: Path) -> None:
    """A fingerprint can be compared with what ssh-keygen -l prints."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    printed = subprocess.run(["ssh-keygen", "-lf", tmp_path / "key"], capture_output=True, text=True, check=True).stdout.split()[1]

    assert printed == fingerprint(base64.b64decode((tmp_path / "key.pub").read_text().split()[1]))


def test_many_writers_add_one_line(tmp_path: Path) -> None:
    """Threads that learn the same host at once write it down once, after a last line without an end."""
    file = tmp_path / "known_hosts"
    file.write_text(line("db1", blob(seed=b"two")))
    threads = [threading.Thread(target=record, args=(str(file), "web1", 22, blob())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [line("db1", blob(seed=b"two")), line("web1", blob())] == file.read_text().splitlines()


def test_a_missing_file_is_an_empty_one_and_an_unreadable_one_is_noted(tmp_path: Path) -> None:
    """Files that do not exist are common; a file that cannot be read is said."""
    known = load([str(tmp_path / "missing"), str(tmp_path)])

    assert ((), 1) == (known.entries, len(known.notes))
