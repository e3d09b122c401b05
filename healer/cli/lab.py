"""`healer lab`: real throw-away servers on this machine, for a first try and for tests."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from platformdirs import user_state_path

from healer.model.errors import LabError

if TYPE_CHECKING:
    from rich.console import Console

    from healer.lab.lab import Lab


app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Real throw-away servers on this machine (systemd-nspawn; needs root). Nothing of them is left after `down`.",
)

Name = Annotated[str, typer.Option("--name", help="Which lab; several can be up at once.")]
Directory = Annotated[Path | None, typer.Option("--directory", help="Where labs are kept. [default: healer's state folder]")]


@app.command(epilog="Examples:  healer lab up   |   healer lab up --hosts 6 --behind-jump 2   |   healer lab up --archive none")
def up(
    *,
    hosts: Annotated[int, typer.Option("--hosts", min=1, max=99, help="How many hosts: h1, h2, ...")] = 4,
    name: Name = "lab",
    archive: Annotated[
        str, typer.Option("--archive", help="`updates`: the distribution's real updates are pending. `none`: only the lab's packages.")
    ] = "updates",
    package: Annotated[list[str] | None, typer.Option("--package", help="One more package for every host; may be repeated.")] = None,
    behind_jump: Annotated[int, typer.Option("--behind-jump", help="So many hosts, the last ones, are reached through h1 only.")] = 0,
    var_log_mb: Annotated[int | None, typer.Option("--var-log-mb", help="Give every host a /var/log of its own, this small.")] = None,
    directory: Directory = None,
) -> None:
    """Build hosts and wait until they have booted: seconds, and half a minute more the first time."""
    from healer.lab.lab import Lab

    console = _console()
    with _terminated_like_interrupted():
        for folder in Lab.sweep():
            console.print(f"removed what an earlier run had left in {folder}", style="dim", markup=False)
        lab = Lab.up(
            hosts,
            directory=_state(directory),
            name=name,
            progress=lambda line: console.print(line, style="dim", markup=False, highlight=False),
            archive=archive,
            extra_packages=tuple(package or ()),
            behind_jump=behind_jump,
            var_log_mb=var_log_mb,
        )
    _show(console, lab)
    _advise(console, lab, name)


@app.command(epilog="Example:  healer lab down --name trial")
def down(*, name: Name = "lab", directory: Directory = None) -> None:
    """Remove a lab and everything that belongs to it. May be repeated."""
    from healer.lab.teardown import sweep, take_down

    _need_root()
    take_down(_folder(name, directory))
    sweep()
    _console().print(f"The lab {name} is gone.", markup=False)


@app.command(epilog="Example:  healer lab status")
def status(*, name: Name = "lab", directory: Directory = None) -> None:
    """Show a lab's hosts and whether they run."""
    console = _console()
    lab = _load(name, directory)
    _show(console, lab)
    console.print(f"inventory: {lab.inventory}", markup=False, soft_wrap=True)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="Examples:  healer lab ssh h1   |   healer lab ssh ops@h2 -- sudo -n id",
)
def ssh(
    context: typer.Context,
    host: Annotated[str, typer.Argument(help="h1, or ops@h1, or opspw@h1.")],
    *,
    name: Name = "lab",
    directory: Directory = None,
) -> None:
    """Log in to a host, as root unless told otherwise, or run a command there."""
    lab = _load(name, directory)
    lab.host(host.rpartition("@")[2])
    _become(["ssh", "-F", str(lab.ssh_config), host, *context.args])


def _become(argv: list[str]) -> NoReturn:
    """Turn into another program; the terminal and the exit code are then its own."""
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - an argument list of our own
    except FileNotFoundError as error:
        raise LabError(f"{argv[0]} is not installed.", advice="apt-get install openssh-client") from error


def _load(name: str, directory: Path | None) -> "Lab":
    from healer.lab.lab import Lab

    _need_root()
    return Lab.load(_folder(name, directory))


def _need_root() -> None:
    if os.geteuid() != 0:
        raise LabError("Only root may see and change a lab.", advice="Use sudo.")


def _state(directory: Path | None) -> Path:
    chosen = directory or os.environ.get("HEALER_STATE_DIR")
    return Path(chosen) if chosen else user_state_path("healer")


def _folder(name: str, directory: Path | None) -> Path:
    from healer.lab.register import lab_folder

    return lab_folder(_state(directory), name)


def _console() -> "Console":
    from rich.console import Console

    return Console()


def _show(console: "Console", lab: "Lab") -> None:
    from rich.table import Table

    table = Table("host", "address", "state", "reached")
    for host in lab.hosts:
        state = "running" if host.running() else "off"
        table.add_row(host.name, host.address, state, f"through {lab.hosts[0].name}" if host.behind_jump else "directly")
    console.print(table)


def _advise(console: "Console", lab: "Lab", name: str) -> None:
    option = "" if name == "lab" else f" --name {name}"
    lines = (
        f"healer status -i {lab.inventory}",
        f"healer patch --rolling -i {lab.inventory}",
        f"healer lab ssh h1{option}",
        f"healer lab down{option}",
    )
    console.print("\nNext:", *(f"  {line}" for line in lines), sep="\n", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM unwind as Ctrl-C does, so that a lab that is half built is taken down."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
