"""Which names a template asks for in any case."""

import pytest

from healer.playbook.needs import needed, needed_by_condition


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("plain", ""),
        (7, ""),
        (None, ""),
        ("{{ a }}", "a"),
        ("x {{ a.b[c] }} {{ d | lower }}", "a c d"),
        (["{{ a }}", {"{{ b }}": "{{ c }}"}], "a b c"),
        ("{{ a | default('x') }}", ""),
        ("{{ a.b | d(c) }}", ""),
        ("{{ a if a is defined else b }}", ""),
        ("{{ a if b else c }}", "b"),
        ("{{ a and b or c }}", "a"),
        ("{% if a %}{{ b }}{% endif %}", "a"),
        ("{% for x in xs %}{{ x }}{{ y }}{% endfor %}", "xs"),
        ("{% set x = a %}{{ x }}", "a"),
        ("{% macro m(x) %}{{ x }}{{ y }}{% endmacro %}", ""),
        ("{{ a is undefined }} {{ a }}", ""),
        ("{{ range(n) }}", "range n"),
    ],
)
def test_only_what_is_always_read_is_needed(value: object, names: str) -> None:
    """What stands behind a condition, in a body, or under `default` may be missing; everything else must be there."""
    assert set(names.split()) == needed(value)


def test_conditions_are_bare() -> None:
    """A condition is judged as an expression."""
    assert ({"a"}, set()) == (needed_by_condition("a == 'x' and b"), needed_by_condition("a is defined"))


def test_what_cannot_be_parsed_needs_nothing() -> None:
    """Mistakes of that kind are told by the compiler, at their place."""
    assert set() == needed("{{ a")
