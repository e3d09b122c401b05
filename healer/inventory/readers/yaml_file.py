"""Ansible's YAML (and JSON) inventories: groups at the top level, each with hosts, vars and children."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from healer.inventory.addresses import HostPattern, expand
from healer.inventory.documents import Document, parse, shape_of, tree
from healer.inventory.files import read_bytes, read_text
from healer.inventory.marks import Written, pairs, variables
from healer.inventory.readers.contract import ParsedGroup, ParsedSource, Reader
from healer.model.errors import InventoryError

_EXTENSIONS = (".yml", ".yaml", ".json")
_LOOKS_LIKE_INI = re.compile(r"\A(?:\s*(?:[#;][^\n]*)?\n)*\s*\[[^:\]\s]+(?::\w+)?\]\s*(?:#[^\n]*)?$", re.MULTILINE)
_LOOKS_LIKE_YAML = re.compile(r"\A(?:\s*(?:#[^\n]*)?\n)*(?:---|\{|[\w\"'-]+:\s*(?:#[^\n]*)?$)", re.MULTILINE)
_KEYS = ("hosts", "vars", "children")


def parse_text(text: str, source: str) -> ParsedSource:
    """Return what the text of a YAML or JSON inventory says. Raises InventoryError with line and reason."""
    document = parse(text, source)
    data = document.value
    if not isinstance(data, dict):
        raise InventoryError("must be a mapping of groups at its top level.", file=source, line=1)
    if data.get("plugin"):
        raise InventoryError(
            "configures an Ansible inventory plugin; healer has none of those.",
            file=source,
            line=document.line_of(data, "plugin"),
            advice=f"Give healer a script that runs `ansible-inventory -i {Path(source).name} --list`.",
        )
    passages = [passage for name in data for passage in _group(document, data, name)]
    return ParsedSource(source, tuple(passages), notes=document.notes)


def _group(document: Document, parent: dict[Any, Any], name: Any) -> Iterator[ParsedGroup]:
    """Yield a group's passages in the order of its keys, its children's passages before the one that links them."""
    line = document.line_of(parent, name)
    if not isinstance(name, str) or not name:
        raise _error(document, line, f"{name!r} cannot be the name of a group; put it in quotes")
    body = {} if parent[name] is None else parent[name]
    if not isinstance(body, dict):
        raise _error(document, line, f"the group {name!r} must be a mapping with hosts, vars or children, not {_kind(body)}")
    yield ParsedGroup(name, line=line)
    for key in body:
        entries = _entries(document, body, name, key)
        match key:
            case "hosts":
                yield _hosts(document, name, entries)
            case "vars":
                yield ParsedGroup(name, variables=_variables(document, entries, line), line=line)
            case _:
                yield from _children(document, name, entries)


def _entries(document: Document, body: dict[Any, Any], group: str, key: Any) -> dict[Any, Any]:
    line = document.line_of(body, key)
    if key not in _KEYS:
        hint = " This is what inventory scripts print, not what a file holds." if group == "_meta" else ""
        raise _error(document, line, f"the group {group!r} has the unknown key {key!r}; the keys are hosts, vars and children", hint)
    value = body[key]
    if isinstance(value, str):
        return {value: None}
    if value is not None and not isinstance(value, dict):
        raise _error(document, line, f"{key} of the group {group!r} must be a mapping, not {_kind(value)}; end each name with a colon")
    return value or {}


def _children(document: Document, name: str, entries: dict[Any, Any]) -> Iterator[ParsedGroup]:
    for child in entries:
        yield from _group(document, entries, child)
        line = document.line_of(entries, child)
        yield ParsedGroup(name, children=(child,), line=line, lines={child: line})


def _hosts(document: Document, group: str, entries: dict[Any, Any]) -> ParsedGroup:
    hosts: dict[str, Mapping[str, Any]] = {}
    ports: dict[str, int] = {}
    lines: dict[str, int] = {}
    for key, value in entries.items():
        line = document.line_of(entries, key)
        pattern = _pattern(document, key, line)
        variables = _variables(document, value or {}, line)
        for host in pattern.names:
            if pattern.port is not None and host not in hosts:
                ports[host] = pattern.port
            hosts[host] = {**hosts.get(host, {}), **variables}
            lines.setdefault(host, line)
    return ParsedGroup(group, hosts, ports=ports, lines=lines)


def _pattern(document: Document, key: Any, line: int) -> HostPattern:
    if not isinstance(key, str):
        raise _error(document, line, f"{key!r} cannot be the name of a host; put it in quotes")
    try:
        return expand(key)
    except ValueError as error:
        raise _error(document, line, str(error)) from error


def _variables(document: Document, value: Any, line: int) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _error(document, line, f"variables must be a mapping, not {_kind(value)}")
    for name in value:
        if not isinstance(name, str) or not name:
            raise _error(document, document.line_of(value, name) or line, f"{name!r} cannot be the name of a variable")
    return value


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "a truth value", int: "a number", float: "a number"}
    return names.get(type(value), f"a {type(value).__name__}")


def _error(document: Document, line: int, message: str, hint: str = "") -> InventoryError:
    return InventoryError(f"{message}.{hint}", file=document.file, line=line)


def _accepts(path: Path) -> bool:
    """Follow Ansible: what is a mapping is YAML, the rest INI. Broken text goes to the reader whose message will help."""
    if path.suffix not in {"", *_EXTENSIONS}:
        return False
    text = read_bytes(path).decode("utf-8-sig", errors="replace")
    match shape_of(text):
        case "mapping":
            return True
        case "list" | "broken":
            return not _LOOKS_LIKE_INI.match(text) if path.suffix else bool(_LOOKS_LIKE_YAML.match(text))
    return False


def _read(path: Path) -> ParsedSource:
    return parse_text(read_text(path), str(path))


def _written(path: Path) -> Iterator[Written]:
    yield from _written_of(str(path), tree(read_text(path)))


def _written_of(file: str, groups: yaml.Node | None) -> Iterator[Written]:
    """Yield the variables of these groups and of all below them."""
    for name, body in pairs(groups):
        for key, entries in pairs(body):
            match key.value:
                case "vars":
                    yield from variables(file, entries, group=str(name.value))
                case "hosts":
                    for pattern, own in pairs(entries):
                        for host in _pattern(Document(file, None), pattern.value, pattern.start_mark.line + 1).names:
                            yield from variables(file, own, host=host)
                case _:
                    yield from _written_of(file, entries)


PLUGIN = Reader(name="yaml", rank=50, accepts=_accepts, read=_read, written=_written)
