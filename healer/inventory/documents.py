"""YAML and JSON text into plain values, with the line of every key: what the YAML reader and the variable files share.

Types are YAML 1.1's, as Ansible has them. JSON is tried first, as Ansible does: `1e5` is a number there and text in YAML.
"""

import copy
import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from healer.model.errors import InventoryError

_VAULT_ADVICE = "healer does not decrypt; keep secrets in a 0600 file named by become_password_file."
_TEMPLATE_MARKS = ("{{", "{%", "{#")

MOST_VALUES = 4_000_000
"""Ten thousand hosts with fifty variables each have half a million."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file's value. `lines` gives the line of each key by the identity of its mapping, empty for JSON."""

    file: str
    value: Any
    lines: Mapping[int, Mapping[Hashable, int]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def line_of(self, mapping: object, key: Hashable) -> int:
        """Return the line on which the key of that very mapping stands; 0 when not known."""
        return self.lines.get(id(mapping), {}).get(key, 0)


def parse(text: str, file: str) -> Document:
    """Return the value of a JSON or YAML text. Raises InventoryError with line and reason."""
    try:
        return Document(file, parse_json(text, file))
    except (json.JSONDecodeError, RecursionError):
        return _parse_yaml(text, file)


def shape_of(text: str) -> str:
    """Return `mapping`, `list`, `other` (a lone text, nothing at all, an empty mapping) or `broken`. Constructs nothing."""
    try:
        kinds = [type(event) for event in yaml.parse(text, Loader=_Loader)]
    except (yaml.YAMLError, RecursionError):
        return "mapping" if _is_json_object(text) else "broken"
    if kinds.count(yaml.DocumentStartEvent) > 1:
        return "broken"
    root = kinds[2] if len(kinds) > 3 else None
    if root is yaml.MappingStartEvent:
        return "other" if kinds[3] is yaml.MappingEndEvent else "mapping"
    return "list" if root is yaml.SequenceStartEvent else "other"


def _is_json_object(text: str) -> bool:
    """JSON may be indented with tabs, which YAML forbids."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _checked(value: Any, file: str) -> Any:
    """Refuse what JSON cannot say: raw bytes, a value inside itself, and aliases that unfold into millions of values."""
    count = 0
    above: set[int] = set()

    def walk(item: object) -> None:
        nonlocal count
        count += 1
        if count > MOST_VALUES:
            raise InventoryError(f"unfolds into more than {MOST_VALUES} values.", file=file)
        if isinstance(item, bytes):
            raise InventoryError("holds raw bytes (!!binary).", file=file, advice="Write text.")
        if isinstance(item, (dict, list, tuple, set)):
            if id(item) in above:
                raise InventoryError("has a value that contains itself.", file=file)
            above.add(id(item))
            for inner in item.values() if isinstance(item, dict) else item:
                walk(inner)
            above.discard(id(item))

    walk(value)
    return value


def parse_json(text: str, file: str) -> Any:
    """Return the value of a JSON text without the two wrappers that Ansible knows. Raises ValueError when it is not JSON."""

    def unwrap(value: dict[str, Any]) -> Any:
        if "__ansible_vault" in value:
            raise InventoryError("a value is encrypted by ansible-vault.", file=file, advice=_VAULT_ADVICE)
        return value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else value

    return _checked(json.loads(text, object_hook=unwrap), file)


def _parse_yaml(text: str, file: str) -> Document:
    loader = _Loader(text)
    loader.file, loader.lines, loader.notes = file, {}, []
    try:
        value = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise InventoryError(f"is not YAML: {error.problem or error.context}.", file=file, line=line, column=column) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InventoryError(f"is not YAML: {error}.", file=file) from error
    finally:
        loader.dispose()
    return Document(file, _checked(value, file), loader.lines, tuple(loader.notes))


def tree(text: str) -> yaml.Node | None:
    """Return the nodes of a YAML text, which know their places; None for what cannot be read as YAML, or says nothing."""
    try:
        return yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError):
        return None


def value_of(node: yaml.Node) -> Any:
    """Return the value that a node of `tree` stands for. Raises InventoryError, yaml.YAMLError and ValueError for what is no value."""
    loader = _Loader("")
    loader.file, loader.lines, loader.notes = "", {}, []
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


_Loader: Any = type("_Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {"__doc__": "PyYAML's safe types plus lines."})
"""The C parser where PyYAML was built with it: ten times as fast."""


def _construct_map(loader: Any, node: yaml.MappingNode) -> Iterator[dict[Hashable, Any]]:
    data: dict[Hashable, Any] = {}
    yield data
    written = [key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    data.update(loader.construct_mapping(node))
    lines: dict[Hashable, int] = {}
    for key_node in written:
        key, line = loader.construct_object(key_node, deep=True), key_node.start_mark.line + 1
        if key in lines:
            loader.notes.append(f"{loader.file}:{line}: {key!r} is also on line {lines[key]}; the last one counts")
        lines[key] = line
    loader.lines[id(data)] = lines


def _construct_unsafe(loader: Any, node: yaml.Node) -> Any:
    """`!unsafe` only says "no template" in Ansible: the value is what stands there."""
    copied = copy.copy(node)
    copied.tag = loader.resolve(type(node), node.value, (True, False))
    value = loader.construct_object(copied, deep=True)
    if any(mark in str(value) for mark in _TEMPLATE_MARKS):
        line = node.start_mark.line + 1
        loader.notes.append(
            f"{loader.file}:{line}: !unsafe is taken as plain text; where it is used in a playbook, its braces count as a template"
        )
    return value


def _refuse_vault(loader: Any, node: yaml.Node) -> Any:
    mark = node.start_mark
    message = "a value is encrypted by ansible-vault (!vault)."
    raise InventoryError(message, file=loader.file, line=mark.line + 1, column=mark.column + 1, advice=_VAULT_ADVICE)


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_map)
_Loader.add_constructor("!unsafe", _construct_unsafe)
_Loader.add_constructor("!vault", _refuse_vault)
_Loader.add_constructor("!vault-encrypted", _refuse_vault)
