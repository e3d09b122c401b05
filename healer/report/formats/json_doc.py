"""The report as one JSON document: the same words as the model, times in ISO 8601."""

import json
from dataclasses import asdict
from datetime import datetime

from healer.model.report import RunReport
from healer.report.formats.contract import Format


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def render(report: RunReport, _width: int) -> str:
    """Return the document, indented, keys in the model's order."""
    return json.dumps(asdict(report), indent=2, default=_plain) + "\n"


PLUGIN = Format("json", render)
