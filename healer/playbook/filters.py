"""The filters that Ansible people reach for and jinja2 does not have. Each is a pure function of its arguments."""

import base64
import binascii
import hashlib
import json
import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import yaml
from jinja2 import Undefined, UndefinedError

from healer.model.host import Value
from healer.playbook.plain import Allowance, plain

_TRUE = frozenset({"yes", "on", "true", "1", "y", "t"})
_FALSE = frozenset({"no", "off", "false", "0", "n", "f", ""})
_DIGESTS = ("sha256", "sha384", "sha512", "sha1", "md5")


def to_bool(value: Value) -> bool:
    """Return the truth that a word, a number or a boolean stands for. Raises ValueError for other words: a typo is not false."""
    if isinstance(value, bool) or value is None:
        return bool(value)
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(f"{value!r} is neither true nor false")
    return word in _TRUE


def to_json(value: object, indent: int | None = None) -> str:
    """Return JSON with keys in their order; dates become ISO 8601 text."""
    return json.dumps(plain(value, Allowance()), indent=indent, ensure_ascii=False, default=str)


def to_nice_json(value: object, indent: int = 4) -> str:
    """Return JSON for people, keys sorted."""
    return json.dumps(plain(value, Allowance()), indent=indent, ensure_ascii=False, default=str, sort_keys=True)


def to_yaml(value: object, indent: int = 2) -> str:
    """Return block-style YAML."""
    return yaml.safe_dump(plain(value, Allowance()), indent=indent, allow_unicode=True, default_flow_style=False, sort_keys=False)


def from_json(text: str) -> Value:
    """Return the value that JSON text stands for."""
    found: Value = json.loads(text)
    return found


def _flags(ignorecase: bool, multiline: bool) -> re.RegexFlag:
    return (re.IGNORECASE if ignorecase else re.NOFLAG) | (re.MULTILINE if multiline else re.NOFLAG)


def regex_search(text: object, pattern: str, *groups: str, ignorecase: bool = False, multiline: bool = False) -> Value:
    r"""Return the first match, or the list of the groups asked for (`'\1'`, `'\g<name>'`), or None."""
    found = re.search(pattern, str(text), _flags(ignorecase, multiline))
    if found is None:
        return None
    return [found.expand(group) for group in groups] if groups else found.group()


def regex_findall(text: object, pattern: str, ignorecase: bool = False, multiline: bool = False) -> Value:
    """Return all matches."""
    return re.findall(pattern, str(text), _flags(ignorecase, multiline))


def regex_replace(text: object, pattern: str, replacement: str = "", ignorecase: bool = False, multiline: bool = False) -> str:
    """Return the text with every match replaced."""
    return re.sub(pattern, replacement, str(text), flags=_flags(ignorecase, multiline))


def combine(first: Mapping[Value, Value], *others: Mapping[Value, Value], recursive: bool = False) -> Value:
    """Return the mappings merged, later ones winning; `recursive` merges mappings inside them too."""
    result = dict(first)
    for other in others:
        for key, value in other.items():
            old = result.get(key)
            both = recursive and isinstance(old, Mapping) and isinstance(value, Mapping)
            result[key] = combine(old, value, recursive=True) if both else value  # type: ignore[arg-type]  # both: two mappings
    return result


def ternary(value: Value, when_true: Value, when_false: Value, when_none: Value = None) -> Value:
    """Return one of the values by the truth of the first; None gives `when_none` where that is given."""
    if value is None and when_none is not None:
        return when_none
    return when_true if to_bool(value) else when_false


def digest(text: object, algorithm: str = "sha256") -> str:
    """Return the hexadecimal digest of the text."""
    if algorithm not in _DIGESTS:
        raise ValueError(f"hash knows {', '.join(_DIGESTS)}, not {algorithm!r}")
    return hashlib.new(algorithm, str(text).encode(), usedforsecurity=False).hexdigest()


def from_base64(text: str) -> str:
    """Return the UTF-8 text that base64 stands for."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("b64decode was not given base64 of UTF-8 text") from error


def mandatory(value: Value, message: str = "") -> Value:
    """Return the value; an undefined one fails with the message."""
    if isinstance(value, Undefined):
        raise UndefinedError(message or "a mandatory variable is not defined")
    return value


def flatten(values: Iterable[Value], levels: int = -1) -> list[Value]:
    """Return nested lists as one list; `levels` bounds how deep."""
    result: list[Value] = []
    for value in values:
        result += flatten(value, levels - 1) if isinstance(value, (list, tuple)) and levels else [value]
    return result


def _difference(left: Iterable[Value], right: Iterable[Value]) -> list[Value]:
    unwanted = list(right)
    return _once(value for value in left if value not in unwanted)


def _intersect(left: Iterable[Value], right: Iterable[Value]) -> list[Value]:
    wanted = list(right)
    return _once(value for value in left if value in wanted)


def _union(left: Iterable[Value], right: Iterable[Value]) -> list[Value]:
    return _once([*left, *right])


def _once(values: Iterable[Value]) -> list[Value]:
    result: list[Value] = []
    for value in values:
        if value not in result:
            result.append(value)
    return result


def _pairs(values: Mapping[Value, Value], key_name: str = "key", value_name: str = "value") -> list[Value]:
    return [{key_name: key, value_name: value} for key, value in values.items()]


def _unpaired(values: Iterable[Mapping[str, Value]], key_name: str = "key", value_name: str = "value") -> dict[Value, Value]:
    return {pair[key_name]: pair[value_name] for pair in values}


FILTERS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "bool": to_bool,
        "to_json": to_json,
        "to_nice_json": to_nice_json,
        "to_yaml": to_yaml,
        "to_nice_yaml": to_yaml,
        "from_json": from_json,
        "regex_search": regex_search,
        "regex_findall": regex_findall,
        "regex_replace": regex_replace,
        "regex_escape": lambda text: re.escape(str(text)),
        "basename": lambda path: posixpath.basename(str(path)),
        "dirname": lambda path: posixpath.dirname(str(path)),
        "quote": lambda text: shlex.quote(str(text)),
        "split": lambda text, separator=None, most=-1: str(text).split(separator, most),
        "splitlines": lambda text: str(text).splitlines(),
        "combine": combine,
        "ternary": ternary,
        "hash": digest,
        "b64encode": lambda text: base64.b64encode(str(text).encode()).decode(),
        "b64decode": from_base64,
        "mandatory": mandatory,
        "flatten": flatten,
        "difference": _difference,
        "intersect": _intersect,
        "union": _union,
        "dict2items": _pairs,
        "items2dict": _unpaired,
        "type_debug": lambda value: type(value).__name__,
    },
)
