"""Put a file of the control node, or text from the playbook, in its place on the host."""

from pydantic import model_validator

from healer.model.action import Decision, Refuse
from healer.steps._file import FileArguments, put
from healer.steps.contract import Step, StepContext


class Copy(FileArguments):
    """Either `src`, a file on the control node (relative to the playbook), or `content`, the text itself."""

    src: str = ""
    content: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "Copy":
        if bool(self.src) == (self.content is not None):
            raise ValueError("give either src or content")
        return self


def files(arguments: Copy) -> tuple[str, ...]:
    """Return the file to be read."""
    return (arguments.src,) if arguments.src else ()


def plan(arguments: Copy, context: StepContext) -> Decision:
    """Return the placing of the file; whether it differs is judged on the host."""
    if arguments.content is not None:
        return put(arguments, arguments.content.encode())
    content = context.files.get(arguments.src)
    return Refuse(f"{arguments.src} was not read on the control node") if content is None else put(arguments, content)


PLUGIN = Step(name="copy", arguments=Copy, plan=plan, files=files)
