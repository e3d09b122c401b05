"""From a mistake in a step's argument back to the variable of the inventory that holds it, through the templates in between. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from healer.model.host import Value
from healer.playbook.compile import has_template
from healer.playbook.needs import mentioned, texts

Path = tuple[str | int, ...]


def origin(arguments: Value, path: Sequence[str | int], written: Mapping[str, Value], own: Mapping[str, Value]) -> Path | None:
    """Return the way to a part of a host's variable: its name, then keys and numbers. None when no variable of the host is in it.

    `arguments` are raw, `path` leads to what is wrong in them once they are rendered. `written` are variables that stand above the host's
    own: those of the play, the task and the command line. Of several variables in one text the first of the host's is taken.
    """
    return _Search(written, own).follow(arguments, tuple(path), None, frozenset())


class _Search:
    def __init__(self, written: Mapping[str, Value], own: Mapping[str, Value]) -> None:
        self._written, self._own = written, own

    def follow(self, value: Value, path: Path, here: Path | None, seen: frozenset[str]) -> Path | None:
        """Go down the path as far as the value has it, then on through the variables that stand there. `here` is the way so far."""
        while path and not _is_template(value):
            part, path = path[0], path[1:]
            inner = _part(value, part)
            if inner:
                value, here = inner[0], None if here is None else (*here, part)
        if here is not None and not _is_template(value):
            return here
        found = (self._variable(name, path, seen) for name in _names(value) if name not in seen)
        return next((way for way in found if way is not None), here)

    def _variable(self, name: str, path: Path, seen: frozenset[str]) -> Path | None:
        if name in self._written:
            return self.follow(self._written[name], path, None, seen | {name})
        return self.follow(self._own[name], path, (name,), seen | {name}) if name in self._own else None


def _part(value: Value, part: str | int) -> tuple[Value, ...]:
    """Return the one part, or nothing where the value has no such part."""
    if isinstance(value, Mapping):
        return (value[part],) if part in value else ()
    return (value[part],) if isinstance(value, (list, tuple)) and isinstance(part, int) and part < len(value) else ()


def _is_template(value: Value) -> bool:
    return isinstance(value, str) and has_template(value)


def _names(value: Value) -> Iterator[str]:
    """Yield the variables that templates in the value speak of, in the order in which they stand there."""
    for text in texts(value):
        if has_template(text):
            yield from sorted(mentioned(text), key=lambda name, text=text: (text.find(name), name))  # type: ignore[misc]
