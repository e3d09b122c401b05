"""Read files that will be obeyed: only those that nobody but root and the caller can have written."""

import os
import stat
from pathlib import Path

from healer.model.errors import PlaybookError

LARGEST = 4 * 1024 * 1024
"""Bytes. No playbook that people write is larger; a larger file is a mistake or an attack."""


def read_trusted(path: Path, *, what: str = "playbook", owner: int | None = None) -> bytes:
    """Return the file's bytes. `what` is the word for it in messages, `owner` the caller's user id.

    Raises PlaybookError where the file or the folder that it lies in can be written by others, belongs to neither root nor
    the caller, is no regular file, or is larger than LARGEST. The file is judged
    through the open descriptor, so what is judged is what is read.
    """
    trusted = {0, os.geteuid() if owner is None else owner}
    try:
        with path.open("rb") as stream:
            _judge(os.fstat(stream.fileno()), path, what, trusted)
            _judge_folders(path, what, trusted)
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise PlaybookError(f"the {what} cannot be read: {error.strerror}.", file=str(path)) from error
    if len(content) > LARGEST:
        raise PlaybookError(f"the {what} is larger than {LARGEST // 1024 // 1024} MiB.", file=str(path))
    return content


def _judge_folders(path: Path, what: str, trusted: set[int]) -> None:
    for folder in dict.fromkeys((path.absolute().parent, path.resolve().parent)):
        _judge(folder.stat(), folder, f"folder of the {what}", trusted)


def _judge(status: os.stat_result, path: Path, what: str, trusted: set[int]) -> None:
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise PlaybookError(f"the {what} is not a regular file.", file=str(path))
    if status.st_uid not in trusted:
        raise PlaybookError(
            f"the {what} belongs to user {status.st_uid}, who is neither root nor you, and could change what is run.",
            file=str(path),
            advice="Give it to root or to yourself with chown.",
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PlaybookError(
            f"the {what} can be written by others (mode {stat.S_IMODE(status.st_mode):04o}).",
            file=str(path),
            advice="Run chmod go-w on it.",
        )
