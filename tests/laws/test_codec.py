"""Laws of the event codec: whatever happened is read back exactly."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import get_args, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healer.journal.codec import decode, encode, from_text, to_text
from healer.model.action import Act, Action, Decision, Job, Refuse, Run, Skip, Verb
from healer.model.errors import JournalError
from healer.model.events import ActEnded, ActIntended, Event, Note, TaskPlanned
from healer.model.facts import Unknown, Verdict
from healer.model.secret import Secret
from healer.model.services import ServiceSample

texts = st.text(max_size=20)
floats = st.floats(allow_nan=False)
st.register_type_strategy(float, floats)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | floats
    | texts
    | st.dates()
    | st.datetimes().map(lambda moment: moment.replace(fold=0))
    | st.builds(Unknown, texts)
)
keys = texts | st.sampled_from(["$tuple", "$dict", "$unknown", "$date"])
free = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(keys | st.integers(), inner, max_size=3),
    max_leaves=6,
)


DECLARED = {
    float: floats,
    Mapping[str, object]: st.dictionaries(keys, free, max_size=3),
    Mapping[str, str]: st.dictionaries(keys, texts, max_size=3),
    Mapping[str, Mapping[str, float]]: st.dictionaries(keys, st.dictionaries(keys, floats, max_size=3), max_size=3),
    Mapping[int, str]: st.dictionaries(st.integers(), texts, max_size=3),
    Mapping[str, int]: st.dictionaries(keys, st.integers(), max_size=3),
    Mapping[str, ServiceSample]: st.dictionaries(keys, st.from_type(ServiceSample), max_size=3),
}


def values(hint: object) -> st.SearchStrategy[object]:
    """Give values of a field's declared type."""
    if hint in (Verb, Decision):
        return st.one_of([instances(kind) for kind in get_args(hint)])
    if hint in DECLARED:
        return DECLARED[hint]
    if hint == tuple[Action, ...]:
        return st.lists(instances(Action), max_size=2).map(tuple)
    return instances(hint) if dataclasses.is_dataclass(hint) else st.from_type(hint)


def instances(kind: type) -> st.SearchStrategy[object]:
    """Give instances of a frozen dataclass, all fields drawn."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: values(hints[field.name]) for field in dataclasses.fields(kind)})


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_round_trip_is_exact(kind: type) -> None:
    """Every kind of event comes back equal from its line of JSON, in type and value."""

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(instances(kind))
    def law(event: Event) -> None:
        back = from_text(to_text(event))
        assert (type(event), event) == (type(back), back)
        assert repr(event) == repr(back)

    law()


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(instances(ActEnded))
def test_line_is_plain_json(event: ActEnded) -> None:
    """A line holds no line break and is JSON that every reader takes: no NaN, no infinity."""
    line = to_text(event)
    assert "\n" not in line
    json.loads(line, parse_constant=pytest.fail)


@pytest.mark.parametrize("decision", [Act(()), Skip("nothing to do"), Refuse("not here")])
def test_decisions_do_not_melt_into_each_other(decision: Decision) -> None:
    """Decisions with few fields keep their kind."""
    event = TaskPlanned("web1", "0/tasks/1", "n", "packages", decision)
    assert decision == decode(encode(event)).decision


@pytest.mark.parametrize("value", [Secret("x"), {1, 2}, b"bytes", object(), Action("a", Run(("true",))), Verdict])
@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: [value], lambda value: {"k": (value,)}], ids=["bare", "list", "dict"])
def test_what_has_no_rule_is_refused(value: object, wrap: object) -> None:
    """A value that could not be read back is refused when it is written, wherever it hides."""
    with pytest.raises(JournalError, match="has no rule"):
        encode(ActEnded("web1", "0/tasks/1", 0, "a", Verdict.GOOD, changed=True, detail={"v": wrap(value)}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"kind": "invented_later"}', "invented_later"),
        ('{"host": "web1"}', "no kind"),
        ('{"kind": "note", "host": "web1"}', "note: note.text: Field required"),
    ],
)
def test_unreadable_event_is_told(text: str, words: str) -> None:
    """An event that this version cannot read is an error that names its kind, never a guess."""
    with pytest.raises(JournalError, match=words):
        from_text(text)


def test_field_of_a_later_version_is_passed_over() -> None:
    """A field that this version does not know does not make an event unreadable."""
    assert Note("web1", "t") == from_text('{"kind": "note", "host": "web1", "text": "t", "added_later": 1}')


def test_numbers_as_keys() -> None:
    """Meanings of exit codes keep their numbers."""
    event = ActIntended("web1", "0/tasks/1", 0, "a", Action("x", Job("true", exit_meanings={100: "busy"})))
    assert event == from_text(to_text(event))


def test_dates_are_dates_again() -> None:
    """Dates and times of a playbook's YAML come back as what they were."""
    detail = {"day": date(2026, 1, 2), "time": datetime(2026, 1, 2, 3, 4, tzinfo=UTC)}
    event = ActEnded("web1", "0/tasks/1", 0, "a", Verdict.GOOD, changed=True, detail=detail)
    assert event == from_text(to_text(event))
