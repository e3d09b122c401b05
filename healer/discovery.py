"""A folder is a registry: every module of a plug-in room except `contract` is one plug-in, found by looking, never by a list."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TypeVar

Plugin = TypeVar("Plugin")


class HalfMadePlugin(Exception):
    """A file in a plug-in room that does not keep the room's contract: a defect of healer, found by its tests."""


@cache
def plugins(room: str, kind: type[Plugin]) -> Mapping[str, Plugin]:
    """Return the room's plug-ins by name, in order of name.

    `room` is a package such as `healer.steps`; each module in it (but `contract` and names that start with `_`) must hold `PLUGIN`, an
    instance of `kind` with a `name` that no other has. Raises HalfMadePlugin otherwise.
    """
    package = importlib.import_module(room)
    found: dict[str, Plugin] = {}
    for entry in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        if entry.name == "contract" or entry.name.startswith("_"):
            continue
        plugin = getattr(importlib.import_module(f"{room}.{entry.name}"), "PLUGIN", None)
        if not isinstance(plugin, kind):
            raise HalfMadePlugin(f"{room}.{entry.name} has no PLUGIN of type {kind.__name__}")
        name = str(getattr(plugin, "name", ""))
        if not name or name in found:
            raise HalfMadePlugin(f"{room}.{entry.name}: the name {name!r} is empty or taken")
        found[name] = plugin
    return MappingProxyType(found)
