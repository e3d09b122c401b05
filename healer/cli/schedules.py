"""Carries `healer schedule` out: what it is called with and from where is read once, here, and written down with absolute paths."""

import os
import pwd
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from healer import node
from healer.cli.context import Setting, prepare
from healer.cli.options import Common
from healer.inventory.sources import is_host_list, path_of
from healer.model.errors import UsageError
from healer.watch.installing import install, remove, state_of
from healer.watch.schedule import Kind, Schedule, Wanted, interval, paths, schedule


@dataclass(frozen=True, slots=True)
class Asked:
    """What stood on the command line."""

    cron: bool = False
    systemd: bool = False
    every: str = "5m"
    watch: bool = False
    root: str = "/"

    @property
    def kind(self) -> Kind:
        """Return which of the two. Raises UsageError for both and for none."""
        if self.cron == self.systemd:
            raise UsageError("say one of --cron and --systemd", advice="Example: healer schedule show --cron -i inventory.ini")
        return "cron" if self.cron else "systemd"


def show_files(asked: Asked, common: Common) -> None:
    """Print the files."""
    _print(_schedule(asked, common))


def install_files(asked: Asked, common: Common, *, force: bool, yes: bool) -> None:
    """Print the files, ask where a person is there to answer, write them. Raises UsageError for who may not, before anything is asked."""
    root = _root(asked, "install")
    wanted = _schedule(asked, common)
    _print(wanted)
    if all(state_of(file, root) == "same" for file in wanted.files):
        install(wanted, root, tell=asked.root == "/")
        typer.echo("this is installed already, word for word: nothing was changed", err=True)
        return
    if not yes and sys.stdin.isatty() and sys.stdout.isatty():
        typer.confirm("Write this?", abort=True, err=True)
    for path in install(wanted, root, force=force, tell=asked.root == "/"):
        typer.echo(f"written: {path}", err=True)
    if asked.root != "/" and wanted.units:
        typer.echo(f"in an image nothing is started: systemctl --root={asked.root} enable {' '.join(wanted.units)}", err=True)


def remove_files(asked: Asked) -> None:
    """Take the files away, and say of each that it is gone, or why it stays."""
    ours, others = remove(paths(asked.kind), _root(asked, "remove"), tell=asked.root == "/")
    for path in ours:
        typer.echo(f"removed: {path}", err=True)
    for path in others:
        typer.echo(f"left alone: {path}: healer did not write it", err=True)
    if not ours and not others:
        typer.echo("nothing of healer's is installed: nothing was changed", err=True)


def _root(asked: Asked, verb: str) -> Path:
    """Return the folder below which is worked. Raises UsageError for another user than root on the node itself."""
    kind = asked.kind
    if asked.root == "/" and os.geteuid() != 0:
        raise UsageError(
            f"schedule {verb} --{kind}: only root may write to {Path(paths(kind)[0]).parent}, and a user's own crontab or systemd --user"
            " is not written: it would not run while nobody is logged in, or with other rights than the hosts need",
            advice=f"Run `sudo healer schedule {verb} --{kind} ...`, or put what `healer schedule show` prints where you want it.",
        )
    return Path(asked.root)


def _schedule(asked: Asked, common: Common) -> Schedule:
    if common.ask_become_pass:
        raise UsageError("-K asks for a password, and nobody is there to type it", advice="Name a 0600 file: become_password_file.")
    setting = prepare(common)
    setting.limited(tuple(setting.inventory().hosts), setting.inventory())  # a mistake in either is told now, not at night
    return schedule(asked.kind, _wanted(asked, setting))


def _wanted(asked: Asked, setting: Setting) -> Wanted:
    config = os.environ.get("HEALER_CONFIG", "")
    return Wanted(
        command=_program(),
        arguments=tuple(_arguments(setting)),
        home=pwd.getpwuid(os.geteuid()).pw_dir,
        state=str(setting.settings.state_dir.absolute()),
        node=f"{node.machine_id()} {node.name()}",
        every=interval(asked.every),
        config=str(Path(config).absolute()) if config else "",
        watch=asked.watch,
    )


def _program() -> tuple[str, ...]:
    """Return this very healer: the script beside the Python that runs it, or that Python with the package."""
    script = Path(sys.executable).with_name("healer")
    return (str(script),) if script.is_file() else (sys.executable, "-m", "healer")


def _arguments(setting: Setting) -> Iterator[str]:
    """Yield the options that the pass is called with: those that were given here, every path of them absolute."""
    for source in setting.sources():
        yield from ("-i", source if is_host_list(source) else str(path_of(source).absolute()))
    common = setting.common
    if common.limit is not None:
        yield from ("-l", common.limit)
    for file in common.known_hosts or ():
        yield from ("--known-hosts", str(Path(file).expanduser().absolute()))
    if common.private_key:
        yield from ("--private-key", str(Path(common.private_key).expanduser().absolute()))
    for flag, value in (("--user", common.user), ("--database", common.database), ("--forks", common.forks)):
        if value is not None:
            yield from (flag, str(value))


def _print(wanted: Schedule) -> None:
    for number, file in enumerate(wanted.files):
        typer.echo(f"{'' if number == 0 else chr(10)}==> {file.path}")
        typer.echo(file.text, nl=False)
