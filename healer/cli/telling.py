"""Tells what a run did, or what it would do: the blocks of a dry run, the end table of a real one, or one JSON document."""

import json
from collections.abc import Iterable

import typer

from healer.cli.context import Setting
from healer.cli.forecast import drawn
from healer.cli.screen import put
from healer.model.report import RunReport
from healer.pipeline import Staged
from healer.report.forecast import PlanView, as_data, plan_view
from healer.report.formats import json_doc, terminal
from healer.report.progress import Limits


def tell(report: RunReport, setting: Setting, *, aside: bool = False) -> PlanView:
    """Print the report on standard output; return what was planned, which a real run has done.

    `aside` is for a dry run that only prepares a question: where the result is to be JSON it is told on standard error, as text.
    """
    view = plan_view(setting.events(report.run))
    if setting.common.json and not aside:
        typer.echo(_document(report, view), nl=False)
    elif report.check:
        put(*drawn(view), err=setting.common.json)
    else:
        put(*terminal.parts(report))
    return view


def _document(report: RunReport, view: PlanView) -> str:
    text = json_doc.render(report, 0)
    return json.dumps({**json.loads(text), "plan": as_data(view)}, indent=2) + "\n" if report.check else text


def limits_of(staged: Iterable[Staged]) -> tuple[Limits, ...]:
    """Return what each play allows, over all its budget groups."""
    return tuple(_limits(play) for play in staged)


def _limits(play: Staged) -> Limits:
    groups: dict[str, int] = {}
    for member in play.members:
        groups[member.group] = groups.get(member.group, 0) + 1
    policy = play.context.policy
    return Limits(sum(policy.max_unavailable.of(size) for size in groups.values()), policy.max_failures)
