"""`healer schedule`: prints, writes and takes away the files by which cron or systemd calls healer."""

from typing import Annotated

import typer

from healer.cli.options import Common
from healer.cli.signature import example, takes

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Have cron or systemd call healer: show, install, remove the files.")
INVENTORY = "-i inventory.ini"

Cron = Annotated[bool, typer.Option("--cron", help="A file in /etc/cron.d.")]
Systemd = Annotated[bool, typer.Option("--systemd", help="A service and a timer in /etc/systemd/system.")]
Every = Annotated[str, typer.Option("--every", help="How often a pass begins: a part of an hour or of a day.", metavar="TIME")]
Watch = Annotated[bool, typer.Option("--watch", help="A service that runs `healer watch` all the time, instead of passes (systemd only).")]
Root = Annotated[
    str, typer.Option("--root", help="Work on the files below this folder, an image for instance; nothing is started.", metavar="DIR")
]


@app.command(epilog=example(f"healer schedule show --cron {INVENTORY}", f"healer schedule show --systemd --every 15m {INVENTORY}"))
@takes(common=Common)
def show(*, cron: Cron = False, systemd: Systemd = False, every: Every = "5m", watch: Watch = False, common: Common) -> None:
    """Print the files that `install` would write. Changes nothing."""
    from healer.cli.schedules import Asked, show_files

    show_files(Asked(cron=cron, systemd=systemd, every=every, watch=watch), common)


@app.command(epilog=example(f"healer schedule install --cron {INVENTORY}", f"healer schedule install --systemd --watch {INVENTORY} --yes"))
@takes(common=Common)
def install(
    *,
    cron: Cron = False,
    systemd: Systemd = False,
    every: Every = "5m",
    watch: Watch = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there already.")] = False,
    root: Root = "/",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing. Without a terminal nothing is asked.")] = False,
    common: Common,
) -> None:
    """Print the files, write them, and have systemd start its timer. A second time it changes nothing. Needs root."""
    from healer.cli.schedules import Asked, install_files

    install_files(Asked(cron=cron, systemd=systemd, every=every, watch=watch, root=root), common, force=force, yes=yes)


@app.command(epilog=example("healer schedule remove --cron", "healer schedule remove --systemd"))
def remove(*, cron: Cron = False, systemd: Systemd = False, root: Root = "/") -> None:
    """Take away the files that healer wrote, and no other. Needs root."""
    from healer.cli.schedules import Asked, remove_files

    remove_files(Asked(cron=cron, systemd=systemd, root=root))
