"""The jinja2 that playbooks get: sandboxed, strict about what is not defined, with a short list of filters, and blind to data as source."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from jinja2 import ChainableUndefined, StrictUndefined
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from healer.model.facts import Unknown
from healer.model.host import Value
from healer.playbook.filters import FILTERS
from healer.playbook.plain import LARGEST, OMIT, TooLarge
from healer.playbook.predicates import TESTS
from healer.playbook.words import nearest

SCOPE = "\0scope"
"""The key of the one entry in a context: no name in a template can be spelled like it."""

_BUILTIN_FILTERS = frozenset(
    {
        "abs", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "first", "float", "format", "groupby", "indent",
        "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse",
        "round", "select", "selectattr", "slice", "sort", "string", "sum", "title", "trim", "truncate", "unique", "upper", "urlencode",
        "wordcount", "wordwrap",
    },
)  # fmt: skip
"""jinja2's own, without those that write HTML, that roll dice, or that reach for attributes by name."""

_LARGEST_POWER = 4096


class Names(Protocol):
    """Where a template's names come from."""

    def lookup(self, name: str) -> object:
        """Return the value, or jinja2's `missing`."""

    def known(self) -> Iterable[str]:
        """Return every name that has a value."""


class NotDefined(ChainableUndefined, StrictUndefined):
    """Strict, but `a.b | default(1)` and `a.b is defined` work when there is no `a`: what people expect from Ansible."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint or not isinstance(self._undefined_obj, Mapping):
            return str(super()._undefined_message)
        near = nearest(self._undefined_name, map(str, self._undefined_obj)).lower()
        return f"there is no {self._undefined_name!r} in this mapping{near and f' ({near})'}"


class LazyContext(Context):
    """Asks the scope for a name at the moment when a template needs it, and not before."""

    def resolve_or_missing(self, key: str) -> Any:
        """Return a name set by the template itself, else what the scope says."""
        if key in self.vars:
            return self.vars[key]
        if key in self.parent and key != SCOPE:
            return self.parent[key]
        return self.parent[SCOPE].lookup(key)


class Sandbox(ImmutableSandboxedEnvironment):
    """Readings that are not known count as not defined; products and powers that would fill the memory are refused."""

    intercepted_binops = frozenset({"*", "**"})
    context_class = LazyContext

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return `obj.attribute`."""
        return self.known(super().getattr(obj, attribute), attribute)

    def getitem(self, obj: Any, argument: str | Any) -> Any:
        """Return `obj[argument]`."""
        return self.known(super().getitem(obj, argument), argument)

    def known(self, value: Any, name: object) -> Any:
        """Return the value, or for an Unknown reading what is not defined, with the reading's reason."""
        if isinstance(value, Unknown):
            return self.undefined(hint=f"{name!r} is not known: {value.reason}", name=str(name))
        return value

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply, or raise to a power, within bounds."""
        if operator == "**" and isinstance(right, int) and abs(right) > _LARGEST_POWER:
            raise TooLarge(f"the power {right} is larger than {_LARGEST_POWER}")
        for sequence, times in ((left, right), (right, left)):
            if operator == "*" and isinstance(sequence, (str, list, tuple)) and isinstance(times, int) and len(sequence) * times > LARGEST:
                raise TooLarge(f"the product is larger than {LARGEST // 1024 // 1024} MiB")
        return super().call_binop(context, operator, left, right)


def _printed(value: object) -> object:
    """Return what a value prints as inside of text: None as nothing, and no methods, whose print is never what was meant."""
    if value is None:
        return ""
    if callable(value) and not isinstance(value, NotDefined):
        raise TypeError("a method is no value; to read an entry whose name is also a method, write x['name']")
    return value


def new_sandbox() -> Sandbox:
    """Return a fresh environment. Newlines are kept and blocks trimmed as Ansible does."""
    sandbox = Sandbox(undefined=NotDefined, finalize=_printed, trim_blocks=True, keep_trailing_newline=True, autoescape=False, cache_size=0)
    sandbox.filters = {name: found for name, found in sandbox.filters.items() if name in _BUILTIN_FILTERS} | dict(FILTERS)
    sandbox.tests.update(TESTS)
    return sandbox


def _globals() -> Mapping[str, Callable[..., Any] | Value]:
    return MappingProxyType({"range": Sandbox().globals["range"], "dict": dict, "namespace": Namespace, "omit": OMIT})


GLOBALS = _globals()
"""What templates have beside variables. There is no clock, no dice and no door to files: the same input gives the same plan."""
