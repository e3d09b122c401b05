"""The commands about services: heal them, and why something was done about one, or not."""

from typing import Annotated

import typer

from healer.cli.options import Check, Common, Tasks, Yes
from healer.cli.request import RunRequest, extra_variables
from healer.cli.signature import example, takes

INVENTORY = "-i inventory.ini"


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    healing = (f"healer services --check {INVENTORY}", f"healer services -l web {INVENTORY}", f"healer services --rollback {INVENTORY}")
    app.command(epilog=example(*healing))(services)
    app.command(epilog=example("healer why web3", "healer why web3 nginx", "healer why web3 nginx --evidence"))(why)


@takes(tasks=Tasks, common=Common)
def services(
    *,
    check: Check = False,
    yes: Yes = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Undo exactly the package change that a crash is blamed on, where that can be proved.")
    ] = False,
    tasks: Tasks,
    common: Common,
) -> None:
    """Bring back services that crashed, and those that are alive but stuck; evidence is kept first, and each rung is verified."""
    from healer.cli.execute import start

    extra = {**extra_variables(tasks.extra_vars), **({"services_rollback": True} if rollback else {})}
    start(RunRequest("services", extra=extra, check=check, tags=tasks.tags, skip_tags=tasks.skip_tags, yes=yes), common)


@takes(common=Common)
def why(
    *,
    host: Annotated[str, typer.Argument(metavar="HOST", help="The host.")],
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="Only this service; all of the host when left out.")] = "",
    evidence: Annotated[bool, typer.Option("--evidence", help="Show what was kept before a service was restarted.")] = False,
    number: Annotated[int, typer.Option("--newest", help="How many entries, the newest.", min=1, metavar="N")] = 20,
    common: Common,
) -> None:
    """Tell why something was done about a service or not: what was found, by which rule, what was done, what came of it; newest first."""
    from healer.cli.reasons import tell_why

    tell_why(host, service, common, evidence=evidence, number=number)
