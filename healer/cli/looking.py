"""The commands that only look: ping, status, inventory, doctor; and trust, which writes a host key down on this node."""

from typing import Annotated

import typer

from healer.cli.options import Common
from healer.cli.signature import example, takes


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    app.command(epilog=example("healer ping -i inventory.ini", "healer ping -i inventory.ini -l 'web:!web3'"))(ping)
    app.command(epilog=example("healer status -i inventory.ini", "healer status -i inventory.ini --refresh --json"))(status)
    app.command(epilog=example("healer inventory --graph -i inventory.ini", "healer inventory --list -i inventory.ini"))(inventory)
    app.command(epilog=example("healer trust web1 -i inventory.ini", "healer trust 198.51.100.7 --fingerprint SHA256:AAAA..."))(trust)
    app.command(epilog=example("healer doctor", "healer doctor --json", "healer doctor --notify"))(doctor)


@takes(common=Common)
def ping(*, common: Common) -> None:
    """Log in to every host and say what works: login, host key, root, shell; or the reason why not."""
    from healer.cli.pinging import ping_all

    raise typer.Exit(ping_all(common))


@takes(common=Common)
def status(
    *,
    refresh: Annotated[bool, typer.Option("--refresh", help="Refresh the package lists on the hosts first (this writes there).")] = False,
    common: Common,
) -> None:
    """Say what rots, per host: updates, security, stale services, reboot owed, disks, failed units. Changes nothing."""
    from healer.cli.status import status_all

    raise typer.Exit(status_all(common, refresh=refresh))


@takes(common=Common)
def inventory(
    *,
    list_: Annotated[bool, typer.Option("--list", help="Everything as JSON.")] = False,
    graph: Annotated[bool, typer.Option("--graph", help="Groups and hosts as a tree.")] = False,
    host: Annotated[str, typer.Option("--host", help="One host's variables as JSON.", metavar="HOST")] = "",
    common: Common,
) -> None:
    """Print the inventory as healer understands it, in the form that ansible-inventory prints."""
    import json

    from healer.cli.context import prepare
    from healer.inventory.listing import as_graph, as_json
    from healer.model.errors import UsageError

    chosen = list_ + graph + bool(host)
    if chosen > 1 or (not chosen and not common.json):
        raise UsageError("say one of --list, --graph and --host HOST", advice="Example: healer inventory --graph -i inventory.ini")
    resolved = prepare(common).inventory()
    if host and host not in resolved.hosts:
        raise UsageError(f"there is no host {host} in the inventory", advice="See `healer inventory --graph`.")
    if graph and not common.json:
        typer.echo(as_graph(resolved).rstrip("\n"))
    elif host:
        listed = as_json(resolved)["_meta"]["hostvars"].get(host, {})  # type: ignore[index]  # JSON-shaped
        typer.echo(json.dumps(listed, indent=4, default=str))
    else:
        typer.echo(json.dumps(as_json(resolved), indent=4, default=str))


@takes(common=Common)
def trust(
    *,
    host: Annotated[str, typer.Argument(metavar="HOST", help="An inventory host, or an address.")],
    fingerprint: Annotated[str, typer.Option("--fingerprint", help="Enrol only this one, without asking.", metavar="SHA256:...")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask. Only where nobody can sit between.")] = False,
    common: Common,
) -> None:
    """Show a host's key fingerprint and write the key down, so that healer may log in from now on."""
    from healer.cli.trusting import trust_host

    raise typer.Exit(trust_host(host, fingerprint, common, yes=yes))


@takes(common=Common)
def doctor(
    *,
    notify: Annotated[bool, typer.Option("--notify", help="Send a test message to every notify URL.")] = False,
    common: Common,
) -> None:
    """Check this control node: Python, journal, SSH, clock, folders, notifications. Touches no host."""
    from healer.cli.checkup import check_up

    raise typer.Exit(check_up(common, notify=notify))
