"""What hosts really printed, and what each fact must make of it: `tests/golden/<fact>/<case>.json` with `section` and `expect`."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from healer.model.facts import Unknown
from healer.observe.collect import all_facts
from healer.observe.sections import Section, value

GOLDEN = Path(__file__).parents[2] / "golden"
FACTS = (
    "os_release",
    "identity",
    "system_state",
    "sockets",
    "disks",
    "load",
    "kernel",
    "reboot_owed",
    "units",
    "package_manager",
    "conffiles_left",
    "log_files",
    "toolbox",
    "journal_use",
    "package_cache",
    "leftovers",
    "logrotate",
    "services",
    "service_checks",
    "process_troubles",
    "package_changes",
    "docker_config",
)
CASES = sorted(path for fact in FACTS for path in (GOLDEN / fact).glob("*.json"))


def plain(reading: object) -> object:
    """Return the reading in JSON's types; Unknown as `{"unknown": reason}`."""
    if isinstance(reading, Unknown):
        return {"unknown": reading.reason}
    if is_dataclass(reading):
        return {field.name: plain(getattr(reading, field.name)) for field in fields(reading)}
    if isinstance(reading, Mapping):
        return {str(key): plain(entry) for key, entry in reading.items()}
    return [plain(entry) for entry in reading] if isinstance(reading, tuple) else reading


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_recorded_sections(path: Path) -> None:
    """A recorded section reads as its file says."""
    case = json.loads(path.read_text(encoding="utf-8"))
    fact = all_facts()[path.parent.name]
    assert case["expect"] == plain(value(fact, Section(0, "\n".join(case["section"]), "")))


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_has_recorded_sections(name: str) -> None:
    """Each fact has a case with a value and a case that is unknown."""
    cases = [json.loads(path.read_text(encoding="utf-8"))["expect"] for path in CASES if path.parent.name == name]
    unknown = [case for case in cases if isinstance(case, dict) and "unknown" in case]
    assert 0 < len(unknown) < len(cases)
