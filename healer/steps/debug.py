"""Show a message or a value. Nothing is done on the host."""

import json
from typing import Annotated, Any

from pydantic import Field, model_validator

from healer.model.action import Act, Decision
from healer.steps.contract import Arguments, Step, StepContext


class Shown(Arguments):
    """An expression and its value on this host."""

    expression: str
    value: Any = None


class Debug(Arguments):
    """Either `msg`, text or any value, or `var`, the name of a variable or an expression over variables."""

    msg: Any = None
    shown: Annotated[tuple[Shown, ...], Field(alias="var")] = ()

    @model_validator(mode="after")
    def _one_thing(self) -> "Debug":
        if (self.msg is None) == (not self.shown):
            raise ValueError("give either msg or var")
        return self


def plan(arguments: Debug, _context: StepContext) -> Decision:
    """Return no action; the message is the result and a line of the forecast."""
    lines = (_text(arguments.msg),) if not arguments.shown else tuple(f"{one.expression} = {_text(one.value)}" for one in arguments.shown)
    return Act((), results={"msg": "\n".join(lines)}, forecast=lines)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


PLUGIN = Step(name="debug", arguments=Debug, plan=plan, free_form="msg", expressions=("var",), rolls=False)
