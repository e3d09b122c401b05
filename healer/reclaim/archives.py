"""Where archives go: to a folder on another healthy disk of the host that the policy names, else to the control node. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from healer.model.action import Action, Archive
from healer.model.facts import Disk
from healer.reclaim.guards import mount_of
from healer.reclaim.policy import LogsPolicy
from healer.reclaim.sources.contract import Candidate
from healer.reclaim.trouble import is_over

CONTROL = ""


@dataclass(slots=True)
class Shelves:
    """The policy's folders with the disks that they lie on; what is put on one of them counts against its room.

    An archive is counted with the size of what it holds: how well it will compress is not known.
    """

    folders: tuple[tuple[str, str], ...]
    disks: dict[str, Disk]
    over: int

    def place(self, mount: str, length: int) -> str:
        """Return the first folder that can take so many bytes from this mount, or the control node."""
        for folder, disk in self.folders:
            if disk != mount and self._has_room(self.disks[disk], length):
                held = self.disks[disk]
                self.disks[disk] = replace(held, used=held.used + length, available=held.available - length)
                return folder
        return CONTROL

    def _has_room(self, disk: Disk, length: int) -> bool:
        fuller = replace(disk, used=disk.used + length, available=disk.available - length)
        return fuller.available >= 0 and not disk.read_only and not is_over(fuller, self.over)


def shelves(policy: LogsPolicy, disks: Mapping[str, Disk]) -> Shelves:
    """Return the shelves; folders on no disk that was seen are none."""
    placed = ((folder, mount_of(folder, disks)) for folder in policy.archive_folders)
    return Shelves(tuple((folder, mount) for folder, mount in placed if mount), dict(disks), policy.over)


def placed(candidates: Iterable[Candidate], room: Shelves) -> tuple[Candidate, ...]:
    """Return the candidates with a place for each archive that has none, told in their words."""
    return tuple(_placed(candidate, room) for candidate in candidates)


def _placed(candidate: Candidate, room: Shelves) -> Candidate:
    """Return the candidate with all its archives that have no place yet in one place."""
    archives = [action.verb for action in candidate.actions if isinstance(action.verb, Archive)]
    if not archives:
        return candidate
    length = sum(max(0, verb.span.length) for verb in archives if not verb.folder)
    folder = room.place(candidate.mount, length) if length else CONTROL
    actions = tuple(_with_folder(action, folder) for action in candidate.actions)
    folders = dict.fromkeys(verb.folder or folder for verb in archives)
    where = ", ".join(f"in {one}" if one else "on the control node" for one in folders)
    return replace(candidate, actions=actions, how=f"{candidate.how}; archived {where} first")


def _with_folder(action: Action, folder: str) -> Action:
    verb = action.verb
    return replace(action, verb=replace(verb, folder=folder)) if isinstance(verb, Archive) and not verb.folder else action
