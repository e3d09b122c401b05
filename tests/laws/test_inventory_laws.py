"""Laws of the inventory: what must hold for every range, every pattern and every order of passages."""

import string
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from healer.inventory.addresses import expand
from healer.inventory.literals import typed
from healer.inventory.patterns import limit, select
from healer.inventory.readers.contract import ParsedGroup, ParsedSource
from healer.inventory.resolve import resolve
from healer.model.host import Inventory

HOSTS = tuple(f"h{number}" for number in range(8))
GROUPS = ("a", "b", "c", "d")

memberships = st.fixed_dictionaries({group: st.lists(st.sampled_from(HOSTS), unique=True) for group in GROUPS})
sets = st.sampled_from((*GROUPS, "all", "h*", "~h[0-3]"))


def inventory_of(members: dict[str, list[str]], children: Sequence[tuple[str, str]] = ()) -> Inventory:
    """Return an inventory in which every host exists."""
    passages = [ParsedGroup("ungrouped", {host: {} for host in HOSTS})]
    passages += [ParsedGroup(group, {host: {"last": group} for host in hosts}) for group, hosts in members.items()]
    passages += [ParsedGroup(parent, children=(child,)) for parent, child in children]
    return resolve([ParsedSource("law", tuple(passages))])


@given(st.integers(0, 300), st.integers(0, 40), st.integers(1, 7))
def test_a_range_names_what_python_counts(begin: int, more: int, step: int) -> None:
    """A numeric range includes both ends and goes by its step."""
    assert tuple(f"w{number}x" for number in range(begin, begin + more + 1, step)) == expand(f"w[{begin}:{begin + more}:{step}]x").names


@given(st.integers(0, 99), st.integers(0, 99))
def test_leading_zeros_are_kept(one: int, other: int) -> None:
    """All names of a padded range are equally long and in order."""
    begin, end = sorted((one, other))
    names = expand(f"w[{begin:03}:{end:03}]").names
    assert {4} == {len(name) for name in names}
    assert list(names) == sorted(names)


@given(st.integers(0, 25), st.integers(0, 25))
def test_a_letter_range_is_a_piece_of_the_alphabet(one: int, other: int) -> None:
    """A letter range includes both ends."""
    first, last = sorted((one, other))
    letters = string.ascii_lowercase
    assert tuple(letters[first : last + 1]) == expand(f"[{letters[first]}:{letters[last]}]").names


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).map(sorted), min_size=1, max_size=3))
def test_ranges_multiply(bounds: list[list[int]]) -> None:
    """Several ranges in one name give every combination once."""
    names = expand("w" + "-".join(f"[{low}:{high}]" for low, high in bounds)).names
    product = 1
    for low, high in bounds:
        product *= high - low + 1
    assert product == len(names) == len(set(names))


@given(memberships, sets, sets)
def test_patterns_are_set_algebra(members: dict[str, list[str]], one: str, other: str) -> None:
    """A colon is union, `&` intersection, `!` difference."""
    inventory = inventory_of(members)
    first, second = set(select(one, inventory)), set(select(other, inventory))
    assert first | second == set(select(f"{one}:{other}", inventory))
    assert first & second == set(select(f"{one}:&{other}", inventory))
    assert first - second == set(select(f"{one}:!{other}", inventory))


@given(memberships, st.lists(st.tuples(st.sampled_from(("", "&", "!")), sets), min_size=1, max_size=5))
def test_no_pattern_names_a_host_twice_or_one_that_is_not_there(members: dict[str, list[str]], parts: list[tuple[str, str]]) -> None:
    """Whatever the pattern, its hosts are known and unique, and commas mean the same as colons."""
    inventory = inventory_of(members)
    chosen = select(":".join(sign + part for sign, part in parts), inventory)
    assert len(chosen) == len(set(chosen))
    assert set(chosen) <= set(inventory.hosts)
    assert chosen == select(",".join(sign + part for sign, part in parts), inventory)


@given(memberships, sets, st.permutations(HOSTS))
def test_a_limit_is_a_subsequence(members: dict[str, list[str]], pattern: str, hosts: list[str]) -> None:
    """A limit keeps exactly the named hosts, in the order in which they were given."""
    inventory = inventory_of(members)
    wanted = set(select(pattern, inventory))
    if wanted:
        assert tuple(host for host in hosts if host in wanted) == limit(hosts, pattern, inventory)


@given(memberships)
def test_every_host_is_grouped_or_ungrouped_and_never_both(members: dict[str, list[str]]) -> None:
    """`ungrouped` is the complement of all other groups, and `all` is everything."""
    inventory = inventory_of(members)
    grouped = {host for hosts in members.values() for host in hosts}
    assert set(HOSTS) - grouped == set(inventory.members("ungrouped"))
    assert set(HOSTS) == set(inventory.members("all"))


@given(memberships, st.sampled_from([(("a", "b"),), (("a", "b"), ("b", "c")), (("a", "b"), ("a", "c"), ("c", "d"))]))
def test_a_host_belongs_to_every_group_above_its_own(members: dict[str, list[str]], children: Sequence[tuple[str, str]]) -> None:
    """`Host.groups` and `members` are two views of one relation."""
    inventory = inventory_of(members, children)
    for name, host in inventory.hosts.items():
        assert tuple(sorted(group for group in inventory.groups if group != "all" and name in inventory.members(group))) == host.groups


@given(st.text(max_size=40))
def test_a_value_of_an_ini_file_is_always_json_shaped_or_refused(text: str) -> None:
    """Whatever stands behind an equals sign is a plain value or a ValueError, never another exception."""
    try:
        value = typed(text)
    except ValueError:
        return
    assert value is None or isinstance(value, (bool, int, float, str, list, dict))
