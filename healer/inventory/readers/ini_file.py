"""Ansible's INI inventories: sections [group], [group:children], [group:vars]; one host, child or variable a line."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from healer.inventory.addresses import HostPattern, expand
from healer.inventory.files import read_bytes
from healer.inventory.literals import typed
from healer.inventory.marks import Written
from healer.inventory.readers.contract import ParsedGroup, ParsedSource, Reader
from healer.model.errors import InventoryError
from healer.model.host import Value
from healer.model.playbook import Where

_SECTION = re.compile(r"\[(?P<group>[^:\]\s]+)(?::(?P<kind>\w+))?\]\s*(?:#.*)?")
_CHILD = re.compile(r"(?P<group>[^:\]\s]+)\s*(?:#.*)?")
_NEEDS_SHELL_RULES = re.compile(r"[\"'\\#\x1f]|[^\x00-\x7f]")
"""Quotes, escapes, comments, and what only one of shlex and str.split takes for a space; other lines are split ten times as fast."""

_KINDS = ("hosts", "children", "vars")


@dataclass(slots=True)
class _Passage:
    """One section while its lines are read."""

    group: str
    kind: str
    line: int
    hosts: dict[str, dict[str, Value]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    children: list[str] = field(default_factory=list)
    variables: dict[str, Value] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def parsed(self) -> ParsedGroup:
        """Return it in the room's own shape."""
        return ParsedGroup(
            self.group,
            self.hosts,
            tuple(self.children),
            self.variables,
            declares=self.kind != "vars",
            ports=self.ports,
            line=self.line,
            lines=self.lines,
        )


def parse(content: bytes, source: str) -> ParsedSource:
    """Return what the text of an INI inventory says. Raises InventoryError with line and reason."""
    passages = [_Passage("ungrouped", "hosts", 0)]
    for number, line in _lines(content, source):
        try:
            if section := _section(line):
                passages.append(_Passage(*section, number))
            else:
                _take(passages[-1], line, number)
        except ValueError as error:
            raise InventoryError(f"{error}.", file=source, line=number) from error
    return ParsedSource(source, tuple(passage.parsed() for passage in passages))


def _lines(content: bytes, source: str) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines that say something. A comment may hold any bytes, everything else must be UTF-8."""
    try:
        texts = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        texts = [_decoded(line, source, number) for number, line in enumerate(content.splitlines(), 1)]
    for number, text in enumerate(texts, 1):
        line = text.strip()
        if line and line[0] not in "#;":
            yield number, line


def _decoded(line: bytes, source: str, number: int) -> str:
    if line.lstrip().startswith((b"#", b";")):
        return ""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise InventoryError("is not UTF-8 text.", file=source, line=number) from error


def _section(line: str) -> tuple[str, str] | None:
    match = _SECTION.fullmatch(line)
    if match is None:
        if line.startswith("[") and line.endswith("]"):
            raise ValueError(f"the section {line} is malformed; a group's name has no spaces, colons or brackets")
        return None
    kind = match["kind"] or "hosts"
    if kind not in _KINDS:
        raise ValueError(f"the section {match[0]} has the unknown type {kind!r}; the types are hosts, children and vars")
    return match["group"], kind


def _take(passage: _Passage, line: str, number: int) -> None:
    match passage.kind:
        case "hosts":
            _take_hosts(passage, line, number)
        case "children":
            _take_child(passage, line, number)
        case _:
            name, value = _assignment(line, line)
            passage.variables[name] = typed(value)


def _take_hosts(passage: _Passage, line: str, number: int) -> None:
    first, *rest = shlex.split(line, comments=True) if _NEEDS_SHELL_RULES.search(line) else line.split()
    pattern = _hosts(first)
    variables = {name: typed(value) for name, value in (_assignment(text, first) for text in rest)}
    for host in pattern.names:
        if host not in passage.hosts:
            passage.hosts[host] = {}
            passage.lines[host] = number
            if pattern.port is not None:
                passage.ports[host] = pattern.port
        passage.hosts[host].update(variables)


def _hosts(text: str) -> HostPattern:
    if text.startswith("---"):
        raise ValueError(f"{text!r} starts a YAML document, but this is not YAML from here on")
    if "=" in text:
        raise ValueError(f"{text!r} stands where a host is expected; variables of a group belong into a section [GROUP:vars]")
    return expand(text)


def _take_child(passage: _Passage, line: str, number: int) -> None:
    match = _CHILD.fullmatch(line)
    if match is None:
        raise ValueError(f"{line!r} is not the name of a group")
    passage.children.append(match["group"])
    passage.lines.setdefault(match["group"], number)


def _assignment(text: str, context: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise ValueError(
            f"{text!r} (after {context!r}) is not of the form key=value" if text != context else f"{text!r} is not of the form key=value"
        )
    if not name or len(name.split()) != 1:
        raise ValueError(f"{name!r} cannot be the name of a variable")
    return name, value


def _accepts(path: Path) -> bool:
    """Anything that no other reader claims is taken for INI, as Ansible does; but TOML looks so alike that it would half work."""
    return path.suffix != ".toml"


def _read(path: Path) -> ParsedSource:
    return parse(read_bytes(path), str(path))


def _written(path: Path) -> Iterator[Written]:
    group, kind = "ungrouped", "hosts"
    for number, line in _lines(read_bytes(path), str(path)):
        if section := _section(line):
            group, kind = section
            continue
        alone = _Passage(group, kind, number)
        _take(alone, line, number)
        where = Where(str(path), number)
        yield from (Written(name, where, group=group, plain=value) for name, value in alone.variables.items())
        for host, variables in alone.hosts.items():
            yield from (Written(name, where, host=host, plain=value) for name, value in variables.items())


PLUGIN = Reader(name="ini", rank=90, accepts=_accepts, read=_read, written=_written)
