"""Call a function of the user's own: the door for what no step foresaw.

The function is called as `function(connection, **args)` with a fabric.Connection to the host. It cannot be asked afterwards whether it
happened, so a run that is cut while it works holds the host until a person has looked.
"""

import hashlib
from typing import Annotated, Any

from pydantic import Field

from healer.model.action import Act, Action, CallPython, Decision, Refuse
from healer.steps.contract import Arguments, Step, StepContext


class Python(Arguments):
    """`file` is on the control node, relative to the playbook; `args` are the function's keyword arguments. `timeout` is seconds."""

    file: Annotated[str, Field(pattern=r"\.py$")]
    function: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = "run"
    args: dict[str, Any] = Field(default_factory=dict)
    disruptive: bool = True
    timeout: float = Field(default=3600.0, gt=0, le=86400)


def files(arguments: Python) -> tuple[str, ...]:
    """Return the file: its digest is part of the plan, so that what was shown is what runs."""
    return (arguments.file,)


def plan(arguments: Python, context: StepContext) -> Decision:
    """Return the call, pinned to the file's content."""
    content = context.files.get(arguments.file)
    if content is None:
        return Refuse(f"{arguments.file} was not read on the control node")
    verb = CallPython(arguments.file, arguments.function, arguments.args, hashlib.sha256(content).hexdigest(), arguments.timeout)
    return Act((Action(f"Call {arguments.function} of {arguments.file}", verb, disruptive=arguments.disruptive),))


PLUGIN = Step(name="python", arguments=Python, plan=plan, files=files)
