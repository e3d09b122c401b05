"""Put a file in its place whose text is a template, rendered with the host's variables on the control node."""

from typing import Annotated

from pydantic import Field

from healer.model.action import Decision, Refuse
from healer.steps._file import FileArguments, put
from healer.steps.contract import Step, StepContext


class Template(FileArguments):
    """`src` is the template on the control node, relative to the playbook."""

    src: Annotated[str, Field(min_length=1)]


def templates(arguments: Template) -> tuple[str, ...]:
    """Return the file to be read and rendered."""
    return (arguments.src,)


def plan(arguments: Template, context: StepContext) -> Decision:
    """Return the placing of the rendered text; whether it differs is judged on the host."""
    content = context.files.get(arguments.src)
    return Refuse(f"{arguments.src} was not read on the control node") if content is None else put(arguments, content)


PLUGIN = Step(name="template", arguments=Template, plan=plan, templates=templates)
