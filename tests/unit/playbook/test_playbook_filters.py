"""What the filters and tests beyond jinja2's own give."""

import pytest

from healer.model.errors import PlaybookError
from healer.playbook.render import Renderer
from healer.playbook.scope import Scope

RENDERER = Renderer()
DATA = {
    "good": {"failed": False, "changed": True, "rc": 0},
    "bad": {"failed": True},
    "left_out": {"skipped": True},
    "tree": {"a": {"b": 1}, "c": 2},
}

FILTERS = [
    ("'yes' | bool", True),
    ("'off' | bool", False),
    ("0 | bool", False),
    ("none | bool", False),
    ("tree | to_json", '{"a": {"b": 1}, "c": 2}'),
    ("{'b': 1, 'a': 2} | to_nice_json", '{\n    "a": 2,\n    "b": 1\n}'),
    ("tree | to_yaml", "a:\n  b: 1\nc: 2\n"),
    ("'{\"a\": [1]}' | from_json", {"a": [1]}),
    ("'a1b22' | regex_search('[0-9]+')", "1"),
    ("'a1b22' | regex_search('b([0-9]+)', '\\\\1')", ["22"]),
    ("'abc' | regex_search('x')", None),
    ("'a1b22' | regex_findall('[0-9]+')", ["1", "22"]),
    ("'Abc' | regex_replace('^a', 'x', ignorecase=true)", "xbc"),
    ("'a.b' | regex_escape", r"a\.b"),
    ("'/a/b.c' | basename", "b.c"),
    ("'/a/b.c' | dirname", "/a"),
    ('"it\'s" | quote', "'it'\"'\"'s'"),
    ("'a,b' | split(',')", ["a", "b"]),
    ("'a\\nb' | splitlines", ["a", "b"]),
    ("tree | combine({'a': {'d': 3}})", {"a": {"d": 3}, "c": 2}),
    ("tree | combine({'a': {'d': 3}}, recursive=true)", {"a": {"b": 1, "d": 3}, "c": 2}),
    ("true | ternary('x', 'y')", "x"),
    ("false | ternary('x', 'y')", "y"),
    ("none | ternary('x', 'y', 'z')", "z"),
    ("'' | hash", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("'a' | b64encode | b64decode", "a"),
    ("3 | mandatory", 3),
    ("[1, [2, [3]]] | flatten", [1, 2, 3]),
    ("[1, [2, [3]]] | flatten(1)", [1, 2, [3]]),
    ("[1, 2, 2] | difference([1])", [2]),
    ("[1, 2] | intersect([2, 3])", [2]),
    ("[1, 2] | union([2, 3])", [1, 2, 3]),
    ("{'a': 1} | dict2items", [{"key": "a", "value": 1}]),
    ("[{'key': 'a', 'value': 1}] | items2dict", {"a": 1}),
    ("1 | type_debug", "int"),
]


@pytest.mark.parametrize(("expression", "value"), FILTERS)
def test_filters(expression: str, value: object) -> None:
    """Each filter gives what its namesake in Ansible gives."""
    assert value == RENDERER.evaluate(expression, Scope({}, DATA))


TESTS = [
    ("'abc' is match('ab')", True),
    ("'abc' is match('bc')", False),
    ("'abc' is search('bc')", True),
    ("'ABC' is regex('bc', ignorecase=true)", True),
    ("'a\\nb' is search('^b', multiline=true)", True),
    ("'5.10' is version('5.9', '>')", True),
    ("'1.0' is version('1.0rc1', 'gt')", True),
    ("'1.0' is version('1.0')", True),
    ("'1.0' is version('1.0.1', '<')", True),
    ("'1.0' is version('1.1', 'ge')", False),
    ("[1, 2] is contains(1)", True),
    ("[1] is subset([1, 2])", True),
    ("[1] is superset([1, 2])", False),
    ("good is succeeded", True),
    ("good is changed", True),
    ("good is skipped", False),
    ("bad is failed", True),
    ("bad is succeeded", False),
    ("left_out is skipped", True),
]


@pytest.mark.parametrize(("expression", "holds"), TESTS)
def test_tests(expression: str, holds: bool) -> None:
    """Each test says what its namesake in Ansible says."""
    assert holds is RENDERER.condition(expression, Scope({}, DATA))


FAULTS = [
    ("'x' | hash('crc')", "hash knows"),
    ("'%' | b64decode", "b64decode was not given"),
    ("'1' is version('2', '~')", "version compares by"),
    ("1 is failed", "only a registered result"),
    ("'{' | from_json", "Expecting"),
]


@pytest.mark.parametrize(("expression", "words"), FAULTS)
def test_wrong_input_is_told(expression: str, words: str) -> None:
    """What a filter or a test cannot take is an error, not a guess."""
    with pytest.raises(PlaybookError, match=words):
        RENDERER.evaluate(expression, Scope())


@pytest.mark.parametrize("name", ["random", "tojson", "urlize", "pprint", "attr", "xmlattr", "safe"])
def test_filters_that_are_not_offered(name: str) -> None:
    """Dice, HTML and reaching for attributes by name are not among the filters."""
    with pytest.raises(PlaybookError, match=f"No filter named '{name}'"):
        RENDERER.render(f"{{{{ [1] | {name} }}}}", Scope())
