"""Which names a template asks for in any case."""

import pytest

from healer.playbook.needs import Question, mentioned, needed, needed_by_condition, question
from healer.playbook.render import Renderer
from healer.playbook.sandbox import GLOBALS
from healer.playbook.scope import Scope


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
        ("{% set x = a %}{{ x }}", ""),
        ("{% macro m(x) %}{{ x }}{{ y }}{% endmacro %}", ""),
        ("{{ a is undefined }} {{ a }}", ""),
        ("{{ range(n) }}", "range n"),
        ("{{ [a, {'b': c}] }} {{ result is failed }}", "a c result"),
    ],
)
def test_only_what_is_always_read_is_needed(value: object, names: str) -> None:
    """What stands behind a condition, in a body, or under `default` may be missing; everything else must be there."""
    assert set(names.split()) == needed(value)


def test_conditions_are_bare() -> None:
    """A condition is judged as an expression."""
    assert ({"a"}, set()) == (needed_by_condition("a == 'x' and b"), needed_by_condition("a is defined"))


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("a", ""),
        ("{{ 'a' }} {{ b.a }} {# a #}", "b"),
        ("{{ a | default(b) }} {{ c if d is defined }}", "a b c d"),
        ("{% for x in xs %}{{ x }}{{ y }}{% endfor %}", "xs x y"),
        ({"{{ a }}": ["{{ b }}", ("{{ c['d'] }}", None)]}, "a b c"),
        ("{{ a", ""),
    ],
)
def test_what_is_spoken_of_counts_whether_needed_or_not(value: object, names: str) -> None:
    """Every variable that a template reads or may read is mentioned; texts, comments and parts of something are none."""
    assert set(names.split()) == mentioned(value)


def test_a_condition_is_known_by_its_parts() -> None:
    """Variables, filters and tests, and texts that it compares with are told apart; keys are none of them."""
    asked = question("a['key'].b | default([]) | length > 0 and c is defined or 'text' in d.e")
    assert Question(frozenset("acd"), frozenset({"default", "length", "defined"}), frozenset({"text"})) == asked


def test_what_cannot_be_parsed_needs_nothing() -> None:
    """Mistakes of that kind are told by the compiler, at their place."""
    assert set() == needed("{{ a")


@pytest.mark.parametrize(
    "text",
    [
        "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(1) }}",
        "{{ true | ternary('yes', absent) }}",
        "{{ [1, absent] | first }}",
        "{{ [1, absent][0] }}",
        "{{ {'east': 1, 'west': absent}['east'] }}",
        "{{ {'a': 1}.get('a', absent) }}",
        "{{ dict(a=1, b=absent).a }}",
        "{{ 1 in [1, absent] }}",
        "{{ 2 < 1 < absent }}",
        "{{ [] | map('default', absent) | list }}",
        "{{ absent is none }} {{ absent is not string }} {{ absent is mapping }} {{ absent is number }} {{ absent is boolean }}",
        "{% set later = absent %}x",
        "{% with later = absent %}x{% endwith %}",
        "{% set box = namespace(a=absent) %}x",
    ],
)
def test_what_renders_without_a_name_does_not_need_it(text: str) -> None:
    """A template that comes out well although no variable is there is no mistake: whoever wrote it knew that it may be missing."""
    Renderer().render(text, Scope())
    assert set() == needed(text) - GLOBALS.keys()
