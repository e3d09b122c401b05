"""The `healer` command. Parses, calls, prints, exits; heavy libraries are imported by the commands that need them."""

import os
import sys
from collections.abc import Sequence

import typer

from healer import __version__
from healer.cli import lab, logs, looking, records, running, scheduling, services, tending
from healer.model.errors import HealerError

app = typer.Typer(
    name="healer",
    epilog="`healer COMMAND --help` has examples.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Keeps fleets of Linux servers patched, running and tidy over SSH, with nothing installed on them.",
)
running.register(app)
services.register(app)
looking.register(app)
records.register(app)
tending.register(app)
app.add_typer(logs.app, name="logs")
app.add_typer(scheduling.app, name="schedule")
app.add_typer(lab.app, name="lab")


WRONG_USAGE: type[Exception] = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")
"""Base of the parser's own complaints. Some releases of typer carry a click of their own, so it is found through typer."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"healer {__version__}")
        raise typer.Exit


@app.callback()
def _root(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version.")) -> None:
    """Take the options that stand before a command."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the code of docs/architecture.md; foreseeable faults are one or two lines, no traceback."""
    try:
        _arm(os.environ.get("HEALER_FAILPOINT", ""))
        code = app(args=arguments, standalone_mode=False)
    except typer.Abort:
        typer.echo("healer: left before anything was done", err=True)
        code = 130
    except WRONG_USAGE as error:
        error.show()  # type: ignore[attr-defined]  # every ClickException has it
        code = 2
    except HealerError as error:
        typer.echo(f"healer: {_lines(error)}", err=True)
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _arm(failpoint: str) -> None:
    """Let tests kill the process at a place of their choice, see `failpoints`."""
    if failpoint:
        from healer import failpoints

        failpoints.arm(failpoint)


def _lines(error: HealerError) -> str:
    return str(error) if not error.advice else str(error).replace(f" {error.advice}", f"\n        {error.advice}")
