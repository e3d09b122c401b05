"""Laws of rendering that hold for every value."""

from hypothesis import given
from hypothesis import strategies as st

from healer.playbook.compile import has_template
from healer.playbook.render import Renderer
from healer.playbook.scope import Scope

RENDERER = Renderer()
LOOKS = st.sampled_from(["{{ secret }}", "{{ 7 * 7 }}", "{% raw %}", "{# gone #}", "{{", "}}", "{% for", "{{ hostvars }}", "{% endraw %}"])
TEXT = st.lists(st.one_of(LOOKS, st.text(max_size=8)), max_size=5).map("".join)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT)
VALUES = st.recursive(LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)), max_leaves=12)


@given(VALUES)
def test_data_is_never_compiled(value: object) -> None:
    """Whatever a host said comes out of a lone expression exactly as it went in, type and text."""
    found = RENDERER.render("{{ result }}", Scope({"secret": "s"}, {"result": value}))
    assert (type(value), value) == (type(found), found)


@given(TEXT, TEXT)
def test_data_inside_of_text_is_never_compiled(said: str, more: str) -> None:
    """Whatever a host said stands literally in the text around it, also when a variable hands it on."""
    scope = Scope({"secret": "s", "handed": "<{{ result.stdout }}>"}, {"result": {"stdout": said}, "item": more})
    assert f"a<{said}>b{more}" == RENDERER.render("a{{ handed }}b{{ item }}", scope)


@given(TEXT)
def test_data_is_never_compiled_in_conditions(said: str) -> None:
    """A condition compares what a host said, literally."""
    assert RENDERER.condition("result == other", Scope({"secret": "s"}, {"result": said, "other": said}))


@given(VALUES.filter(lambda value: not has_template(value)))
def test_plain_values_stay(value: object) -> None:
    """A value without templates is its own rendering, however often it is rendered."""
    once = RENDERER.render(value, Scope())
    assert (value, value) == (once, RENDERER.render(once, Scope()))


@given(VALUES)
def test_unused_names_change_nothing(value: object) -> None:
    """A rendering depends on the names that it uses and on no others."""
    assert RENDERER.render("{{ a }}-", Scope({"a": 1})) == RENDERER.render("{{ a }}-", Scope({"a": 1, "b": value}, {"c": value}))


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True))
def test_chains_of_variables_give_their_end(names: list[str]) -> None:
    """A chain of variables of any length gives the value at its end."""
    chain = {name: f"{{{{ {following} }}}}" for name, following in zip(names, [*names[1:], "end"], strict=True)}
    assert RENDERER.render(f"{{{{ {names[0]} }}}}", Scope({**chain, "end": [1]})) == [1]
