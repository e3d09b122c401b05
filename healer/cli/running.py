"""The commands that change hosts, or say exactly what they would change: patch, run, plan, apply, resume."""

from typing import Annotated

import typer

from healer.cli.options import Check, Common, Patching, Tasks, Yes
from healer.cli.request import RunRequest, extra_variables
from healer.cli.signature import example, takes


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    inventory = "-i inventory.ini"
    app.command(epilog=example(f"healer patch --rolling {inventory}", f"healer patch --rolling --only openssl --check {inventory}"))(patch)
    app.command(epilog=example(f"healer plan {inventory} -o plan.json", "healer apply plan.json"))(plan)
    app.command(epilog=example("healer apply plan.json", "healer apply plan.json --yes --json"))(apply)
    app.command(epilog=example(f"healer run site.yml {inventory} -e version=1.2 --tags web --check"))(run)
    app.command(epilog=example("healer resume", "healer resume 20260102-030405-ab12 --settle web3=done"))(resume)


@takes(patching=Patching, tasks=Tasks, common=Common)
def patch(
    *,
    rolling: Annotated[
        bool, typer.Option("--rolling", help="Say aloud what patching always does: a few hosts at a time.", show_default=False)
    ] = True,
    check: Check = False,
    yes: Yes = False,
    patching: Patching,
    tasks: Tasks,
    common: Common,
) -> None:
    """Patch hosts a few at a time, canaries first, restarting only what must be restarted."""
    from healer.cli.execute import start

    del rolling
    extra = {**extra_variables(tasks.extra_vars), **patching.variables()}
    start(RunRequest("patch", extra=extra, check=check, tags=tasks.tags, skip_tags=tasks.skip_tags, yes=yes), common)


@takes(patching=Patching, tasks=Tasks, common=Common)
def plan(
    *,
    playbook: Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A file, or the name of a playbook.")] = "patch",
    output: Annotated[str, typer.Option("--output", "-o", help="Save the plan here (0600), for `healer apply`.", metavar="FILE")] = "",
    patching: Patching,
    tasks: Tasks,
    common: Common,
) -> None:
    """Say exactly what would be done per host, with the restarts to expect, and save it."""
    from healer.cli.execute import start

    extra = {**extra_variables(tasks.extra_vars), **patching.variables()}
    request = RunRequest(playbook, extra=extra, check=True, save_to=output, saving=True, tags=tasks.tags, skip_tags=tasks.skip_tags)
    start(request, common)


@takes(common=Common)
def apply(
    *,
    plan_file: Annotated[str, typer.Argument(metavar="PLAN", help="What `healer plan -o` saved.")],
    yes: Yes = False,
    common: Common,
) -> None:
    """Do exactly what a saved plan says; a host that has moved since is refused by name."""
    from healer.cli.execute import apply_plan

    apply_plan(plan_file, common, yes=yes)


@takes(tasks=Tasks, common=Common)
def run(
    *,
    playbook: Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A file, or the name of a playbook such as `patch`.")],
    check: Check = False,
    yes: Yes = False,
    tasks: Tasks,
    common: Common,
) -> None:
    """Run a playbook of your own, rolling."""
    from healer.cli.execute import start

    extra = extra_variables(tasks.extra_vars)
    start(RunRequest(playbook, extra=extra, check=check, tags=tasks.tags, skip_tags=tasks.skip_tags, yes=yes), common)


@takes(common=Common)
def resume(
    *,
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run; the newest unfinished one when left out.")] = "",
    settle: Annotated[
        list[str] | None,
        typer.Option("--settle", help="Say what became of an act that cannot be asked about.", metavar="HOST=done|redo"),
    ] = None,
    common: Common,
) -> None:
    """Go on with a run after a crash, a halt or Ctrl-C: nothing that is done is done twice."""
    from healer.cli.execute import resume_run

    resume_run(run_id, settle or [], common)
