"""A fleet's known_hosts file is long: only the lines that may speak of a host are looked at for it, and none of these is missed."""

import base64
import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.remote.host_keys import about
from healer.remote.known_hosts import load, load_about

BLOB = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x01x").decode()
NAMES = ("web1", "web2", "[web1]:2222", "db1")


def hashed(name: str) -> str:
    """Return the name as HashKnownHosts writes it."""
    salt = b"salt"
    digest = hmac.digest(salt, name.encode(), hashlib.sha1)
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


WORDS = st.one_of(
    st.lists(st.sampled_from([*NAMES, "WEB1", "web*", "!web2", "?eb1", "*"]), min_size=1, max_size=3).map(",".join),
    st.sampled_from(NAMES).map(hashed),
)


@given(words=st.lists(WORDS, max_size=8), port=st.sampled_from([22, 2222]))
def test_no_line_about_a_host_is_missed(words: list[str], port: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the lines are, those that are found for a host by name are those that all lines together hold of it."""
    file = tmp_path_factory.mktemp("known") / "hosts"
    file.write_text("".join(f"{word} ssh-ed25519 {BLOB}\n" for word in words))
    files = [str(file)]
    for host in ("web1", "Web2", "db1", "other"):
        assert about(load(files).entries, host, port) == about(load_about(files, host, port).entries, host, port)


def test_a_plain_line_of_another_host_is_left_out(tmp_path: Path) -> None:
    """A line that spells out another name is not among those that a host is judged by."""
    file = tmp_path / "known_hosts"
    file.write_text("".join(f"{name} ssh-ed25519 {BLOB}\n" for name in NAMES))
    assert ["web2"] == [entry.patterns for entry in load_about([str(file)], "WEB2", 22).entries]


def test_what_cannot_be_read_is_noted_all_the_same(tmp_path: Path) -> None:
    """Lines that make no sense and files that are none are told of whichever host is asked about."""
    file = tmp_path / "known_hosts"
    file.write_text("web1 nonsense\n")
    known = load_about([str(file), str(tmp_path)], "web2", 22)
    assert (2, False) == (len(known.notes), known.whole)
