"""The commands that change hosts, or say exactly what they would change: patch, run, plan, apply, resume."""

from enum import StrEnum
from typing import Annotated

import typer

from healer.cli.options import Common, example, with_common
from healer.cli.request import RunRequest, extra_variables

Check = Annotated[bool, typer.Option("--check", help="Change nothing; print exactly what would be done. Exit code 3 when there is work.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before starting. Without a terminal nothing is asked.")]
Extra = Annotated[
    list[str] | None,
    typer.Option("--extra-vars", "-e", help="Variable that wins over all others; `@FILE` reads YAML.", metavar="KEY=VALUE"),
]
Tags = Annotated[list[str] | None, typer.Option("--tags", "-t", help="Only tasks with one of these tags; commas allowed.")]
SkipTags = Annotated[list[str] | None, typer.Option("--skip-tags", help="No tasks with one of these tags.")]
Canary = Annotated[int | None, typer.Option("--canary", help="So many hosts of each budget group go first, alone.", min=0)]
MaxUnavailable = Annotated[
    str | None, typer.Option("--max-unavailable", help="Hosts of a group that may be out of service at once.", metavar="N|N%")
]
MaxFailures = Annotated[int | None, typer.Option("--max-failures", help="Failed hosts that are borne before nobody new is started.", min=0)]
Soak = Annotated[str | None, typer.Option("--soak", help="How long a host is watched in service before the next.", metavar="TIME")]


class RebootPolicy(StrEnum):
    """When an owed reboot is done."""

    AUTO = "auto"
    NEVER = "never"
    ALWAYS = "always"


Security = Annotated[bool, typer.Option("--security", help="Security updates only (the default).")]
All = Annotated[bool, typer.Option("--all", help="All pending updates.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="Only these packages, by source or binary name; commas and globs allowed.")]
Reboots = Annotated[
    RebootPolicy | None,
    typer.Option("--reboot", help="auto: inside the host's declared window. always: whenever owed. never: stays owed."),
]


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    inventory = "-i inventory.ini"
    app.command(epilog=example(f"healer patch --rolling {inventory}", f"healer patch --rolling --only openssl --check {inventory}"))(patch)
    app.command(epilog=example(f"healer plan {inventory} -o plan.json", "healer apply plan.json"))(plan)
    app.command(epilog=example("healer apply plan.json", "healer apply plan.json --yes --json"))(apply)
    app.command(epilog=example(f"healer run site.yml {inventory} -e version=1.2 --tags web --check"))(run)
    app.command(epilog=example("healer resume", "healer resume 20260102-030405-ab12 --settle web3=done"))(resume)


@with_common
def patch(
    *,
    rolling: Annotated[bool, typer.Option("--rolling", help="Say aloud what patching always does: a few hosts at a time.")] = True,
    security: Security = False,
    all_updates: All = False,
    only: Only = None,
    check: Check = False,
    canary: Canary = None,
    max_unavailable: MaxUnavailable = None,
    max_failures: MaxFailures = None,
    soak: Soak = None,
    reboot: Reboots = None,
    tags: Tags = None,
    skip_tags: SkipTags = None,
    extra_vars: Extra = None,
    yes: Yes = False,
    common: Common,
) -> None:
    """Patch hosts a few at a time, canaries first, restarting only what must be restarted."""
    from healer.cli.execute import start

    del rolling
    flags = _patch_flags(security, all_updates, only, (canary, max_unavailable, max_failures, soak), reboot)
    start(RunRequest("patch", extra={**extra_variables(extra_vars), **flags}, check=check, tags=tags, skip_tags=skip_tags, yes=yes), common)


def _patch_flags(
    security: bool,
    all_updates: bool,
    only: list[str] | None,
    rolling: tuple[int | None, str | None, int | None, str | None],
    reboot: RebootPolicy | None,
) -> dict[str, object]:
    if sum((security, all_updates, bool(only))) > 1:
        raise typer.BadParameter("--security, --all and --only exclude each other")
    names = [name.strip() for entry in only or () for name in entry.split(",") if name.strip()]
    scope = "all" if all_updates or names else "security" if security else None
    canary, max_unavailable, max_failures, soak = rolling
    flags: dict[str, object] = {
        "scope": scope,
        "only": names or None,
        "canary": canary,
        "max_unavailable": max_unavailable,
        "max_failures": max_failures,
        "soak": soak,
        "reboot": reboot.value if reboot else None,
    }
    return {f"patch_{name}": value for name, value in flags.items() if value is not None}


@with_common
def plan(
    *,
    output: Annotated[str, typer.Option("--output", "-o", help="Save the plan here (0600), for `healer apply`.", metavar="FILE")] = "",
    playbook: Annotated[str, typer.Argument(help="Playbook to plan.")] = "patch",
    security: Security = False,
    all_updates: All = False,
    only: Only = None,
    canary: Canary = None,
    max_unavailable: MaxUnavailable = None,
    max_failures: MaxFailures = None,
    soak: Soak = None,
    reboot: Reboots = None,
    tags: Tags = None,
    skip_tags: SkipTags = None,
    extra_vars: Extra = None,
    common: Common,
) -> None:
    """Say exactly what would be done per host, with the restarts to expect, and save it."""
    from healer.cli.execute import start

    flags = _patch_flags(security, all_updates, only, (canary, max_unavailable, max_failures, soak), reboot)
    extra = {**extra_variables(extra_vars), **flags}
    start(RunRequest(playbook, extra=extra, check=True, save_to=output, saving=True, tags=tags, skip_tags=skip_tags), common)


@with_common
def apply(
    *,
    plan_file: Annotated[str, typer.Argument(metavar="PLAN", help="What `healer plan -o` saved.")],
    yes: Yes = False,
    common: Common,
) -> None:
    """Do exactly what a saved plan says; a host that has moved since is refused by name."""
    from healer.cli.execute import apply_plan

    apply_plan(plan_file, common, yes=yes)


@with_common
def run(
    *,
    playbook: Annotated[str, typer.Argument(metavar="FILE.yml", help="Playbook to run.")],
    check: Check = False,
    tags: Tags = None,
    skip_tags: SkipTags = None,
    extra_vars: Extra = None,
    yes: Yes = False,
    common: Common,
) -> None:
    """Run a playbook of your own, rolling."""
    from healer.cli.execute import start

    start(RunRequest(playbook, extra=extra_variables(extra_vars), check=check, tags=tags, skip_tags=skip_tags, yes=yes), common)


@with_common
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
