"""One fact, several package managers: the host picks the first that rules there, and the answer says which one it was."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from healer.discovery import plugins
from healer.model.facts import Updates
from healer.platforms.packages.contract import PackageManager

Value = TypeVar("Value")
KNOWN = "healer_known_updates"
"""Among a host's variables: Updates of an earlier look, which count where nothing has changed. No inventory can hold such a value."""


def known_updates(variables: Mapping[str, object]) -> tuple[str, ...]:
    """Return the fingerprint of what is known of the host's updates, nothing where nothing is known."""
    known = variables.get(KNOWN)
    return (known.fingerprint,) if isinstance(known, Updates) and known.fingerprint else ()


def known_pending(variables: Mapping[str, object]) -> tuple[str, ...]:
    """Return that fingerprint and, after it, the packages that are installed and had an update."""
    known = variables.get(KNOWN)
    rows = known.pending if isinstance(known, Updates) else ()
    words = known_updates(variables)
    return (*words, *sorted({row.package.partition(":")[0] for row in rows if row.installed})) if words else ()


def managers() -> Mapping[str, PackageManager]:
    """Return every package-manager plug-in by name."""
    return plugins("healer.platforms.packages", PackageManager)


def dispatch(text_of: Callable[[PackageManager], str]) -> str:
    """Return shell text that prints `manager NAME` and then what that manager's text prints; it fails where none rules."""
    branches = [f"if {manager.detect}; then\necho 'manager {name}'\n{text_of(manager)}\n" for name, manager in managers().items()]
    none = "{ echo 'no package manager that healer knows rules this host' >&2; exit 1; }"
    return "el".join(branches) + f"else\n{none}\nfi\n"


def owners_function() -> str:
    """Return the shell function `owners`: paths in, `owner` lines out; silent where no manager can tell."""
    told = [(manager.detect, manager.owners_script) for manager in managers().values() if manager.owners_script]
    branches = [f"if {detect}; then\n{text}\n" for detect, text in told]
    return "owners() {\n" + "el".join(branches) + "else\ncat >/dev/null\nfi\n}\n"


def parse_by(parser_of: Callable[[PackageManager], Callable[[str], Value]], text: str) -> Value:
    """Return what the manager named in the first line makes of the rest. Raises ValueError when no manager is named."""
    first, _, rest = text.partition("\n")
    word, _, name = first.partition(" ")
    manager = managers().get(name)
    if word != "manager" or manager is None:
        raise ValueError(f"no package manager is named: {first[:80]!r}")
    return parser_of(manager)(rest)
