"""The lab's own signed apt repository: hermetic updates that a test publishes when it wants them.

Two pockets, `stable` and `stable-security`, with the labels that apt prints as `Healer-Lab:1/stable-security`. Indexes are
kept by hash as well, so a host that reads while a package is being published never sees a mixture.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

from healer.lab.packages import DemoPackage, control, demo_package
from healer.lab.server import LOCAL, NAME
from healer.lab.shell import run, succeeds
from healer.model.errors import LabError

POCKETS = {"stable": "stable", "security": "stable-security"}
KEYRING = "/usr/share/keyrings/healer-lab.gpg"


class Repository:
    """A repository in a folder. Its signing key is made with it and worth nothing outside the lab."""

    def __init__(self, folder: Path, key: Path, architecture: str, library: Path, program: Path) -> None:
        """Take the place (`folder`), the secret key's file, dpkg's architecture, a library and the program sleep(1) to copy."""
        self.folder, self._key, self._architecture, self._library, self._program = folder, key, architecture, library, program

    def create(self) -> None:
        """Make the key and two empty pockets."""
        (self.folder / "pool").mkdir(parents=True)
        with _gpg_home() as gpg:
            run([*gpg, "--passphrase", "", "--quick-generate-key", "healer lab <lab@healer-lab.invalid>", "ed25519", "sign", "0"])
            self._key.touch(mode=0o600)
            self._key.write_bytes(run([*gpg, "--export-secret-keys"]))
            self.keyring.write_bytes(run([*gpg, "--export"]))
        for suite in POCKETS.values():
            self._write_indexes(suite)

    @property
    def keyring(self) -> Path:
        """Return the public key's file, which belongs at KEYRING on every host."""
        return self.folder / "keyring.gpg"

    @property
    def source_lines(self) -> tuple[str, ...]:
        """Return the sources.list(5) lines for hosts."""
        return tuple(f"deb [signed-by={KEYRING}] http://{NAME}/{LOCAL} {suite} main" for suite in POCKETS.values())

    def publish(self, name: str, version: str, *, pocket: str = "security", seconds: int = 20) -> None:
        """Build a demo package into a pocket. Hosts see it after their next `apt-get update`."""
        if pocket not in POCKETS:
            raise LabError(f"There is no pocket {pocket}; there are {', '.join(POCKETS)}.")
        package = demo_package(name, version, library=self._library.read_bytes(), program=self._program.read_bytes(), seconds=seconds)
        suite = POCKETS[pocket]
        deb = self.folder / "pool" / suite / f"{name}_{version}_{self._architecture}.deb"
        deb.parent.mkdir(exist_ok=True)
        build(package, self._architecture, deb)
        deb.with_suffix(".control").write_text(control(package, self._architecture))
        self._write_indexes(suite)

    def _write_indexes(self, suite: str) -> None:
        dist = self.folder / "dists" / suite
        index = f"main/binary-{self._architecture}/Packages"
        content = "".join(self._entries(suite)).encode()
        by_hash = dist / index.replace("Packages", f"by-hash/SHA256/{hashlib.sha256(content).hexdigest()}")
        by_hash.parent.mkdir(parents=True, exist_ok=True)
        by_hash.write_bytes(content)
        (dist / index).write_bytes(content)
        self.sign(release(suite, self._architecture, index, content), dist / "InRelease")

    def _entries(self, suite: str) -> Iterator[str]:
        for deb in sorted((self.folder / "pool" / suite).glob("*.deb")):
            content = deb.read_bytes()
            place = f"Filename: pool/{suite}/{deb.name}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
            yield f"{deb.with_suffix('.control').read_text()}{place}\n"

    def sign(self, text: str, target: Path) -> None:
        """Write the text of a Release file, signed, as InRelease."""
        with _gpg_home() as gpg:
            run([*gpg, "--import"], stdin=self._key.read_bytes())
            draft = target.with_suffix(".part")
            draft.write_bytes(run([*gpg, "--clearsign"], stdin=text.encode()))
            draft.rename(target)


def release(suite: str, architecture: str, index: str, content: bytes) -> str:
    """Return the text of a Release file with one index."""
    return (
        f"Origin: Healer-Lab\nLabel: Healer-Lab\nSuite: {suite}\nCodename: {suite}\nVersion: 1\n"
        f"Date: {formatdate(usegmt=True)}\nArchitectures: {architecture}\nComponents: main\nAcquire-By-Hash: yes\n"
        f"SHA256:\n {hashlib.sha256(content).hexdigest()} {len(content)} {index}\n"
    )


def build(package: DemoPackage, architecture: str, deb: Path) -> None:
    """Write a .deb with dpkg-deb."""
    postinst = f'#!/bin/sh\nset -e\n[ "$1" = configure ] || exit 0\n{package.postinst}'
    with tempfile.TemporaryDirectory(prefix="healer-lab-") as folder:
        root = Path(folder, "root")
        write(root, "DEBIAN/control", control(package, architecture).encode())
        write(root, "DEBIAN/conffiles", "".join(f"{path}\n" for path in package.conffiles).encode())
        write(root, "DEBIAN/postinst", postinst.encode(), 0o755)
        if package.questions:
            write(root, "DEBIAN/templates", package.questions.encode())
            write(root, "DEBIAN/config", asking(package.questions).encode(), 0o755)
        for path, content in package.files.items():
            write(root, path.lstrip("/"), content, 0o755 if path in package.programs else 0o644)
        for made in (root, *root.rglob("*")):
            # dpkg-deb takes modes as they are, and the caller's umask may be strict.
            made.chmod(0o755 if made.is_dir() or made.stat().st_mode & 0o100 else 0o644)
        run(["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", str(root), str(deb)])


def asking(questions: str) -> str:
    """Return the script that puts every question of these debconf templates."""
    names = [line.removeprefix("Template: ") for line in questions.splitlines() if line.startswith("Template: ")]
    inputs = "".join(f"db_input critical {name} || true\n" for name in names)
    return f"#!/bin/sh\nset -e\n. /usr/share/debconf/confmodule\n{inputs}db_go || true\n"


def write(root: Path, path: str, content: bytes, mode: int = 0o644) -> None:
    """Write one file of a package's tree."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)


def native_architecture() -> str:
    """Return dpkg's name of this machine's architecture."""
    return run(["dpkg", "--print-architecture"]).decode().strip()


@contextmanager
def _gpg_home() -> Iterator[list[str]]:
    """Yield a gpg command with a home of its own, short because socket paths are limited; ends its agent afterwards."""
    with tempfile.TemporaryDirectory(prefix="hlgpg", dir="/tmp") as home:
        try:
            yield ["gpg", "--homedir", home, "--batch", "--quiet", "--no-tty"]
        finally:
            succeeds(["gpgconf", "--homedir", home, "--kill", "all"])
