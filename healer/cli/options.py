"""Every option once. A command names `common` as its last parameter and gets all the common options in one value."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints

import typer

Inventories = Annotated[
    list[str] | None,
    typer.Option("--inventory", "-i", help="Inventory file, folder, script or `host1,host2,`. May be given several times.", metavar="PATH"),
]
Limit = Annotated[str | None, typer.Option("--limit", "-l", help="Only hosts of this pattern: `web:&prod:!h3`.", metavar="PATTERN")]
KnownHosts = Annotated[
    list[str] | None,
    typer.Option("--known-hosts", help="File with the hosts' keys, instead of the user's and the system's.", metavar="FILE"),
]
User = Annotated[str | None, typer.Option("--user", "-u", help="Log in as this user.", metavar="NAME")]
PrivateKey = Annotated[str | None, typer.Option("--private-key", help="Log in with this key.", metavar="FILE")]
AskBecomePass = Annotated[bool, typer.Option("--ask-become-pass", "-K", help="Ask for the sudo password of the hosts.")]
Database = Annotated[
    str | None, typer.Option("--database", help="Journal to use instead of the one in the state folder. No password in it.", metavar="URL")
]
Forks = Annotated[int | None, typer.Option("--forks", help="How many hosts are talked to at once.", min=1, max=500)]
Verbose = Annotated[int, typer.Option("--verbose", "-v", count=True, help="Say more; twice for every event.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


@dataclass(frozen=True, slots=True)
class Common:
    """What every command that talks to hosts or the journal understands."""

    inventory: Inventories = None
    limit: Limit = None
    known_hosts: KnownHosts = None
    user: User = None
    private_key: PrivateKey = None
    ask_become_pass: AskBecomePass = False
    database: Database = None
    forks: Forks = None
    verbose: Verbose = 0
    json: Json = False


def with_common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of Common; it receives them as its keyword `common`."""
    own = [parameter for parameter in inspect.signature(command).parameters.values() if parameter.name != "common"]
    hints = {name: hint for name, hint in get_type_hints(command, include_extras=True).items() if name not in ("common", "return")}
    shared = get_type_hints(Common, include_extras=True)
    keyword = inspect.Parameter.KEYWORD_ONLY
    added = [inspect.Parameter(f.name, keyword, default=f.default, annotation=shared[f.name]) for f in fields(Common)]

    @functools.wraps(command)
    def wrapper(**given: Any) -> None:
        common = Common(**{field.name: given.pop(field.name) for field in fields(Common)})
        command(**given, common=common)

    parameters = [one.replace(kind=keyword, annotation=hints[one.name]) for one in own]
    wrapper.__signature__ = inspect.Signature([*parameters, *added])  # type: ignore[attr-defined]  # how typer learns the options
    wrapper.__annotations__ = {**hints, **{name: shared[name] for name in shared}}
    del wrapper.__wrapped__
    return wrapper


def example(*lines: str) -> str:
    """Return the epilogue of a help page."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
