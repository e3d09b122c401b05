"""The lab's repository once more, broken in one way each. They lie beside it on the lab's server, in folders of their own."""

import shutil
from collections.abc import Callable
from pathlib import Path

from healer.lab.lab import Lab
from healer.lab.machine import LabHost
from healer.lab.repository import KEYRING
from healer.lab.server import LOCAL, NAME

SUITE = "stable-security"


def missing(lab: Lab, folder: Path) -> None:
    """Take away what the index names."""
    for deb in folder.glob("pool/*/*.deb"):
        deb.unlink()


def altered(lab: Lab, folder: Path) -> None:
    """Give a package another content of the same size."""
    for deb in folder.glob("pool/*/*.deb"):
        content = deb.read_bytes()
        deb.write_bytes(content[:-8] + bytes(8))


def forged(lab: Lab, folder: Path) -> None:
    """Change what was signed."""
    release = folder / "dists" / SUITE / "InRelease"
    release.write_text(release.read_text().replace("Label: Healer-Lab", "Label: Forged-Lab"))


def unsigned(lab: Lab, folder: Path) -> None:
    """Take the signature away."""
    release = folder / "dists" / SUITE / "InRelease"
    text = release.read_text().partition("\n\n")[2].partition("-----BEGIN PGP SIGNATURE-----")[0]
    (release.parent / "Release").write_text(text)
    release.unlink()


def expired(lab: Lab, folder: Path) -> None:
    """Sign it well, but good until the year 2001 only."""
    release = folder / "dists" / SUITE / "InRelease"
    text = release.read_text().partition("\n\n")[2].partition("-----BEGIN PGP SIGNATURE-----")[0]
    lab.repository.sign(text.replace("Architectures:", "Valid-Until: Mon, 01 Jan 2001 00:00:00 UTC\nArchitectures:"), release)


WAYS: dict[str, Callable[[Lab, Path], None]] = {way.__name__: way for way in (missing, altered, forged, unsigned, expired)}


def point_at(lab: Lab, host: LabHost, way: str) -> None:
    """Break a copy of the repository in that way, and let the host know it and no other."""
    folder = lab.repository.folder / "broken" / way
    shutil.rmtree(folder, ignore_errors=True)
    for part in (f"dists/{SUITE}", f"pool/{SUITE}"):
        shutil.copytree(lab.repository.folder / part, folder / part)
    WAYS[way](lab, folder)
    host.write("/etc/apt/sources.list", f"deb [signed-by={KEYRING}] http://{NAME}/{LOCAL}/broken/{way} {SUITE} main\n")
    # Where this machine's clock or mirror is off its own apt looks away, and the lab's hosts with it. Here they must look.
    host.write("/etc/apt/apt.conf.d/99-look", 'Acquire::Check-Valid-Until "true";\nAcquire::Check-Date "true";\n')


def mend(lab: Lab, host: LabHost) -> None:
    """Give the host its own sources back."""
    host.write("/etc/apt/sources.list", "".join(f"{line}\n" for line in lab.repository.source_lines))
    host.run(["rm", "-f", "/etc/apt/apt.conf.d/99-look"])
