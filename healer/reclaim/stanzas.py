"""logrotate's stanzas: which one covers a log, whether it bounds its size, and how a bound is put into it or a new one is written. Pure.

The rules are those of logrotate.conf(5). `size` and `maxsize` bound a log; `minsize` does not.
"""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from healer.model.logs import LogFile, Logrotate, Stanza
from healer.reclaim.reopen import SIGNALS

FOLDER = "/etc/logrotate.d"
CAP = "100M"
KEPT = 7
CHECK = ("logrotate", "-d", "%s")
_PLAIN_PATH = re.compile(r"/[\w./@+,=:-]+", re.ASCII)
"""Paths that mean the same between quotes in logrotate's file: no pattern, no quote, no blank."""
_PLAIN_UNIT = re.compile(r"[\w:@.-]+\.service", re.ASCII)
_SCRIPT = re.compile(r"^[ \t]*(?:prerotate|postrotate|firstaction|lastaction|preremove)\b.*?^[ \t]*endscript\b", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_BLOCK = re.compile(r"(?P<head>[^{}]*)\{(?P<body>[^{}]*)\}")


def covering(path: str, known: Logrotate) -> Stanza | None:
    """Return the stanza that the path falls under, the first one: logrotate passes over a second one."""
    return next((one for one in known.stanzas if any(_covers(pattern, path) for pattern in one.patterns)), None)


def _covers(pattern: str, path: str) -> bool:
    """Return whether the pattern names the path, as glob(7) does, or the folder that it lies in."""
    return PurePosixPath(path).match(pattern) or str(PurePosixPath(path).parent) == pattern.rstrip("/")


def bound(stanza: Stanza, known: Logrotate) -> str:
    """Return what bounds the logs of the stanza, such as `maxsize 100M`: its own word or one for all; empty when nothing does."""
    common = [one.options for one in known.stanzas if not one.patterns and one.file in (stanza.file, known.stanzas[0].file)]
    options = {word: rest for some in (*common, stanza.options) for word, rest in some.items()}
    return next((f"{word} {options[word]}" for word in ("maxsize", "size") if word in options), "")


def bounded(text: str, stanza: Stanza) -> str:
    """Return the file's text with `maxsize` in the stanza; empty where its end does not stand in a line of its own."""
    masked = _COMMENT.sub(_blank, _SCRIPT.sub(_blank, text))
    found = next((one for one in _BLOCK.finditer(masked) if _patterns(one["head"]) >= set(stanza.patterns)), None)
    if found is None:
        return ""
    end = found.end() - 1
    begin = masked.rfind("\n", 0, end) + 1
    indent = re.search(r"\n([ \t]+)\S", found["body"])
    line = f"{indent[1] if indent else '    '}maxsize {CAP}\n"
    return "" if masked[begin:end].strip() else text[:begin] + line + text[begin:]


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _patterns(head: str) -> set[str]:
    return {word.strip("\"'") for word in head.split()}


def own_file(path: str) -> str:
    """Return where a stanza for this log goes. The name has no ending: logrotate leaves files of some endings out."""
    words = re.sub(r"[^A-Za-z0-9_-]+", "-", path.removeprefix("/var/log/").strip("/"))
    return f"{FOLDER}/healer-{words}"


def told(file: LogFile) -> Mapping[str, str]:
    """Return the signal for each unit that writes to the file, for those that are known to open their logs anew at one; else nothing."""
    units = {writer.unit: SIGNALS.get(writer.command, "") for writer in file.writers}
    return units if all(signal and _PLAIN_UNIT.fullmatch(unit) for unit, signal in units.items()) else {}


def can_be_named(path: str) -> bool:
    """Return whether the path can stand in logrotate's file as it is."""
    return _PLAIN_PATH.fullmatch(path) is not None


def written(path: str, signals: Mapping[str, str]) -> str:
    """Return the stanza. `create` without words gives the new file the mode and the owner of the old one."""
    words = ("daily", f"maxsize {CAP}", f"rotate {KEPT}", "compress", "delaycompress", "missingok", "notifempty", "create")
    kills = [f"        systemctl kill --signal={signal} --kill-who=main {unit}\n" for unit, signal in signals.items()]
    script = ["    postrotate\n", *kills, "    endscript\n"] if kills else []
    return "".join(["# By healer.\n", f'"{path}" {{\n', *(f"    {word}\n" for word in words), *script, "}\n"])
