"""Where journal and locks may lie."""

from pathlib import Path

import pytest

from healer.journal.filesystems import filesystem, require_local
from healer.model.errors import JournalError

TABLE = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /srv/with\\040blank rw - nfs4 server:/x rw
31 22 0:41 / /srv/with\\040blank/local rw master:2 propagate_from:1 - xfs /dev/sdb rw
32 22 0:42 / /mnt rw - ext4 /dev/sdc rw
33 22 0:43 / /mnt rw - fuse.sshfs host:/ rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/srv/with blank/state", "nfs4"),
        ("/srv/with blank/local/state", "xfs"),
        ("/srv/with blanket", "ext4"),
        ("/mnt/state", "fuse.sshfs"),
    ],
)
def test_nearest_mount_counts(path: str, kind: str) -> None:
    """The mount nearest to the path says the type; a later mount covers an earlier one at the same place."""
    assert filesystem(TABLE, Path(path)) == kind


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse", "fuse.glusterfs", "ceph"])
@pytest.mark.fault("C10")
def test_network_is_refused(kind: str, tmp_path: Path) -> None:
    """A folder on a network file system is refused with a way out."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 0:1 / / rw - {kind} x rw\n")
    with pytest.raises(JournalError, match=f"lies on {kind}.*PostgreSQL"):
        require_local(Path("/var/lib/healer"), mounts)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs"])
def test_local_is_fine(kind: str, tmp_path: Path) -> None:
    """A local file system is accepted."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 0:1 / / rw - {kind} x rw\n")
    require_local(Path("/var/lib/healer"), mounts)


def test_no_mount_table_is_believed(tmp_path: Path) -> None:
    """Where no mount table can be read, the folder is believed to be local."""
    require_local(tmp_path, tmp_path / "missing")
