"""Events as JSON and back, exactly: a resumed run must see what the interrupted one wrote.

Written here by hand, read by pydantic. What has no rule is refused, a Secret above all. Fields that hold any value
(`Mapping[str, object]`) mark what JSON cannot say with a dict of one key that starts with `$`.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, cast, get_type_hints

from pydantic import Field, TypeAdapter, ValidationError

from healer.model.errors import JournalError
from healer.model.events import Event
from healer.model.facts import Unknown

Json = dict[str, Any]

_events: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def encode(event: Event) -> Json:
    """Return the event as JSON-shaped values. Raises JournalError for a value that has no rule."""
    return cast("Json", _plain(event, free=False))


def decode(body: Json) -> Event:
    """Return the event. Raises JournalError when this version of healer does not know it."""
    try:
        return _events.validate_python({name: _restored(value) for name, value in body.items()})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise JournalError(
            f"an event of the journal cannot be read: {body.get('kind', 'no kind')}: {place}: {first['msg']}.",
            advice="Was it written by a newer healer? Use that version.",
        ) from error


def to_text(event: Event) -> str:
    """Return the event as one line of JSON."""
    return json.dumps(encode(event), allow_nan=False)


def from_text(text: str) -> Event:
    """Return the event of one line of JSON. Raises JournalError when it is none."""
    try:
        body = json.loads(text)
    except ValueError as error:
        raise JournalError(f"an event of the journal is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise JournalError("an event of the journal is not a JSON object.")
    return decode(body)


def _plain(value: object, *, free: bool) -> object:
    """Return the value JSON-shaped. `free` is true where the type does not say what to expect, so that the value itself must."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": str(value)}
    if isinstance(value, (list, tuple)):
        return _plain_sequence(value, free=free)
    if isinstance(value, Mapping):
        return _plain_mapping(value, free=free)
    return _plain_object(value, free=free)


def _plain_sequence(value: list[Any] | tuple[Any, ...], *, free: bool) -> object:
    items = [_plain(item, free=free) for item in value]
    return {"$tuple": items} if free and isinstance(value, tuple) else items


def _plain_mapping(value: Mapping[Any, Any], *, free: bool) -> object:
    looks_marked = len(value) == 1 and str(next(iter(value))).startswith("$")
    if looks_marked or not all(isinstance(key, str) for key in value):
        return {"$dict": [[_plain(key, free=True), _plain(item, free=free)] for key, item in value.items()]}
    return {_plain(key, free=False): _plain(item, free=free) for key, item in value.items()}


def _plain_object(value: object, *, free: bool) -> object:
    if isinstance(value, Unknown):
        return {"$unknown": value.reason}
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if is_dataclass(value) and not isinstance(value, type) and not free:
        open_fields = _open_fields(type(value))
        return {field.name: _plain(getattr(value, field.name), free=field.name in open_fields) for field in fields(value)}
    raise JournalError(
        f"the journal has no rule for a value of type {type(value).__name__}.",
        advice="A step may keep only plain values: text, numbers, dates, lists, mappings, Unknown.",
    )


@cache
def _open_fields(kind: type) -> frozenset[str]:
    """Return the names of the fields that may hold any value."""
    return frozenset(name for name, hint in get_type_hints(kind).items() if hint == Mapping[str, object])


_marks: Mapping[str, Callable[[Any], object]] = {
    "$float": float,
    "$tuple": lambda items: tuple(_restored(item) for item in items),
    "$dict": lambda pairs: {_restored(key): _restored(item) for key, item in pairs},
    "$unknown": Unknown,
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
}


def _restored(value: object) -> object:
    """Return the value with all marks made real again."""
    if isinstance(value, list):
        return [_restored(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        mark, content = next(iter(value.items()))
        if mark in _marks:
            return _marks[mark](content)
    return {key: _restored(item) for key, item in value.items()}
