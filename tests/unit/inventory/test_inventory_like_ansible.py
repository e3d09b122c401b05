"""healer reads an inventory as the real ansible-inventory does: groups, hosts, order, variables and their types."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from inventory_cases import Case
from inventory_yaml_cases import ALL_CASES

from healer.inventory.listing import as_graph, as_json
from healer.inventory.patterns import select
from healer.inventory.resolve import load_inventory
from healer.model.host import Inventory

each_case = pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.name)


def loaded(case: Case, folder: Path) -> Inventory:
    """Return healer's reading of the case."""
    return load_inventory(case.given(folder), playbook_dir=folder / case.playbook_dir if case.playbook_dir else None)


def text_of(listing: object) -> str:
    """Return JSON text, in which 1, 1.0 and true differ. `!unsafe` is a wrapper in Ansible's listing and nothing in ours."""

    def unwrap(value: dict[str, Any]) -> Any:
        return value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else value

    return json.dumps(json.loads(json.dumps(listing), object_hook=unwrap), indent=1, sort_keys=True)


@each_case
def test_lists_the_same_groups_hosts_and_variables(case: Case, written: Mapping[str, Path], ansible: Mapping[str, Any]) -> None:
    """`as_json` equals what `ansible-inventory --list` prints, down to the types of values and the order of names."""
    assert text_of(ansible[case.name]["list"]) == text_of(as_json(loaded(case, written[case.name])))


@each_case
def test_draws_the_same_graph(case: Case, written: Mapping[str, Path], ansible: Mapping[str, Any]) -> None:
    """`as_graph` equals what `ansible-inventory --graph` prints."""
    assert ansible[case.name]["graph"] == as_graph(loaded(case, written[case.name]))


@each_case
def test_patterns_choose_the_same_hosts_in_the_same_order(case: Case, written: Mapping[str, Path], ansible: Mapping[str, Any]) -> None:
    """A pattern names the same hosts, in the same order, as in Ansible."""
    inventory = loaded(case, written[case.name])
    assert ansible[case.name]["patterns"] == {pattern: list(select(pattern, inventory)) for pattern in case.patterns}


def test_at_least_forty_inventories_are_compared() -> None:
    """The comparison stands on a broad base."""
    assert len(ALL_CASES) >= 40
