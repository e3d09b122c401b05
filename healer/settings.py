"""What healer itself is set to, as one frozen value: defaults < files < environment < flags.

Files are TOML: /etc/healer/healer.toml, then $XDG_CONFIG_HOME/healer/healer.toml, then the one that HEALER_CONFIG names. In the
environment each setting is HEALER_ and its name in capitals; lists are separated by colons, URLs by blanks.
"""

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

from healer.model.errors import InputError
from healer.model.secret import Secret

SYSTEM_FILE = Path("/etc/healer/healer.toml")
POLICIES = ("strict", "accept-new")


@dataclass(frozen=True, slots=True)
class Settings:
    """`forks` is how many hosts are worked on at once. None means: as ~/.ssh/config says.

    Seconds are `connect_timeout`, for a login, and `journal_timeout`, for a lock that another process holds on the journal.

    `notify` are apprise URLs that are told of incidents; `notify_file` names a file, 0600, with one in a line.

    `archive_dir` is where copies of logs are kept that hosts give away; empty means `archive` in `state_dir`.
    `database` is an SQLAlchemy URL; empty means a file in `state_dir`. `known_hosts` empty means the user's and the system's files.
    """

    state_dir: Path = field(default_factory=lambda: platformdirs.user_state_path("healer"))
    database: str = ""
    forks: int = 20
    inventory: tuple[str, ...] = ("/etc/healer/inventory.ini",)
    known_hosts: tuple[str, ...] = ()
    user: str | None = None
    private_key: str | None = None
    host_key_policy: str = "strict"
    connect_timeout: float = 15.0
    journal_timeout: float = 45.0
    archive_dir: str = ""
    notify: tuple[Secret, ...] = ()
    notify_file: str = ""

    @property
    def database_url(self) -> str:
        """The database, or the file that stands for it when none is set."""
        return self.database or f"sqlite:///{self.state_dir / 'journal.db'}"

    @property
    def archive_folder(self) -> Path:
        """The folder of the archives, or the one that stands for it when none is set."""
        return Path(self.archive_dir) if self.archive_dir else self.state_dir / "archive"


NAMES = tuple(setting.name for setting in fields(Settings))


def load(flags: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """Return the settings in force. Flags that are None or empty were not given.

    Raises InputError for a file that others may write, an unknown name, or a value of the wrong kind.
    """
    settings = Settings()
    for file in setting_files(environment):
        settings = replace(settings, **read_file(file))
    settings = replace(settings, **read_environment(environment))
    given = {name: value for name, value in flags.items() if value not in (None, (), [], "")}
    return replace(settings, **{name: _converted(name, value, InputError) for name, value in given.items()})


def setting_files(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files that are there, weakest first. The one that HEALER_CONFIG names must be there."""
    home = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME") or "~").expanduser() / ".config")
    usual = (SYSTEM_FILE, Path(home) / "healer" / "healer.toml")
    named = environment.get("HEALER_CONFIG")
    return (*(file for file in usual if file.is_file()), *((Path(named),) if named else ()))


def read_file(file: Path) -> Mapping[str, Any]:
    """Return the file's settings; relative paths in it are relative to its folder. Raises InputError."""
    text = _trusted_text(file)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not TOML: {error}.", file=str(file)) from error
    found = {}
    for name, value in content.items():
        complain = _complainer(file, text, name)
        if name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, n=1)
            raise complain(f"unknown setting {name}.", f"Did you mean {near[0]}?" if near else f"There are: {', '.join(NAMES)}.")
        found[name] = _anchored(name, _converted(name, value, complain), file.resolve().parent)
    return found


def read_environment(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the settings of the environment. Other variables that start with HEALER_ belong to others. Raises InputError."""
    found = {}
    for name in NAMES:
        variable = f"HEALER_{name.upper()}"
        text = environment.get(variable)
        if text:
            value = text.split(os.pathsep) if name in {"inventory", "known_hosts"} else text.split() if name == "notify" else text
            found[name] = _converted(name, value, lambda message, advice="", at=variable: InputError(message, file=at, advice=advice))
    return found


Complaint = Callable[..., InputError]


def _complainer(file: Path, text: str, name: str) -> Complaint:
    """Return how to complain about a setting: with the line where it stands."""

    def complain(message: str, advice: str = "") -> InputError:
        place = re.search(rf"^[ \t]*\[*[ \t]*[\"']?{re.escape(name)}\b", text, re.MULTILINE)
        return InputError(message, file=str(file), line=text.count("\n", 0, place.start()) + 1 if place else 0, advice=advice)

    return complain


def _trusted_text(file: Path) -> str:
    """Return the text of a file that nobody but root and the caller may write: settings say where keys and journals are."""
    try:
        with file.open(encoding="utf-8") as opened:
            status = os.fstat(opened.fileno())
            if status.st_uid not in {0, os.geteuid()} or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise InputError("others may write this file, so it is not believed.", file=str(file), advice=f"chmod go-w {file}")
            return opened.read()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}.", file=str(file)) from error
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8: {error.reason}.", file=str(file)) from error


def _converted(name: str, value: object, complain: Complaint) -> Any:
    """Return the value as the setting's own type."""
    try:
        return _converters.get(name, _text)(value)
    except (TypeError, ValueError) as error:
        raise complain(f"{name}: {error}.") from error


def _anchored(name: str, value: Any, folder: Path) -> Any:
    """Return paths of a settings file as absolute ones."""
    if name == "state_dir":
        return folder / value
    if name in {"private_key", "archive_dir", "notify_file"}:
        return str(folder / value)
    return tuple(str(folder / each) for each in value) if name in {"inventory", "known_hosts"} else value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"must be text, not {value!r}")
    return value


def _path(value: object) -> Path:
    return Path(value if isinstance(value, Path) else _text(value)).expanduser()


def _home_path(value: object) -> str:
    return str(_path(value))


def _paths(value: object) -> tuple[str, ...]:
    several = value if isinstance(value, (list, tuple)) else [value]
    return tuple(_home_path(each) for each in several)


def _urls(value: object) -> tuple[Secret, ...]:
    """Return the URLs, hidden from here on. A wrong value is not shown: it may hold a password."""
    several = value if isinstance(value, (list, tuple)) else [value]
    texts = [each.strip() for each in several if isinstance(each, str)]
    if len(texts) < len(several) or not all(texts):
        raise TypeError("must be a list of URLs, each a text")
    return tuple(map(Secret, texts))


def _forks(value: object) -> int:
    number = int(_text(value)) if not isinstance(value, int) else value
    if isinstance(value, bool) or not 1 <= number <= 1000:
        raise ValueError(f"must be a number from 1 to 1000, not {value!r}")
    return number


def _seconds(value: object) -> float:
    number = float(value) if isinstance(value, (int, float)) else float(_text(value))
    if isinstance(value, bool) or not 0 < number <= 3600:
        raise ValueError(f"must be more than 0 and at most 3600 seconds, not {value!r}")
    return number


def _policy(value: object) -> str:
    if value not in POLICIES:
        raise ValueError(f"must be one of {', '.join(POLICIES)}, not {value!r}")
    return str(value)


_converters: Mapping[str, Callable[[object], object]] = {
    "state_dir": _path,
    "forks": _forks,
    "inventory": _paths,
    "known_hosts": _paths,
    "private_key": _home_path,
    "archive_dir": _home_path,
    "notify": _urls,
    "notify_file": _home_path,
    "host_key_policy": _policy,
    "connect_timeout": _seconds,
    "journal_timeout": _seconds,
}
