"""YAML with its places kept: every value knows the line and column that it was written at, so that a mistake can be pointed to."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from healer.model.errors import PlaybookError
from healer.model.host import Value
from healer.model.playbook import Where

MOST_NODES = 200_000
"""Values in one file once aliases are followed: stops files in which a few lines of aliases stand for billions of values."""

_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset(_CORE + name for name in ("null", "bool", "int", "float", "str", "timestamp"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping, where it stands, and its value."""

    key: Hashable
    where: Where
    node: "Node"


@dataclass(frozen=True, slots=True)
class Node:
    """One value as plain data, where it begins, the line of its first line of text, and its children with their places."""

    value: Value
    where: Where
    text_line: int = 0
    items: tuple["Node", ...] = ()
    entries: Mapping[Hashable, Entry] = field(default_factory=dict)

    def walk(self) -> Iterator["Node"]:
        """Yield this node and everything below it, in order of appearance."""
        yield self
        for item in self.items:
            yield from item.walk()
        for entry in self.entries.values():
            yield from entry.node.walk()


def fault(where: Where, message: str, advice: str = "") -> PlaybookError:
    """Return the error that points to a place in a file."""
    return PlaybookError(message, file=where.file, line=where.line, column=where.column, advice=advice)


def read_yaml(content: bytes, file: str) -> Node:
    """Return the one document of a YAML 1.1 text. Raises PlaybookError for syntax, binary data, duplicate keys and unknown tags."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PlaybookError("this is not UTF-8 text.", file=file, line=line, advice="Is this a playbook?") from error
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            raise PlaybookError("the file is empty.", file=file, advice="A playbook is a list of plays.")
        return _Builder(loader, file).node(root)
    except yaml.MarkedYAMLError as error:
        raise _syntax(error, file) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"the character {error.character:#04x} is not text."
        raise PlaybookError(message, file=file, line=line, advice="Is this a playbook?") from error
    except RecursionError as error:
        raise PlaybookError("the file is nested too deeply.", file=file) from error


def _syntax(error: yaml.MarkedYAMLError, file: str) -> PlaybookError:
    mark = error.problem_mark or error.context_mark
    words = ", ".join(part for part in (error.context, error.problem) if part)
    place = Where(file, mark.line + 1, mark.column + 1) if mark else Where(file)
    return fault(place, f"this is not YAML: {words}.", _advice(words))


def _advice(words: str) -> str:
    if "single document" in words:
        return "A playbook is one list of plays: remove the --- lines inside it."
    if "'\\t'" in words:
        return "Indent with spaces."
    return "Values that hold ': ' or begin with {, [, *, &, ! or % must be quoted."


class _Builder:
    """Turns composed nodes into ours, counting them."""

    def __init__(self, loader: yaml.SafeLoader, file: str) -> None:
        self._loader, self._file, self._left = loader, file, MOST_NODES
        self._open: set[int] = set()

    def node(self, raw: yaml.Node) -> Node:
        where = self._where(raw)
        self._left -= 1
        if self._left < 0:
            raise fault(where, f"the file stands for more than {MOST_NODES} values.", "Use fewer aliases.")
        if id(raw) in self._open:
            raise fault(where, "an alias contains itself.")
        self._open.add(id(raw))
        try:
            return self._of_kind(raw, where)
        finally:
            self._open.discard(id(raw))

    def _of_kind(self, raw: yaml.Node, where: Where) -> Node:
        if isinstance(raw, yaml.ScalarNode):
            line = where.line + 1 if raw.style in {"|", ">"} else where.line
            return Node(self._scalar(raw, where), where, line)
        if isinstance(raw, yaml.SequenceNode):
            self._core_tag(raw, where, "seq")
            items = tuple(self.node(item) for item in raw.value)
            return Node([item.value for item in items], where, items=items)
        self._core_tag(raw, where, "map")
        entries = self._entries(raw)
        return Node({key: entry.node.value for key, entry in entries.items()}, where, entries=entries)

    def _scalar(self, raw: yaml.ScalarNode, where: Where) -> Value:
        if raw.tag == "!unsafe":
            return _literal(str(raw.value), where)
        if raw.tag not in _SCALAR_TAGS:
            raise _unknown_tag(raw.tag, where)
        try:
            value: Value = self._loader.construct_object(raw)
        except ValueError as error:
            raise fault(where, f"{raw.value!r} is no valid value: {error}.", "Quote it when it is meant as text.") from error
        return value

    def _core_tag(self, raw: yaml.Node, where: Where, kind: str) -> None:
        if raw.tag != _CORE + kind:
            raise _unknown_tag(raw.tag, where)

    def _entries(self, raw: yaml.Node) -> dict[Hashable, Entry]:
        own: dict[Hashable, Entry] = {}
        merged: dict[Hashable, Entry] = {}
        for key, value in raw.value:
            if key.tag == _CORE + "merge":
                for inherited in self._merged(value):
                    merged.setdefault(inherited.key, inherited)
                continue
            entry = self._entry(key, value)
            if entry.key in own:
                raise fault(entry.where, f"the key {entry.key!r} stands here twice; first in line {own[entry.key].where.line}.")
            own[entry.key] = entry
        return {**{key: entry for key, entry in merged.items() if key not in own}, **own}

    def _entry(self, key: yaml.Node, value: yaml.Node) -> Entry:
        where = self._where(key)
        if not isinstance(key, yaml.ScalarNode):
            raise fault(where, "a key must be a plain word.", "A value that begins with {{ must be quoted: '{{ name }}'.")
        word = self._scalar(key, where)
        return Entry(word, where, self.node(value))

    def _merged(self, raw: yaml.Node) -> Iterator[Entry]:
        for part in raw.value if isinstance(raw, yaml.SequenceNode) else (raw,):
            if not isinstance(part, yaml.MappingNode):
                raise fault(self._where(part), "<< takes a mapping or a list of mappings.")
            yield from self.node(part).entries.values()

    def _where(self, raw: yaml.Node) -> Where:
        mark = raw.start_mark
        return Where(self._file, mark.line + 1, mark.column + 1)


def _literal(text: str, where: Where) -> str:
    """Return the text so that the renderer gives it back as it is: `!unsafe` marks text that only looks like a template."""
    if "{" not in text:
        return text
    if "endraw" in text:
        raise fault(where, "text marked !unsafe must not hold the word endraw.")
    return "{% raw %}" + text + "{% endraw %}"


def _unknown_tag(tag: str, where: Where) -> PlaybookError:
    if tag in {"!vault", "!vault-encrypted"}:
        advice = "healer reads no vault. Secrets come from become_password_file or from a file on the host."
        return fault(where, "encrypted values are refused for now.", advice)
    return fault(where, f"the YAML tag {tag.replace(_CORE, '!!')!r} is refused.", "Plain values, lists and mappings are enough.")
