"""Saved plans: the frozen inputs and every decision, in one file that only its owner may read. Edited by hand it is refused."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from healer.freezing import documents_of, dump_decisions, load_decisions
from healer.model.action import Decision
from healer.model.errors import PlanError
from healer.model.events import Stamped, TaskPlanned
from healer.rollout.context import RunInputs

FORMAT = 1
DOCUMENTS = frozenset({"inventory", "playbook", "options"})
"""What every plan holds of its frozen inputs."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What `apply` carries out. `decisions` are by host and task address."""

    created: str
    documents: Mapping[str, str]
    decisions: Mapping[str, Mapping[str, Decision]]


def save_plan(path: str, inputs: RunInputs, playbook_text: str, events: Sequence[Stamped]) -> Path:
    """Write the plan with mode 0600. Raises PlanError when the file cannot be written."""
    decisions: dict[str, dict[str, Decision]] = {}
    for stamped in events:
        if isinstance(stamped.event, TaskPlanned):
            decisions.setdefault(stamped.event.host, {})[stamped.event.address] = stamped.event.decision
    body = {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "documents": documents_of(inputs, playbook_text),
        "decisions": json.loads(dump_decisions(decisions)),
    }
    text = json.dumps({**body, "digest": _digest(body)}, indent=1)
    target = Path(path)
    try:
        target.unlink(missing_ok=True)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise PlanError(f"the plan cannot be written: {error.strerror}", file=path) from error
    return target


def read_plan(path: str) -> SavedPlan:
    """Read a plan back. Raises PlanError for anything that `save_plan` did not write just so."""
    try:
        loaded = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanError(f"the plan cannot be read: {error.strerror}", file=path) from error
    except (ValueError, RecursionError) as error:
        raise PlanError(f"is cut short, or is no plan: {error}", file=path, advice="Make one with `healer plan -o FILE`.") from error
    if not isinstance(loaded, dict) or loaded.get("format") != FORMAT:
        raise PlanError("is no plan of this version of healer", file=path, advice="Make a new one with `healer plan -o FILE`.")
    if loaded.pop("digest", "") != _digest(loaded):
        raise PlanError(
            "was changed after it was saved, so it is not applied", file=path, advice="Make a new one with `healer plan -o FILE`."
        )
    try:
        documents = {name: str(loaded["documents"][name]) for name in {*DOCUMENTS, *loaded["documents"]}}
        return SavedPlan(loaded["created"], documents, load_decisions(json.dumps(loaded["decisions"])))
    except (ValueError, KeyError, TypeError) as error:
        raise PlanError(
            "holds something that this version of healer does not know", file=path, advice="Make a new one with `healer plan -o FILE`."
        ) from error


def _digest(body: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
