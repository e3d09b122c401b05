"""How templates and conditions become values."""

import pytest

from healer.model.errors import PlaybookError
from healer.model.facts import OsRelease, Unknown
from healer.model.host import Group, Host, Inventory
from healer.model.playbook import Where
from healer.playbook.plain import LARGEST
from healer.playbook.render import Renderer
from healer.playbook.scope import Scope, host_data

RENDERER = Renderer()
HERE = Where("p.yml", 3, 5)


def rendered(value: object, scope: Scope) -> object:
    """Render at a known place."""
    return RENDERER.render(value, scope, HERE)


def complaint(value: object, scope: Scope) -> str:
    """Return the words of the error that rendering ends with."""
    with pytest.raises(PlaybookError) as caught:
        rendered(value, scope)
    return str(caught.value)


@pytest.mark.parametrize("value", [True, None, 3, 2.5, "x", [1, "a"], {"k": [1]}])
def test_a_lone_expression_keeps_the_type(value: object) -> None:
    """A text that is one expression and nothing else gives the value itself."""
    assert value == rendered("{{ x }}", Scope({"x": value}))


def test_text_around_makes_text() -> None:
    """With anything beside the expression the result is text; nothing prints as nothing."""
    assert rendered("n={{ n }} [{{ nothing }}]", Scope({"n": 3, "nothing": None})) == "n=3 []"


def test_templates_are_found_inside_of_lists_and_mappings() -> None:
    """Every text below a value is rendered, keys too."""
    assert rendered({"a{{ n }}": ["{{ n | string }}", {"b": "{{ n }}"}]}, Scope({"n": 1})) == {"a1": ["1", {"b": 1}]}


def test_variables_may_be_templates_of_variables() -> None:
    """A trusted variable is rendered when it is asked for, through as many others as it takes."""
    assert rendered("{{ a }}", Scope({"a": "{{ b }}", "b": "{{ c }}", "c": [1, 2]})) == [1, 2]


def test_a_circle_of_variables_is_told() -> None:
    """Variables that need each other are an error that names the circle."""
    assert (
        complaint("{{ a }}", Scope({"a": "{{ b }}", "b": "{{ a }}"}))
        == "p.yml:3:5: template loop: a -> b -> a. Give one of them a plain value."
    )


def test_a_variable_that_is_not_used_is_not_rendered() -> None:
    """A broken variable harms only who asks for it."""
    assert rendered("{{ good }}", Scope({"good": "ok", "broken": "{{ nowhere }}"})) == "ok"


def test_data_is_not_compiled() -> None:
    """What a host said comes out as it went in, also where a variable hands it on."""
    scope = Scope({"secret": "s", "handed": "{{ result.stdout }}"}, {"result": {"stdout": "{{ secret }}"}})
    assert rendered(["{{ result.stdout }}", "{{ handed }}", "-{{ handed }}-"], scope) == ["{{ secret }}", "{{ secret }}", "-{{ secret }}-"]


def test_the_command_line_wins() -> None:
    """A name is looked up on the command line first, then in data, then in variables."""
    scope = Scope({"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2}, {"a": 3})
    assert rendered(["{{ a }}", "{{ b }}", "{{ c }}"], scope) == [3, 2, 1]


def test_scopes_grow_without_changing() -> None:
    """A loop item or a task's variables make a new scope; the old one stays as it was."""
    old = Scope({"a": 1})
    grown = old.with_data(item="{{ a }}").with_trusted({"b": "{{ a }}{{ item }}"})
    assert ("1{{ a }}", Scope({"a": 1})) == (rendered("{{ b }}", grown), old)


def test_hostvars_are_rendered_in_the_other_host_s_scope() -> None:
    """Another host's variable sees that host's variables, not this one's."""
    scope = Scope({"port": 1}, hosts={"web2": {"url": "{{ inventory_hostname }}:{{ port }}", "port": 2}})
    assert rendered(["{{ hostvars['web2'].url }}", "{{ hostvars.web2.port }}", "{{ hostvars | list }}"], scope) == ["web2:2", 2, ["web2"]]


def test_what_is_known_of_a_host_is_data() -> None:
    """Names and groups of a host are there under Ansible's names."""
    host = Host("web1.example", {}, ("web",))
    inventory = Inventory({"web1.example": host}, {"web": Group("web", ("web1.example",))})
    expected = {
        "inventory_hostname": "web1.example",
        "inventory_hostname_short": "web1",
        "group_names": ["web"],
        "groups": {"web": ["web1.example"]},
    }
    assert expected == host_data(host, inventory)


WORDS = [
    ("{{ nmae }}", "p.yml:3:5: 'nmae' is undefined in '{{ nmae }}'. Did you mean 'name'?"),
    ("x {{ nmae }}", "p.yml:3:5: 'nmae' is undefined in 'x {{ nmae }}'. Did you mean 'name'?"),
    ("{{ result.stdot }}", "p.yml:3:5: there is no 'stdot' in this mapping (did you mean 'stdout'?) in '{{ result.stdot }}'."),
    ("{{ broken }}", "p.yml:3:5: 'nowhere' is undefined in '{{ broken }}'."),
    ("x{{ broken }}", "p.yml:3:5: 'nowhere' is undefined in \"x{{ broken }}\"."),
    ("{{ 1 / 0 }}", "p.yml:3:5: division by zero in '{{ 1 / 0 }}'."),
    ("{{ 2 ** 99999 }}", "p.yml:3:5: the power 99999 is larger than 4096 in '{{ 2 ** 99999 }}'."),
    ("{{ 'a' | bool }}", "p.yml:3:5: 'a' is neither true nor false in \"{{ 'a' | bool }}\"."),
    ("{{ name is search('(') }}", "this is no regular expression"),
    ("{{ range(1000000) | list }}", "Range too big"),
    ("{{ name.__class__ }}", "unsafe"),
    ("{{ items.append(1) }}", "unsafe"),
    ("{{ '{0.__class__}'.format(name) }}", "unsafe"),
    ("{{ result.items }}", "to read an entry whose name is also a method, write x['name']"),
    ("{{ lookup('env', 'HOME') }}", "Templates open no files"),
    ("{% include 'x' %}", "no loader"),
    ("{{ 'x' * 99999999999 }}", "the product is larger than 16 MiB"),
    ("{{ unknown }}", "'unknown' is not known: no root"),
    ("{{ facts.reboot }}", "'reboot' is not known: no root"),
    ("x {{ result.items }}", "a method is no value"),
    ("{{ gone | mandatory('give gone') }}", "give gone"),
    ("{% for a in range(5000) %}{{ 'x' * 9999 }}{% endfor %}", "the result is larger than 16 MiB"),
    ("{{ namespace() }}", "a Namespace is no value"),
]
SCOPE = Scope(
    {"name": "n", "broken": "{{ nowhere }}", "items": [1]},
    {"result": {"stdout": ""}, "unknown": Unknown("no root"), "facts": {"reboot": Unknown("no root")}},
)


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_a_fault_is_told_with_place_and_reason(text: str, words: str) -> None:
    """Whatever goes wrong in an expression is an error with its place, what is wrong, and the nearest name."""
    assert words.replace('"x{{ broken }}"', "'x{{ broken }}'") in complaint(text, SCOPE)


def test_a_fault_inside_of_a_variable_names_it() -> None:
    """When a variable's own text is at fault, the variable is named."""
    assert "division by zero in the variable 'a': '{{ 1 / 0 }}'." in complaint("{{ a }}", Scope({"a": "{{ 1 / 0 }}"}))


def test_defaults_reach_through_what_is_not_there() -> None:
    """`default` and `is defined` work on parts of what is not defined, and on variables and readings that are not."""
    texts = ["{{ a.b.c | default(1) }}", "{{ broken | default(2) }}", "{{ unknown | default(3) }}", "{{ facts.reboot is defined }}"]
    assert rendered(texts, SCOPE) == [1, 2, 3, False]


def test_omitted_arguments_are_left_out() -> None:
    """`omit` takes an entry out of a mapping or a list; by itself it is nothing."""
    assert [rendered(value, Scope()) for value in ({"a": "{{ omit }}", "b": 1}, ["{{ omit }}", 1], "{{ omit }}")] == [{"b": 1}, [1], None]


def test_results_are_plain_values() -> None:
    """Generators, ranges, tuples, sets and frozen values become lists and mappings."""
    scope = Scope({}, {"os": OsRelease("debian", "12", "bookworm", ("x",), "Debian", "amd64"), "d": {"k": 1}, "s": {2, 1}})
    texts = [
        "{{ range(2) }}",
        "{{ [1] | map('string') }}",
        "{{ (1, 2) }}",
        "{{ os.codename }}",
        "{{ os.like }}",
        "{{ d.items() }}",
        "{{ s }}",
    ]
    assert rendered(texts, scope) == [[0, 1], ["1"], [1, 2], "bookworm", ["x"], [["k", 1]], [1, 2]]
    assert rendered("{{ os }}", scope)["architecture"] == "amd64"  # type: ignore[index]  # a mapping


def test_large_data_is_refused_too() -> None:
    """The size of a result is bounded wherever it comes from."""
    assert "the result is larger than 16 MiB" in complaint("{{ x }}", Scope({}, {"x": "y" * (LARGEST + 1)}))


def test_a_template_file_gives_text() -> None:
    """A file that is one lone expression still becomes text, with its newline."""
    assert RENDERER.text("{{ x }}\n", Scope({"x": [1, 2]})) == "[1, 2]\n"


def test_a_template_file_s_mistake_has_its_line() -> None:
    """A syntax error in a template file is told with the line in that file."""
    with pytest.raises(PlaybookError) as caught:
        RENDERER.text("one\ntwo {{ x | boool }}\n", Scope(), Where("t.j2", 1))
    assert (caught.value.file, caught.value.line, caught.value.advice) == ("t.j2", 2, "Did you mean 'bool'?")


@pytest.mark.parametrize(
    ("expression", "holds"),
    [("True", True), ("n == 1", True), ("n > 1", False), ("yes | bool", True), ("no | bool", False), ("a.b is defined", False)],
)
def test_conditions_hold_or_not(expression: str, holds: bool) -> None:
    """A condition is a bare expression that comes out as true or false."""
    assert holds is RENDERER.condition(expression, Scope({"n": 1, "yes": "yes", "no": "no"}), HERE)


@pytest.mark.parametrize(
    ("expression", "advice"),
    [
        ("word", "Write x | bool for words such as yes and no, or x | length > 0."),
        ("items", "Write x | length > 0."),
        ("number", "Write x != 0."),
        ("none", "Write x is not none, or a comparison."),
    ],
)
def test_other_values_are_no_conditions(expression: str, advice: str) -> None:
    """A word such as "no" would count as true: what is neither true nor false is refused with advice."""
    with pytest.raises(PlaybookError) as caught:
        RENDERER.condition(expression, Scope({"word": "no", "items": [], "number": 0}), HERE)
    assert (3, advice) == (caught.value.line, caught.value.advice)


def test_what_is_not_defined_is_an_error_in_conditions_too() -> None:
    """A misspelt name in a condition is an error, not false."""
    with pytest.raises(PlaybookError, match="'nowhere' is undefined"):
        RENDERER.condition("not nowhere", Scope(), HERE)


def test_values_that_are_no_templates_stay_as_they_are() -> None:
    """Frozen values and dates pass through a rendering; a tuple becomes a list."""
    from datetime import date

    assert [date(2024, 1, 2), [1]] == rendered([date(2024, 1, 2), (1,)], Scope())


def test_a_template_may_set_names_of_its_own() -> None:
    """A name that a template sets for itself stands before the scope's, in its blocks too."""
    text = "{% set a = 2 %}{{ a }}{% block one %}{{ a }}{% endblock %}{% for i in [3] %}{% block two scoped %}{{ i }}{% endblock %}{% endfor %}"
    found = RENDERER.text(text, Scope({"a": 1, "i": 9}))
    assert found == "223"


def test_a_loop_in_a_template_sees_the_scope() -> None:
    """Loops, macros and blocks in a template find the scope's names."""
    text = "{% macro m(x) %}{{ x }}{{ a }}{% endmacro %}{% for i in [1] %}{{ m(i) }}{% endfor %}{% block b %}{{ a }}{% endblock %}"
    assert RENDERER.text(text, Scope({"a": 2})) == "122"


def test_hostvars_know_their_hosts() -> None:
    """A host that is not in the inventory, or a variable that it does not have, is not defined."""
    scope = Scope(hosts={"web2": {"port": 2}})
    texts = [
        "{{ hostvars['web3'] is defined }}",
        "{{ hostvars.web2.prot is defined }}",
        "{{ hostvars.web2 | length }}",
        "{{ hostvars | length }}",
    ]
    assert rendered(texts, scope) == [False, False, 1, 1]


def test_data_nested_without_end_is_refused() -> None:
    """Data that is nested too deeply is an error and not a crash."""
    deep: list[object] = []
    for _level in range(5000):
        deep = [deep]
    assert "values are nested too deeply" in complaint("{{ deep }}", Scope({}, {"deep": deep}))
