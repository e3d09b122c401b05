"""Run a line of shell: pipes, redirections, `&&`. The text is the playbook author's own; healer adds nothing to it.

A variable inside the text becomes part of the code that runs. Values that somebody else chose (facts, output of commands) belong behind
the `quote` filter, into `environment` or `stdin`, or into `command` with `argv`.
"""

from typing import Annotated

from pydantic import AfterValidator

from healer.model.action import Decision
from healer.steps._command import CommandArguments, Path, Word, act
from healer.steps.contract import Step, StepContext


def _something(text: str) -> str:
    if not text.strip():
        raise ValueError("the command is empty")
    return text


class Shell(CommandArguments):
    """`cmd` is the text, `executable` the shell that runs it, with `-c`."""

    cmd: Annotated[Word, AfterValidator(_something)]
    executable: Path = "/bin/sh"


def plan(arguments: Shell, _context: StepContext) -> Decision:
    """Return the run of the shell."""
    return act(arguments, (arguments.executable, "-c", arguments.cmd), arguments.cmd)


PLUGIN = Step(name="shell", arguments=Shell, plan=plan, free_form="cmd")
