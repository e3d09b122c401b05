"""The key that is offered: read once for a fleet, and anew when its file has changed."""

import os
import subprocess
from pathlib import Path

from healer.remote.authenticate import credentials
from healer.remote.endpoint import Endpoint


def make_key(file: Path) -> None:
    """Write a new key pair, in place of one that may be there."""
    file.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)


def endpoint(host: str, key: Path) -> Endpoint:
    """Return where to log in to with this key."""
    return Endpoint(host, host, host, 22, "root", key=str(key))


def test_hosts_with_one_key_share_it(tmp_path: Path) -> None:
    """The key of a fleet is read from its file once."""
    make_key(tmp_path / "key")
    assert credentials(endpoint("web1", tmp_path / "key")) is credentials(endpoint("web2", tmp_path / "key"))


def test_a_new_key_in_the_same_file_is_read(tmp_path: Path) -> None:
    """A file that was written anew is read anew."""
    make_key(tmp_path / "key")
    os.utime(tmp_path / "key", (1, 1))
    first = credentials(endpoint("web1", tmp_path / "key"))
    make_key(tmp_path / "key")
    second = credentials(endpoint("web1", tmp_path / "key"))
    assert first is not None
    assert second is not None
    assert first.asbytes() != second.asbytes()


def test_a_certificate_that_comes_later_is_used(tmp_path: Path) -> None:
    """A certificate that appears beside a key which was read before goes with it from then on."""
    make_key(tmp_path / "key")
    make_key(tmp_path / "authority")
    plain = credentials(endpoint("web1", tmp_path / "key"))
    subprocess.run(["ssh-keygen", "-q", "-s", "authority", "-I", "me", "-n", "root", "key.pub"], check=True, cwd=tmp_path)
    certified = credentials(endpoint("web1", tmp_path / "key"))
    assert plain is not None
    assert certified is not None
    assert (False, True) == (bool(plain.public_blob), bool(certified.public_blob))
