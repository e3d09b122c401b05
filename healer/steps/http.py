"""Wait until a web server gives the right answer."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from healer.model.action import Act, Action, Decision, ProbeUntil
from healer.steps.contract import Arguments, Step, StepContext


def _web(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write a URL such as http://127.0.0.1:8080/health")
    return url


class Http(Arguments):
    """`status` are the good answers, `contains` is text that must be in the body. `timeout` bounds the whole wait, in seconds.

    `origin` (`from`) is `host`: 127.0.0.1 is the host's own; `control`: the machine that healer runs on; or another host's name.
    `consecutive` good answers in a row are needed, `interval` seconds apart.
    """

    url: Annotated[str, AfterValidator(_web)]
    status: Annotated[int, Field(ge=100, le=599)] | Annotated[tuple[int, ...], Field(min_length=1)] = 200
    contains: str = ""
    method: Literal["GET", "HEAD"] = "GET"
    headers: dict[str, str] = Field(default_factory=dict)
    verify: bool = True
    timeout: Annotated[float, Field(gt=0)] = 30.0
    interval: Annotated[float, Field(gt=0)] = 1.0
    consecutive: Annotated[int, Field(ge=1)] = 1
    origin: Annotated[str, Field(alias="from", min_length=1)] = "host"


def plan(arguments: Http, _context: StepContext) -> Decision:
    """Return the waiting; it only looks."""
    status = arguments.status if isinstance(arguments.status, int) else list(arguments.status)
    asked: dict[str, object] = {"url": arguments.url, "status": status, "contains": arguments.contains, "method": arguments.method}
    asked |= {"headers": dict(arguments.headers), "verify": arguments.verify}
    verb = ProbeUntil("http", asked, arguments.origin, arguments.timeout, arguments.interval, arguments.consecutive)
    summary = f"Wait until {arguments.url} answers well (at most {arguments.timeout:g} s)"
    return Act((Action(summary, verb, disruptive=False, makes_stale=()),))


PLUGIN = Step(name="http", arguments=Http, plan=plan, free_form="url")
