"""`healer logs`: makes room on full disks with no line lost; `healer logs restore` brings a log back whole."""

from typing import Annotated

import typer

from healer.cli.options import Check, Common, Reclaiming, Tasks, Yes
from healer.cli.request import RunRequest, extra_variables
from healer.cli.signature import example, takes

app = typer.Typer(rich_markup_mode=None, epilog="")
INVENTORY = "-i inventory.ini"


@app.callback(
    invoke_without_command=True,
    epilog=example(
        f"healer logs --check {INVENTORY}",
        f"healer logs --over 90% --target 80% --keep 14d --archive /srv/logs {INVENTORY}",
        f"healer logs -l web -e '{{logs_sources: [cores, kernels]}}' {INVENTORY}",
        f"healer logs restore web1 /var/log/app.log -o app.log {INVENTORY}",
    ),
)
@takes(reclaiming=Reclaiming, tasks=Tasks, common=Common)
def logs(
    *,
    context: typer.Context,
    check: Check = False,
    yes: Yes = False,
    reclaiming: Reclaiming,
    tasks: Tasks,
    common: Common,
) -> None:
    """Give full disks room again: caches, old and open logs, the safest first. Each log is archived and verified before it is taken from.

    With --check it says which bytes would come from where, in which order, and why each file is safe to take from or is left alone.
    """
    if context.invoked_subcommand is not None:
        _refuse_options_before(context)
        return
    from healer.cli.execute import start
    from healer.cli.reclaiming import checked, warn

    extra = {**extra_variables(tasks.extra_vars), **checked(reclaiming)}
    warn(extra)
    start(RunRequest("logs", extra=extra, check=check, tags=tasks.tags, skip_tags=tasks.skip_tags, yes=yes), common)


def _refuse_options_before(context: typer.Context) -> None:
    """Refuse what would not be heard: the options of a command stand behind it. Raises BadParameter."""
    given = [name for name in context.params if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"]
    if given:
        raise typer.BadParameter(f"options of `healer logs {context.invoked_subcommand}` stand behind it: --{given[0].replace('_', '-')}")


@app.command(
    epilog=example(
        f"healer logs restore web1 /var/log/app.log -o app.log {INVENTORY}",
        f"healer logs restore web1 /var/log/app.log -o app.log --archived-only {INVENTORY}",
    )
)
@takes(common=Common)
def restore(
    *,
    host: Annotated[str, typer.Argument(metavar="HOST", help="The inventory host that the log is from.")],
    path: Annotated[str, typer.Argument(metavar="PATH", help="The log's path there.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Where the log is written (0600).", metavar="FILE")],
    archived_only: Annotated[
        bool, typer.Option("--archived-only", help="Only what is archived, without what is still in the log: for a host that is gone.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there already.")] = False,
    common: Common,
) -> None:
    """Bring a log back whole: its archived parts and what is still on the host, in order, each verified."""
    from healer.cli.restore import restore_log

    raise typer.Exit(restore_log(host, path, output, common, archived_only=archived_only, force=force))
