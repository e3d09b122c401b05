"""The commands that look after a fleet by themselves: pass, for cron, and watch, which stays."""

from typing import Annotated

import typer

from healer.cli.options import Check, Common
from healer.cli.signature import example, takes


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    inventory = "-i inventory.ini"
    app.command("pass", epilog=example(f"healer pass --check {inventory}", f"healer pass --quiet {inventory}"))(one_pass)
    app.command(epilog=example(f"healer watch {inventory}", f"healer watch --light 5s --full 2m {inventory}"))(watch)


@takes(common=Common)
def one_pass(
    *,
    check: Check = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="For cron: print nothing when nothing was done and nothing is new.")] = False,
    common: Common,
) -> None:
    """Do everything that is due, once: finish what was cut off, heal services, make room, patch where a window is open."""
    from healer.cli.passes import pass_over

    raise typer.Exit(pass_over(common, check=check, quiet=quiet))


@takes(common=Common)
def watch(
    *,
    light: Annotated[
        str, typer.Option("--light", help="How often services are looked at, over a login that is kept.", metavar="TIME")
    ] = "10s",
    full: Annotated[str, typer.Option("--full", help="How often a full pass is done, 20% sooner or later.", metavar="TIME")] = "60s",
    common: Common,
) -> None:
    """Do what `pass` does, all the time: services are brought back within seconds. Ends in good order on SIGTERM or Ctrl-C."""
    from healer.cli.watches import seconds_of, watch_over

    raise typer.Exit(watch_over(common, seconds_of(light, "--light", 1.0), seconds_of(full, "--full", 10.0)))
