"""Reads files that nobody else may read: passwords, and addresses with passwords in them."""

import os
import stat
from pathlib import Path

from healer.model.errors import InputError
from healer.model.secret import Secret

_LARGEST = 65_536


def read_password_file(name: str) -> Secret:
    """Return the first line of the file. Raises InputError when others may read it, it is not ours, or it is empty."""
    password = read_private(name, "the password file").partition("\n")[0].rstrip("\r")
    if not password:
        raise InputError("the password file is empty.", file=str(Path(name).expanduser()))
    return Secret(password)


def read_private(name: str, what: str) -> str:
    """Return the text of a file; `what` is what errors call it. Raises InputError when others may read it or it is not ours.

    The mode is asked of the opened file, so that it cannot be exchanged in between.
    """
    path = Path(name).expanduser()
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read(_LARGEST)
    except OSError as error:
        raise InputError(f"{what} cannot be read: {error.strerror}.", file=str(path)) from error
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
        raise InputError(f"{what} must be for its owner alone.", file=str(path), advice=f"Run `chmod 600 {path}`.")
    if status.st_uid not in {0, os.geteuid()}:
        raise InputError(f"{what} belongs to user {status.st_uid}, neither root nor you.", file=str(path))
    return content.decode(errors="surrogateescape")
