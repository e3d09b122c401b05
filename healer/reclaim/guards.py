"""What stands against taking anything from a file, by its place, its name and what the host shows of it. Pure.

Every guard must hold. What is not known counts as against it.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath

from healer.model.facts import Unknown
from healer.model.logs import LogFile
from healer.reclaim.names import like_a_log
from healer.reclaim.never import never
from healer.reclaim.policy import LogsPolicy
from healer.reclaim.words import who


def below(path: str, folder: str) -> bool:
    """Return whether the path lies in the folder or below it."""
    return path.startswith(folder if folder.endswith("/") else f"{folder}/")


def mount_of(path: str, mounts: Iterable[str]) -> str:
    """Return the mount point that the path lies on, the longest that it is below; empty when it is none of them."""
    above = {path, *map(str, PurePosixPath(path).parents)}
    return max((mount for mount in mounts if mount in above), key=len, default="")


def against(file: LogFile, policy: LogsPolicy, data_folders: frozenset[str] = frozenset()) -> str:
    """Return the first sentence that forbids to touch the file, or an empty text. `data_folders` as in never.never."""
    named = (_link(file), never(file.path, data_folders), _place(file, policy), _unlike(file))
    shown = (guard(file) for guard in (_identity, _disk, _names, _openers, _both, _mapped))
    return next(filter(None, (*named, *shown)), "")


def _link(file: LogFile) -> str:
    return f"it is a symbolic link to {file.link}: links are not followed" if file.link else ""


def _place(file: LogFile, policy: LogsPolicy) -> str:
    if not file.path.startswith("/") or "/../" in file.path or "\n" in file.path or "\0" in file.path:
        return "its path cannot be told apart from another one"
    if not any(below(file.path, folder) for folder in policy.paths):
        return f"it lies outside of the folders that the policy allows ({', '.join(policy.paths)})"
    forbidden = next((folder for folder in policy.forbidden if below(file.path, folder) or file.path == folder), "")
    return f"the policy forbids {forbidden}" if forbidden else ""


def _unlike(file: LogFile) -> str:
    told = like_a_log(file.path) or (file.deleted and any(writer.append for writer in file.writers))
    return "" if told else "neither its name nor its folder says that it is a log"


def _identity(file: LogFile) -> str:
    return "" if file.device > 0 and file.inode > 0 else "its device and inode are not known, so that another file could be taken for it"


def _disk(file: LogFile) -> str:
    return "" if file.mount else "it lies on no local disk"


def _names(file: LogFile) -> str:
    if file.deleted:
        return f"it has {file.links} names left, so that it is not deleted" if file.links > 0 else ""
    return "" if file.links == 1 else f"it has {file.links} names (hard links): another one may not be a log's"


def _openers(file: LogFile) -> str:
    return f"who has it open is not known: {file.openers.reason}" if isinstance(file.openers, Unknown) else ""


def _both(file: LogFile) -> str:
    both = [opener for opener in file.writers if opener.access == "both"]
    return f"{who(both)} has it open for reading and writing, as databases do: it is taken for data" if both else ""


def _mapped(file: LogFile) -> str:
    if isinstance(file.mapped, Unknown):
        return f"whether it is mapped into a process's memory is not known: {file.mapped.reason}"
    return "it is mapped into a process's memory" if file.mapped else ""
