"""Reads apt's simulation and its policy table: what is pending, since when a fix is out, and what stays behind and why."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from healer.model.facts import Unchanged, Unknown, Update, Updates

_INST = re.compile(r"^Inst (\S+)(?: \[([^\]]+)\])? \((\S+) (.+?) \[([^\]]+)\]\)(?: \[.*\])?$")
_HEAD = re.compile(r"^  Installed: (.*)\n  Candidate: (.*)$", re.MULTILINE)
_GONE = re.compile(r"^(?:Remv|Purg) (\S+)")
_KEPT = "The following packages have been kept back"
_PHASED = "deferred due to phasing"


@dataclass(frozen=True, slots=True)
class _Row:
    """One `Inst` line."""

    name: str
    installed: str
    candidate: str
    origins: tuple[str, ...]
    architecture: str


@dataclass(frozen=True, slots=True)
class _Table:
    """One package of `apt-cache policy`: (version, comes from a security pocket) of all that is newer than installed, newest first."""

    installed: str
    candidate: str
    newer: tuple[tuple[str, bool], ...]

    @property
    def security(self) -> bool:
        """Whether a fix is among the versions up to the candidate, though the candidate itself may come from elsewhere."""
        if not any(security for _, security in self.newer):
            return False
        versions = [version for version, _ in self.newer]
        start = versions.index(self.candidate) if self.candidate in versions else 0
        return any(security for _, security in self.newer[start:])


_NOTHING = _Table("", "", ())


def parse_updates(text: str) -> Updates | Unchanged:
    """Return what apt_updates.sh printed. Raises ValueError when a section is missing or an `Inst` line cannot be read."""
    parts = _sections(text)
    fingerprint = "".join(parts.get("fingerprint", ()))
    if "same" in parts:
        return Unchanged(fingerprint, _age(_section(parts, "lists")))
    first = _section(parts, "simulation")
    chosen = parts.get("cautious", first)
    tables = dict(_policy(_section(parts, "policy")))
    sources = _sources(_section(parts, "sources"))
    held = tuple(sorted(line for line in _section(parts, "held") if line))
    rows = list(_rows(chosen))
    going = {row.name for row in rows}
    wanted = [row.name for row in (rows if chosen is first else _rows(first))]
    installable = [_update(row, tables, sources) for row in rows]
    words = _behind(first, chosen, wanted, held)
    behind = {name: word for name, word in words.items() if name not in going and _has_update(tables.get(name))}
    staying = [_waiting(name, word, tables[name], sources) for name, word in sorted(behind.items())]
    removals = tuple(match[1] for line in first if (match := _GONE.match(line)))
    return Updates((*installable, *staying), removals, held, _age(_section(parts, "lists")), fingerprint)


def _sections(text: str) -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {}
    for part in f"\n{text}".split("\n== ")[1:]:
        name, *lines = part.split("\n")
        parts.setdefault(name, []).extend(lines)
    return parts


def _section(parts: dict[str, list[str]], name: str) -> list[str]:
    if name not in parts:
        raise ValueError(f"apt's answer has no part {name!r}")
    return parts[name]


def _rows(lines: list[str]) -> Iterator[_Row]:
    for line in lines:
        if not line.startswith("Inst "):
            continue
        match = _INST.match(line)
        if match is None:
            raise ValueError(f"not a line of apt's simulation: {line[:120]!r}")
        name, installed, candidate, origins, architecture = match.groups()
        yield _Row(name, installed or "", candidate, tuple(origins.split(", ")), architecture)


def _update(row: _Row, tables: dict[str, _Table], sources: dict[str, str]) -> Update:
    table = tables.get(row.name, _NOTHING)
    security = table.security or any(is_security_origin(origin) for origin in row.origins)
    offered = tuple(version for version, _ in table.newer) or (row.candidate,)
    source = sources.get(row.name, "")
    return Update(row.name, row.architecture, row.installed, row.candidate, row.origins, security, source, offered=offered)


def _behind(first: list[str], chosen: list[str], wanted: list[str], held: tuple[str, ...]) -> dict[str, str]:
    """Return why a package may have an update that is not in the transaction: `held`, `phased` or `kept back`."""
    words = dict.fromkeys(wanted + _listed(chosen, _KEPT) + _listed(first, _KEPT), "kept back")
    words |= dict.fromkeys(_listed(first, _PHASED), "phased")
    return words | dict.fromkeys(held, "held")


def _has_update(table: _Table | None) -> bool:
    return table is not None and bool(table.installed) and table.candidate in [version for version, _ in table.newer]


def _waiting(name: str, word: str, table: _Table, sources: dict[str, str]) -> Update:
    package, _, architecture = name.partition(":")
    return Update(
        package if not architecture else name,
        architecture,
        table.installed,
        table.candidate,
        (),
        table.security,
        sources.get(name, ""),
        held=word == "held",
        phased=word == "phased",
        offered=tuple(version for version, _ in table.newer),
        kept_back=word == "kept back",
    )


def _listed(lines: list[str], heading: str) -> list[str]:
    """Return the names in the indented lines under a heading."""
    names: list[str] = []
    inside = False
    for line in lines:
        if not line.startswith("  "):
            inside = heading in line
        elif inside:
            names += line.split()
    return names


def _policy(lines: list[str]) -> Iterator[tuple[str, _Table]]:
    """Yield each package's name and table. What stands from the installed version (`***`) on is older than what can be had."""
    _, *blocks = re.split(r"^([^ \n].*)$", "\n".join(lines), flags=re.MULTILINE)
    for name, block in zip(blocks[::2], blocks[1::2], strict=True):
        yield name.removesuffix(":"), _table(block.partition("\n *** ")[0])


def _table(block: str) -> _Table:
    """Read one package's version table above the installed version; apt sorts it newest first."""
    head = _HEAD.search(block)
    installed, candidate = head.groups() if head else ("", "")
    newer: list[tuple[str, bool]] = []
    for line in block.split("\n"):
        if line.startswith("        "):
            if newer and is_security_place(line):
                newer[-1] = (newer[-1][0], True)
        elif line.startswith("     ") and line[5:6].strip():
            newer.append((line.split(maxsplit=1)[0], False))
    return _Table(installed.replace("(none)", ""), candidate.replace("(none)", ""), tuple(newer))


def is_security_origin(origin: str) -> bool:
    """Return whether `Label:Version/Suite` of a simulation is a security pocket: Debian's, Ubuntu's, or Ubuntu's extended one."""
    return origin.partition("/")[2].endswith("-security") or origin.startswith(("Debian-Security:", "UbuntuESM"))


def is_security_place(line: str) -> bool:
    """Return whether a place of `apt-cache policy` (`500 URL SUITE/COMPONENT ARCH Packages`) is a security pocket.

    Before Debian 11 its suite was `CODENAME/updates`: there only the URL tells.
    """
    words = line.split()
    if len(words) < 3:
        return False
    suite = words[2].rpartition("/")[0]
    return suite.endswith("-security") or (suite.endswith("/updates") and "security" in words[1])


def _sources(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        if line.count("\t") == 2:
            package, architecture, source = line.split("\t")
            found[f"{package}:{architecture}"] = source
            found.setdefault(package, source)
    return found


def _age(lines: list[str]) -> float | Unknown:
    """Return the seconds since the last refresh. The lists' own times are the archive's, so they say nothing about it."""
    values: dict[str, list[int]] = {}
    for line in lines:
        key, _, value = line.partition(" ")
        if value.strip().isdigit():
            values.setdefault(key, []).append(int(value))
    if not values.get("files", [0])[0]:
        return Unknown("there are no package lists: they were never refreshed")
    if "now" not in values or "touched" not in values:
        return Unknown("the time of the last refresh is not to be seen")
    return float(max(0, values["now"][0] - max(values["touched"])))
