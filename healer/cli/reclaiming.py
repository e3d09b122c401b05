"""What the flags of `healer logs` mean, judged before anything else is read."""

from collections.abc import Callable, Mapping
from typing import Any

import typer

from healer.cli.options import Reclaiming
from healer.reclaim.policy import age, percent, size

READ: Mapping[str, Callable[[Any], Any]] = {"over": percent, "target": percent, "keep": age, "min_size": size}


def checked(flags: Reclaiming) -> dict[str, object]:
    """Return the playbook variables of the flags. Raises BadParameter for a value that makes no sense, alone or beside the others."""
    variables = flags.variables()
    found = {name: _read(name, str(variables[f"logs_{name}"])) for name in READ if f"logs_{name}" in variables}
    if {"over", "target"} <= found.keys() and found["target"] >= found["over"]:
        raise typer.BadParameter(f"--target {flags.target} is not below --over {flags.over}: nothing would ever be enough")
    return variables


def _read(name: str, text: str) -> Any:
    try:
        return READ[name](text)
    except ValueError as error:
        raise typer.BadParameter(f"--{name.replace('_', '-')}: {error}") from error


def warn(variables: Mapping[str, object]) -> None:
    """Say aloud that what is taken is gone for good."""
    if str(variables.get("logs_archive", True)).lower() in ("false", "off", "no", "0"):
        typer.secho("ARCHIVE OFF: what is taken from the logs is DISCARDED and cannot be restored.", err=True, bold=True, fg="red")
