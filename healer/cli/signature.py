"""Gives commands whole groups of options: `@takes(common=Common)` makes every field of Common an option of the command."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any, get_type_hints


def takes(**groups: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator: the command receives each group as one value under its keyword, the fields being options on the command line.

    The command's own options stand first in its help, then the groups in the order in which they are named.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapper(**given: Any) -> None:
            values = {name: kind(**{each.name: given.pop(each.name) for each in fields(kind)}) for name, kind in groups.items()}
            command(**given, **values)

        parameters = [*_own(command, groups), *(one for kind in groups.values() for one in _options(kind))]
        wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # how typer learns the options
        wrapper.__annotations__ = {one.name: one.annotation for one in parameters}
        del wrapper.__wrapped__
        return wrapper

    return decorate


def _own(command: Callable[..., None], groups: dict[str, type[Any]]) -> list[inspect.Parameter]:
    hints = get_type_hints(command, include_extras=True)
    own = [one for one in inspect.signature(command).parameters.values() if one.name not in groups]
    return [one.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[one.name]) for one in own]


def _options(kind: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    return [
        inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=hints[each.name])
        for each in fields(kind)
    ]


def example(*lines: str) -> str:
    """Return the epilogue of a help page."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
