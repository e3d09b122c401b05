"""The one setting of this machine's kernel that labs need higher than its default, raised while labs are up and put back after.

Every systemd in a host takes inotify instances, and all hosts count as one user: from about 25 hosts on the default of 128 is used up, and
services in the hosts fail for reasons that have nothing to do with what is being tried.
"""

from pathlib import Path

INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
ENOUGH = 2048


def raise_limit(kept: Path, setting: Path = INSTANCES) -> None:
    """Raise the limit, and keep what it was in `kept`. Nothing happens when it is high enough, or was raised before."""
    before = int(setting.read_text())
    if before >= ENOUGH or kept.exists():
        return
    kept.write_text(f"{before}\n")
    setting.write_text(f"{ENOUGH}\n")


def put_back(kept: Path, setting: Path = INSTANCES) -> None:
    """Put the limit back, unless somebody else has changed it since."""
    if not kept.exists():
        return
    if int(setting.read_text()) == ENOUGH:
        setting.write_text(kept.read_text())
    kept.unlink()
