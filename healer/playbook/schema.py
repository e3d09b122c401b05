"""A step's arguments are checked against its model: before a run as far as they hold no templates, and again once they are rendered."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from healer.model.errors import PlaybookError
from healer.model.host import Value
from healer.model.playbook import Task, Where
from healer.playbook import fields
from healer.playbook.compile import Compiler, has_template, shortened
from healer.playbook.nodes import Entry, Node, fault
from healer.playbook.render import Renderer
from healer.playbook.scope import Scope
from healer.playbook.words import nearest


class StepSchema(Protocol):
    """What a playbook must know of a step. Every step plug-in has it."""

    @property
    def name(self) -> str:
        """Return the word that stands for the step."""

    @property
    def arguments(self) -> type[BaseModel]:
        """Return the model of its arguments."""

    @property
    def free_form(self) -> str:
        """Return the argument that a bare value stands for, or an empty string."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """Return the arguments that are bare conditions."""

    @property
    def expressions(self) -> tuple[str, ...]:
        """Return the arguments that are bare expressions of any value."""


def shaped(schema: StepSchema, node: Node) -> Node:
    """Return the arguments as a mapping, a bare value under the step's free-form argument. Raises PlaybookError where it has none."""
    if isinstance(node.value, dict):
        return node
    if node.value is None:
        return Node({}, node.where)
    if schema.free_form:
        entry = Entry(schema.free_form, node.where, node)
        return Node({schema.free_form: node.value}, node.where, entries={schema.free_form: entry})
    first = next(iter(schema.arguments.model_fields), "name")
    raise fault(node.where, f"the arguments of {schema.name} must be a mapping.", f"Write them one a line, such as {first}: VALUE.")


def problems(schema: StepSchema, node: Node, compiler: Compiler) -> Iterator[PlaybookError]:
    """Yield what is wrong with a task's raw arguments, as far as that can be known before templates are rendered."""
    bare = {*schema.conditions, *schema.expressions}
    entries = [entry for entry in node.entries.values() if entry.key not in bare]
    yield from fields.caught(lambda found: fields.check_templates(found, compiler), tuple(entry.node for entry in entries))
    expressions = tuple(entry.node for entry in node.entries.values() if entry.key in bare)
    yield from fields.caught(lambda found: fields.conditions(found, compiler), expressions)
    try:
        schema.arguments.model_validate({str(key): _placeholder(schema, str(key), value) for key, value in _raw(node).items()})
    except ValidationError as error:
        told: set[Where] = set()
        for detail in error.errors(include_url=False):
            place, where = _locate(node, detail["loc"])
            if not has_template(place) and where not in told:  # a value that fits none of several types is wrong once
                told.add(where)
                yield fault(where, *_words(schema, detail))


def arguments_of(task: Task, schema: StepSchema, renderer: Renderer, scope: Scope) -> BaseModel:
    """Return the task's arguments rendered, its conditions judged, all validated. Raises PlaybookError at the task's place."""
    raw = task.arguments if isinstance(task.arguments, Mapping) else {}
    rendered: dict[str, Value] = {}
    for key, value in raw.items():
        if key in schema.conditions:
            rendered[key] = [{"expression": text, "holds": renderer.condition(text, scope, task.where)} for text in _listed(value)]
        elif key in schema.expressions:
            rendered[key] = [{"expression": text, "value": renderer.evaluate(text, scope, task.where)} for text in _listed(value)]
        else:
            found = renderer.render({key: value}, scope, task.where)
            rendered.update(found if isinstance(found, dict) else {})
    return validated(schema, rendered, task.where, hidden=task.no_log)


def validated(schema: StepSchema, arguments: Mapping[str, Value], where: Where, *, hidden: bool = False) -> BaseModel:
    """Return the step's arguments as its model. Raises PlaybookError, with no value in it when `hidden`."""
    try:
        return schema.arguments.model_validate(dict(arguments))
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        raise fault(where, *_words(schema, detail, hidden=hidden)) from (None if hidden else error)


def _raw(node: Node) -> Mapping[Value, Value]:
    return node.value if isinstance(node.value, dict) else {}


def _listed(value: Value) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _placeholder(schema: StepSchema, key: str, value: Value) -> Value:
    """Return what stands for a condition as long as nobody knows whether it holds."""
    if key in schema.conditions:
        return [{"expression": text, "holds": True} for text in _listed(value)]
    if key in schema.expressions:
        return [{"expression": text, "value": None} for text in _listed(value)]
    return value


def _locate(node: Node, path: tuple[int | str, ...]) -> tuple[Value, Where]:
    """Return the raw value and the place that pydantic's path leads to; parts that only pydantic knows (of unions) are stepped over."""
    where = node.where
    for part in path:
        if part in node.entries:
            where, node = node.entries[part].where, node.entries[part].node
        elif isinstance(part, int) and part < len(node.items):
            node = node.items[part]
            where = node.where
    return node.value, where


def _words(schema: StepSchema, detail: Any, *, hidden: bool = False) -> tuple[str, str]:
    """Return message and advice for one of pydantic's findings."""
    path = _path(schema, detail["loc"])
    known = [found.alias or name for name, found in schema.arguments.model_fields.items()]
    if detail["type"] == "extra_forbidden":
        advice = nearest(detail["loc"][-1], known) or f"Known are: {', '.join(known)}."
        return f"{schema.name} has no argument {path!r}.", advice
    if detail["type"] == "missing":
        return f"{schema.name} needs {path!r}.", ""
    message = (
        detail["msg"].removeprefix("Value error, ").replace("Input should", "it should").replace("valid tuple", "valid list").rstrip(".")
    )
    if not path:
        return f"{schema.name}: {message}.", ""
    if isinstance(detail["input"], Mapping):
        return f"{schema.name}: {path}: {message}.", ""
    expected = str(detail.get("ctx", {}).get("expected", ""))
    near = nearest(detail["input"], _quoted_words(expected)) if detail["type"] == "literal_error" and not hidden else ""
    return f"{schema.name}: {path} is {'not told' if hidden else shortened(detail['input'])}: {message}.", near


def _path(schema: StepSchema, location: Sequence[int | str]) -> str:
    """Return where a finding is: names of arguments and of what stands in them, and numbers, without the parts that only pydantic knows."""
    parts, fields_here = [], schema.arguments.model_fields
    for index, part in enumerate(location):
        if index == 0 or isinstance(part, int) or part in fields_here:
            parts.append(str(part))
        inner = fields_here[part].annotation if isinstance(part, str) and part in fields_here else None
        fields_here = inner.model_fields if isinstance(inner, type) and issubclass(inner, BaseModel) else {}
    return ".".join(parts)


def _quoted_words(expected: str) -> list[str]:
    """Return the words that pydantic lists as `'a', 'b' or 'c'`."""
    return [part for part in expected.split("'")[1::2] if part]
