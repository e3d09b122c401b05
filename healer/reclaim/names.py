"""What a file's name says: that it is a log, that it was rotated away, and by which name it was written before. Pure.

The shapes are those of logrotate(8) (a number, `dateext`, the compressors), of savelog(8), of the log frameworks that put the date
in the middle, and healer's own `PATH.healer-STAMP`.
"""

import re
from pathlib import PurePosixPath

_SEALED = r"\.(?:gz|xz|bz2|zst|lz4|lzma|Z)"
_DATE = r"\d{4}-?\d{2}-?\d{2}(?:[-_.T]?\d{2,6}Z?)*"
_SET_ASIDE = r"\.healer-\d{8}T\d{6}Z(?:-\d+)?"
_TURN = rf"(?:[.-]{_DATE}|\.\d{{1,4}}|[.-]old|{_SET_ASIDE})"
_ROTATED = re.compile(rf"(?P<stem>.+?)(?:{_TURN}{{1,2}}(?:{_SEALED})?|{_SEALED})")
_DATED = re.compile(rf"(?P<stem>.+?)[._-]{_DATE}(?:[.-]\d{{1,4}})?(?P<end>\.(?:log|txt|out|err))(?P<sealed>{_SEALED})?")
_ASIDE = re.compile(rf"(?P<stem>.+){_SET_ASIDE}(?:{_SEALED})?")
_LOG = re.compile(
    r"(?:^|[^a-z])logs?(?:[^a-z]|$)|(?:access|app|audit|error|mail|query|slow|sys)log|\.(?:err|out|stderr|stdout|trace)$", re.IGNORECASE
)
_LOG_FOLDER = re.compile(r"(?:.*[._-])?logs?", re.IGNORECASE)


def was_rotated(path: str) -> bool:
    """Return whether the name is one that only a log which was put away has."""
    name = PurePosixPath(path).name
    return bool(_ROTATED.fullmatch(name) or _DATED.fullmatch(name))


def is_dated(path: str) -> bool:
    """Return whether a date stands in the middle of the name: today's log has such a name too while it is written."""
    dated = _DATED.fullmatch(PurePosixPath(path).name)
    return dated is not None and not dated["sealed"]


def set_aside(path: str) -> bool:
    """Return whether healer itself put the file away, by a rename after which its writer opened a new one."""
    return _ASIDE.fullmatch(PurePosixPath(path).name) is not None


def original(path: str) -> str:
    """Return the path of the log that healer put away under this name; any other path as it is."""
    found = _ASIDE.fullmatch(path)
    return found["stem"] if found else path


def stem(name: str) -> str:
    """Return the name as it was before rotation and compression."""
    dated = _DATED.fullmatch(name)
    if dated:
        return f"{dated['stem']}{dated['end']}"
    found = _ROTATED.fullmatch(name)
    return found["stem"] if found else name


def like_a_log(path: str) -> bool:
    """Return whether the name, or a folder that it lies in, says that this is a log."""
    place = PurePosixPath(path)
    return bool(_LOG.search(stem(place.name))) or any(_LOG_FOLDER.fullmatch(part) for part in place.parts[:-1])
