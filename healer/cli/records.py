"""The commands that read the journal: history, show, ack, which lifts a hold, and release, which lifts a quarantine."""

from typing import Annotated

import typer

from healer.cli.options import Common
from healer.cli.signature import example, takes


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    app.command(epilog=example("healer history", "healer history -n 5 --json"))(history)
    app.command(epilog=example("healer show", "healer show 20260102-030405-1a2b", "healer show 20260102-030405-1a2b web3"))(show)
    app.command(epilog=example("healer ack web3", "healer ack web3 --yes", "healer ack web3 nginx"))(ack)
    app.command(epilog=example("healer release", "healer release nginx 1.22.1-9", "healer release nginx 1.22.1-9 --yes"))(release)


@takes(common=Common)
def history(
    *,
    number: Annotated[int, typer.Option("--number", "-n", help="How many runs.", min=1, metavar="N")] = 20,
    common: Common,
) -> None:
    """List past runs, newest first."""
    from healer.cli.past import list_runs

    list_runs(number, common)


@takes(common=Common)
def show(
    *,
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run, or the beginning of its name; the newest when left out.")] = "",
    host: Annotated[str, typer.Argument(metavar="HOST", help="Only this host, event by event.")] = "",
    common: Common,
) -> None:
    """Tell what a run did, or what happened on one of its hosts."""
    from healer.cli.past import show_run

    show_run(run_id, host, common)


@takes(common=Common)
def ack(
    *,
    host: Annotated[str, typer.Argument(metavar="HOST", help="The host.")],
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="A service of it that is in quarantine, instead of the host.")] = "",
    in_service: Annotated[bool, typer.Option("--in-service", help="A person has put it back into service: that is owed no more.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask. Without a terminal nothing is asked.")] = False,
    common: Common,
) -> None:
    """Say that a person has looked at a held host, or at a service in quarantine: runs may touch it again. Shows since when and why."""
    if service:
        from healer.cli.reasons import acknowledge_service

        if in_service:
            raise typer.BadParameter("--in-service is about a host; leave the service out")
        acknowledge_service(host, service, common, yes=yes)
        return
    from healer.cli.past import acknowledge

    acknowledge(host, common, in_service=in_service, yes=yes)


@takes(common=Common)
def release(
    *,
    package: Annotated[str, typer.Argument(metavar="PACKAGE", help="The package; all that is in quarantine is listed when left out.")] = "",
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The version.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask. Without a terminal nothing is asked.")] = False,
    common: Common,
) -> None:
    """Let a version be installed again that is in quarantine because a host was not well with it."""
    from healer.cli.quarantine import release as lift

    lift(package, version, common, yes=yes)
