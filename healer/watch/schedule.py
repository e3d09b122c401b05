"""The files that make cron or systemd call healer: pure texts, so that `show`, `install` and `remove` speak of the very same bytes.

Nothing in them hangs on the environment of whoever wrote them: every path is absolute, HOME and PATH are set. Nodes that were installed
from one image do not all begin in the same second: systemd draws a delay, and for cron one is derived from the node's identity.
"""

import hashlib
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from healer.model.errors import UsageError

Kind = Literal["cron", "systemd"]

MARK = "# Written by `healer schedule install`; `healer schedule remove` takes it away. Edits are lost when it is installed again."
CRON_FILE = "/etc/cron.d/healer"
UNITS = "/etc/systemd/system"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MINUTE, HOUR, DAY = 60, 3600, 86400
LONGEST_DELAY = 900
"""Seconds; and never more than half of the interval, so that two passes keep their distance."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be called, and how often. `command` is the program with an absolute path and its first words, `arguments` what follows
    `pass` or `watch`. `every` are seconds. `home` and `state` are absolute folders, `config` a file or empty. `node` is the identity
    that the delay is derived from.
    """

    command: tuple[str, ...]
    arguments: tuple[str, ...]
    home: str
    state: str
    node: str
    every: int = 300
    config: str = ""
    watch: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """One file: its absolute path and all that stands in it."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """The files of one kind, and the units that systemd is told to start (none for cron, which looks by itself)."""

    files: tuple[Text, ...]
    units: tuple[str, ...] = ()


def interval(text: str) -> int:
    """Return the seconds of `5m`, `1h` or `1d`.

    Raises UsageError for other words, and for what does not divide an hour or a day: neither cron nor a calendar would keep it evenly.
    """
    found = re.fullmatch(r"(\d{1,4})([mhd])", text.strip().lower())
    seconds = int(found[1]) * {"m": MINUTE, "h": HOUR, "d": DAY}[found[2]] if found else 0
    whole = HOUR if seconds < HOUR else DAY
    if not seconds or whole % seconds or seconds % min(seconds, HOUR):
        raise UsageError(f"--every {text}: is no part of an hour or of a day", advice="Say 1m, 5m, 15m, 1h, 6h or 1d.")
    return seconds


def schedule(kind: Kind, wanted: Wanted) -> Schedule:
    """Return the files. Raises UsageError for a watch by cron, and for paths that such a file cannot hold."""
    for word in (*wanted.command, *wanted.arguments, wanted.home, wanted.state, wanted.config):
        if re.search(r"[\x00-\x1f]", word):
            raise UsageError(f"{word!r} has a line feed or another control character in it", advice="Give the file a plain name.")
    if kind == "cron":
        return Schedule((Text(CRON_FILE, _cron(wanted)),))
    if wanted.watch:
        return Schedule((Text(f"{UNITS}/healer-watch.service", _watch_service(wanted)),), ("healer-watch.service",))
    files = (Text(f"{UNITS}/healer.service", _service(wanted)), Text(f"{UNITS}/healer.timer", _timer(wanted)))
    return Schedule(files, ("healer.timer",))


def paths(kind: Kind) -> tuple[str, ...]:
    """Return every file that `install` may have written for this kind, whatever it was asked for then."""
    names = ("healer.service", "healer.timer", "healer-watch.service")
    return (CRON_FILE,) if kind == "cron" else tuple(f"{UNITS}/{name}" for name in names)


def is_ours(text: str) -> bool:
    """Whether healer has written this."""
    return text.startswith(f"{MARK}\n")


def delay(node: str, every: int) -> int:
    """Return the seconds by which this node begins later than the clock says: the same at every call, and spread evenly over nodes."""
    number = int.from_bytes(hashlib.sha256(node.encode("utf-8", "surrogateescape")).digest()[:8])
    return number % (min(every // 2, LONGEST_DELAY) + 1)


def _cron(wanted: Wanted) -> str:
    """Return the file. A line of cron knows no quotes of its own: `%` ends it, everything else goes to the shell."""
    if wanted.watch:
        raise UsageError("--watch needs --systemd: cron starts nothing again that has ended", advice="Leave out --watch, or say --systemd.")
    words = " ".join(shlex.quote(word) for word in _words(wanted))
    line = f"{_times(wanted.every)} root sleep {delay(wanted.node, wanted.every)}; exec {words}".replace("%", "\\%")
    settings = [f"{name}={_cron_value(value)}" for name, value in _environment(wanted)]
    return "\n".join((MARK, "SHELL=/bin/sh", *settings, line)) + "\n"


def _cron_value(value: str) -> str:
    """Return the value in the quotes that cron takes off again: it has no escapes, so one kind of quotes must be free."""
    if '"' in value and "'" in value:
        raise UsageError(f"{value!r} has both kinds of quotes in it, which cron cannot hold", advice="Give the folder a plain name.")
    quote = "'" if '"' in value else '"'
    return f"{quote}{value}{quote}"


def _times(every: int) -> str:
    """Return cron's five fields."""
    if every < HOUR:
        return f"*/{every // MINUTE} * * * *"
    return f"0 */{every // HOUR} * * *" if every < DAY else "0 0 * * *"


def _service(wanted: Wanted) -> str:
    return _unit(
        MARK,
        "[Unit]",
        "Description=healer: one pass over the fleet",
        *_ONLINE,
        "",
        "[Service]",
        "Type=oneshot",
        *_common(wanted),
        "# 3: work was left for a window or a lock. 75: another healer is at it.",
        "SuccessExitStatus=3 75",
    )


def _timer(wanted: Wanted) -> str:
    spread = min(wanted.every // 2, LONGEST_DELAY)
    return _unit(
        MARK,
        "[Unit]",
        "Description=healer: when the next pass begins",
        "",
        "[Timer]",
        f"OnCalendar={_calendar(wanted.every)}",
        f"RandomizedDelaySec={spread}s",
        "AccuracySec=1s",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    )


def _calendar(every: int) -> str:
    """Return the times on the wall clock: only those can be caught up with (`Persistent`) after the node was off."""
    if every < HOUR:
        return f"*:0/{every // MINUTE}"
    return f"0/{every // HOUR}:00" if every < DAY else "daily"


def _watch_service(wanted: Wanted) -> str:
    return _unit(
        MARK,
        "[Unit]",
        "Description=healer: watches the fleet and heals its services",
        *_ONLINE,
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        "Type=exec",
        *_common(wanted),
        "Restart=on-failure",
        "RestartSec=30s",
        "# Bad inventory or wrong usage does not get better by itself.",
        "RestartPreventExitStatus=2 65",
        "SuccessExitStatus=3 75 143",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    )


_ONLINE = ("Wants=network-online.target", "After=network-online.target")


def _common(wanted: Wanted) -> Sequence[str]:
    """Return what both services have. A stop is one SIGTERM to healer alone; a later pass goes on with what was killed after that."""
    settings = [f"Environment={_systemd_word(f'{name}={value}')}" for name, value in _environment(wanted)]
    program, *rest = _words(wanted)
    words = " ".join((_systemd_word(program), *(_systemd_word(word).replace("$", "$$") for word in rest)))
    return (*settings, f"ExecStart={words}", "KillMode=mixed", "TimeoutStopSec=90s", "UMask=0077")


def _environment(wanted: Wanted) -> Sequence[tuple[str, str]]:
    known = (("HOME", wanted.home), ("PATH", PATH), ("HEALER_STATE_DIR", wanted.state), ("HEALER_CONFIG", wanted.config))
    return [(name, value) for name, value in known if value]


def _words(wanted: Wanted) -> tuple[str, ...]:
    return (*wanted.command, *(("watch",) if wanted.watch else ("pass", "--quiet")), *wanted.arguments)


def _systemd_word(word: str) -> str:
    """Return the word as a unit file holds it: `%` is doubled, and what is not plain stands in quotes."""
    plain = word.replace("%", "%%")
    if re.fullmatch(r"[A-Za-z0-9_@%+=:,./-]+", plain):
        return plain
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unit(*lines: str) -> str:
    return "\n".join(lines) + "\n"
