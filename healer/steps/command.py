"""Run one program with its arguments, without a shell: what stands in a variable stays one word and is never code."""

import shlex

from pydantic import Field, model_validator

from healer.model.action import Decision
from healer.steps._command import CommandArguments, Word, act, split
from healer.steps.contract import Step, StepContext


class Command(CommandArguments):
    """Either `cmd`, a line that is split into words, or `argv`, the words themselves. Values of variables belong into `argv`."""

    cmd: Word = ""
    argv: tuple[Word, ...] = Field(default=())

    @model_validator(mode="after")
    def _one_command(self) -> "Command":
        if bool(self.cmd.strip()) == bool(self.argv):
            raise ValueError("give either cmd or argv")
        if not self.words or not self.words[0]:
            raise ValueError("the command is empty")
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """The program and its arguments."""
        return self.argv or split(self.cmd)


def plan(arguments: Command, _context: StepContext) -> Decision:
    """Return the run of the program."""
    return act(arguments, arguments.words, shlex.join(arguments.words))


PLUGIN: Step = Step(name="command", arguments=Command, plan=plan, free_form="cmd")
