"""Where a journal or a lock may not lie: file systems on which locks are known to hold nobody back."""

import re
from pathlib import Path

from healer.model.errors import JournalError

ELSEWHERE = "Choose another state folder with HEALER_STATE_DIR, or state_dir in the settings file."

MOUNTS = Path("/proc/self/mountinfo")
NETWORK = re.compile(r"nfs\d?|cifs|smb\w*|9p|fuse(\..+)?|afs|ceph|gfs2|glusterfs|ncpfs|virtiofs|vboxsf|lustre")


def require_local(path: Path, mounts: Path = MOUNTS) -> None:
    """Raise JournalError when `path` lies on a network file system. What has no mount table is believed to be local."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    kind = filesystem(table, path.resolve())
    if NETWORK.fullmatch(kind):
        raise JournalError(
            f"{path} lies on {kind}, where file locks cannot be trusted.",
            advice="Choose a local folder for state_dir, or PostgreSQL for the database.",
        )


def filesystem(table: str, path: Path) -> str:
    """Return the type of the file system that holds the absolute `path`, by a text like /proc/self/mountinfo; "" when none does.

    Fields: proc(5). The mount point is the fifth, with blanks as octal escapes; the type comes after a lone hyphen. Of two mounts at
    one place the later covers the earlier.
    """
    best, kind = -1, ""
    for line in table.splitlines():
        before, _, after = line.partition(" - ")
        point = Path(re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), before.split()[4]))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split()[0]
    return kind


def make_private(folder: Path) -> None:
    """Make a folder of the state folder, and that one too where it is not there yet, for their owner only. Raises OSError.

    `mkdir` gives its mode to the last folder only, and nobody can tell who comes first: a lock, a journal, or what a look remembers.
    """
    for one in (folder.parent, folder):
        one.mkdir(mode=0o700, parents=True, exist_ok=True)
