"""The commands that look after a fleet by themselves: pass, for cron, and watch, which stays."""

from typing import Annotated

import typer

from healer.cli.options import Check, Common
from healer.cli.signature import example, takes


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    inventory = "-i inventory.ini"
    app.command("pass", epilog=example(f"healer pass --check {inventory}", f"healer pass --quiet {inventory}"))(one_pass)


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
