"""A log whose writer is known to open it anew on a signal: it is renamed, and the next pass takes the renamed file, which nobody writes.

nginx(8) takes USR1 at its master, rsyslogd(8) and syslog-ng(8) take HUP. Room comes only with the next task; the rename needs a free
inode. So it is the way where the start of the file cannot be collapsed under its writer, and never on a disk that is full.
"""

from importlib.resources import files

from healer.model.action import Action, Run
from healer.model.facts import Disk
from healer.model.logs import LogFile
from healer.reclaim.candidates import STALE
from healer.reclaim.methods import Ground
from healer.reclaim.sources.contract import Candidate
from healer.reclaim.words import who

SIGNALS = {"nginx": "USR1", "rsyslogd": "HUP", "syslog-ng": "HUP"}
PATIENCE = 30
"""Seconds that the writers are given to let go of the renamed file."""
ROOM = 1024**2


def put_away(source: str, file: LogFile, disk: Disk, ground: Ground) -> Candidate | None:
    """Return the candidate that renames the file and signals its writer, or None where this is not the way."""
    names = {writer.command for writer in file.writers}
    signal = SIGNALS.get(next(iter(names)), "") if len(names) == 1 else ""
    collapses = ground.can("collapse") and all(writer.append for writer in file.writers)
    if not signal or collapses or file.deleted or _full(disk):
        return None
    master = min(file.writers, key=lambda one: (one.started, one.pid))
    words = (file.path, str(file.device), str(file.inode), signal, str(master.pid), str(master.started), str(PATIENCE))
    summary = f"put {file.path} away and let {master.command} open a new one"
    action = Action(
        summary, Run(("sh", "-c", shipped("reopen.sh"), "reopen", *words), timeout=2.0 * PATIENCE + 30), disruptive=False, makes_stale=STALE
    )
    fate = "archived and deleted" if ground.policy.archive else "deleted and not kept"
    how = f"rename: {who((master,))} opens a new file on {signal}; the renamed one is {fate} by the next task"
    return Candidate(source, file.path, file.mount, file.allocated, how, (action,), path=file.path, writer=who((master,)), later=True)


def _full(disk: Disk) -> bool:
    return disk.available < ROOM or (disk.inodes > 0 and disk.inodes - disk.inodes_used < 2)


def shipped(name: str) -> str:
    """Return the text of `scripts/NAME`."""
    return files("healer.reclaim").joinpath("scripts", name).read_text(encoding="utf-8")
