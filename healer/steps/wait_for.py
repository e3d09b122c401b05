"""Wait until a port accepts connections, or until a path is there or gone."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from healer.model.action import Act, Action, Decision, ProbeUntil
from healer.steps.contract import Arguments, Step, StepContext


def _absolute(path: str) -> str:
    if path and not path.startswith("/"):
        raise ValueError("write an absolute path")
    return path


class WaitFor(Arguments):
    """Either `port` (with `host`, as seen from `from`) or `path`. `timeout`, `delay` (before the first look) and `interval` are seconds."""

    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    path: Annotated[str, AfterValidator(_absolute)] = ""
    state: Literal["started", "present", "absent"] | None = None
    timeout: Annotated[float, Field(gt=0)] = 300.0
    delay: Annotated[float, Field(ge=0)] = 0.0
    interval: Annotated[float, Field(gt=0)] = 1.0
    origin: Annotated[str, Field(alias="from", min_length=1)] = "host"

    @model_validator(mode="after")
    def _one_thing(self) -> "WaitFor":
        if (self.port is None) == (not self.path):
            raise ValueError("give either port or path")
        if self.port is not None and self.state not in {None, "started"}:
            raise ValueError("a port is waited for until it is started; present and absent are states of a path")
        if self.path and self.state == "started":
            raise ValueError("a path is present or absent; started is a state of a port")
        return self


def plan(arguments: WaitFor, _context: StepContext) -> Decision:
    """Return the waiting; it only looks."""
    if arguments.port is not None:
        probe, what = "tcp", f"{arguments.host}:{arguments.port} accepts connections"
        asked: dict[str, object] = {"host": arguments.host, "port": arguments.port}
    else:
        state = arguments.state or "present"
        probe, what = "path", f"{arguments.path} is {state}"
        asked = {"path": arguments.path, "state": state}
    verb = ProbeUntil(probe, asked, arguments.origin, arguments.timeout, arguments.interval, delay=arguments.delay)
    return Act((Action(f"Wait until {what} (at most {arguments.timeout:g} s)", verb, disruptive=False, makes_stale=()),))


PLUGIN = Step(name="wait_for", arguments=WaitFor, plan=plan)
