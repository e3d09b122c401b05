"""A pattern that names nothing is a typo, and a typo must not become "every host"."""

from pathlib import Path

import pytest

from healer.inventory.patterns import limit, select, split
from healer.inventory.resolve import load_inventory
from healer.model.errors import InventoryError, UsageError
from healer.model.host import Inventory


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    """Six hosts in three groups and an empty one."""
    (tmp_path / "hosts").write_text("[web]\nweb[1:3]\n[database]\ndb[1:2]\n[eu]\nweb2\ndb2\n[empty]\n")
    return load_inventory([str(tmp_path / "hosts")])


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("wbe", "Did you mean 'web'"),
        ("all:!databse", "Did you mean 'database'?"),
        ("web:&eux", "Did you mean 'eu'?"),
        ("web,zzzzz", "The groups are all, ungrouped, web, database, eu, empty."),
        ("x*", "names no host and no group"),
        ("~^nothing", "names no host and no group"),
        ("~(", "not a regular expression"),
        ("web[3]", "points beyond its 3 hosts"),
        ("web[-4]", "points beyond its 3 hosts"),
        ("web[0-1]", "not a subscript any more"),
        ("wbe[0]", "'wbe[0]' names no host"),
        ("@hosts.txt", "lists of hosts in a file are not read"),
        ("", "pattern is empty"),
        (" , ", "pattern is empty"),
        ("web,!", "part of the host pattern is empty"),
        ("localhost", "localhost ansible_connection=local"),
    ],
)
def test_a_part_that_names_nothing_is_refused(pattern: str, reason: str, inventory: Inventory) -> None:
    """Every part of a pattern, an excluded one too, must name a host or a group, and the refusal says what is near."""
    with pytest.raises(InventoryError) as caught:
        select(pattern, inventory)
    assert reason in str(caught.value)


@pytest.mark.parametrize("pattern", ["empty", "web:&database", "web[5:9]", "web:!web", "empty[0]"])
def test_a_pattern_may_come_to_no_host(pattern: str, inventory: Inventory) -> None:
    """Parts that all exist may leave nobody: that is a fact, not a typo."""
    assert select(pattern, inventory) == ()


def test_a_limit_keeps_the_order_of_the_hosts(inventory: Inventory) -> None:
    """`--limit` takes hosts away and moves none."""
    assert limit(("db2", "web1", "web2"), "web2,db2", inventory) == ("db2", "web2")


@pytest.mark.parametrize(("pattern", "reason"), [("eu", "It names db2, web2."), ("euu", "--limit: "), ("empty", "It names no host.")])
def test_a_limit_that_leaves_nobody_is_wrong_usage(pattern: str, reason: str, inventory: Inventory) -> None:
    """A run over no hosts was not meant: exit code 2."""
    with pytest.raises(UsageError) as caught:
        limit(("web1",), pattern, inventory)
    assert reason in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("a:b", ("a", "b")),
        ("a,b:c", ("a", "b:c")),
        ("fe80::1", ("fe80::1",)),
        ("web[1:3]", ("web[1:3]",)),
        ("web[1:3]:&x[0]", ("web[1:3]", "&x[0]")),
        ("web:22", ("web:22",)),
        (" a , ,b ", ("a", "b")),
    ],
)
def test_commas_separate_and_without_one_colons_do(pattern: str, parts: tuple[str, ...]) -> None:
    """An address or a range with a colon in it is one part."""
    assert parts == split(pattern)
