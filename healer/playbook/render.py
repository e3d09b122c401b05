"""Templates and conditions of playbooks become values: once, strictly, and only from text that people wrote.

A string that is one lone `{{ expression }}` keeps the type of its value; every other string with a template in it becomes text.
Conditions are bare expressions and must come out as true or false: a word such as "no" is refused rather than taken for true.
"""

import re
from collections.abc import Callable, Mapping

import jinja2
from jinja2 import TemplateError, Undefined

from healer.model.errors import PlaybookError
from healer.model.host import Value
from healer.model.playbook import Where
from healer.playbook.compile import RESULT, Compiler, has_template, shortened
from healer.playbook.plain import Allowance, Omitted, plain
from healer.playbook.sandbox import SCOPE
from healer.playbook.scope import Names, Scope
from healer.playbook.words import nearest

_FAULTS = (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError, MemoryError, re.error)
"""What expressions that people write can raise. All of it is their mistake and is told as such."""

_CLOSED_DOORS = ("lookup", "query", "q")


class Renderer:
    """Renders with a compiler that remembers. May be shared by threads. Everything here raises PlaybookError with the place in it."""

    def __init__(self, compiler: Compiler | None = None) -> None:
        self._compiler = compiler or Compiler()

    def render(self, value: Value, scope: Scope, where: Where | None = None) -> Value:
        """Return the value with every template in it replaced, also in lists and mappings; entries that are `omit` are left out."""
        result = self._guarded(lambda names: plain(self._value(value, names), Allowance()), scope, where, value)
        return None if isinstance(result, Omitted) else result

    def text(self, text: str, scope: Scope, where: Where | None = None) -> str:
        """Return a whole template file rendered: text, whatever it holds."""
        self._compiler.check_file(text, where or Where())
        return str(self._guarded(lambda names: _printed(self._compiler.file(text), names), scope, where, text))

    def evaluate(self, expression: str, scope: Scope, where: Where | None = None) -> Value:
        """Return the value of a bare expression."""
        work = self._compiler.expression
        return self._guarded(lambda names: plain(_result(work(expression), names), Allowance()), scope, where, expression)

    def condition(self, expression: str, scope: Scope, where: Where | None = None) -> bool:
        """Return whether a bare expression holds. A value other than true and false is an error."""
        value = self.evaluate(expression, scope, where)
        if isinstance(value, bool):
            return value
        message = f"the condition {shortened(expression)} gives {shortened(value)} ({type(value).__name__}): neither true nor false."
        raise _placed(PlaybookError(message, advice=_truth_advice(value)), where)

    def _guarded(self, work: Callable[[Names], Value], scope: Scope, where: Where | None, source: Value) -> Value:
        names = Names(scope, self._named)
        try:
            return work(names)
        except PlaybookError as error:
            raise _placed(error, where) from error.__cause__
        except _FAULTS as error:
            raise _placed(_explained(error, names, f"in {shortened(source)}"), where) from error

    def _named(self, value: Value, names: Names) -> object:
        """Return a variable's value for the template that asked for it. What is not defined is handed on, for `default` to catch."""
        if not has_template(value):
            return value
        try:
            result = self._value(value, names)
            return result if isinstance(result, Undefined) else plain(result, Allowance())
        except _FAULTS as error:
            raise _explained(error, names, f"in the variable {names.path[-1]!r}: {shortened(value)}") from error

    def _value(self, value: Value, names: Names) -> object:
        if isinstance(value, str):
            return self._string(value, names)
        if isinstance(value, Mapping):
            return {self._value(key, names): self._value(item, names) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._value(item, names) for item in value]
        return value

    def _string(self, text: str, names: Names) -> object:
        if not has_template(text):
            return text
        compiled = self._compiler.template(text)
        return _result(compiled.template, names) if compiled.lone else _printed(compiled.template, names)


def _result(template: jinja2.Template, names: Names) -> object:
    context = template.new_context({SCOPE: names}, shared=True)
    for _nothing in template.root_render_func(context):
        pass
    return context.vars[RESULT]


def _printed(template: jinja2.Template, names: Names) -> str:
    allowance = Allowance()
    pieces = []
    for piece in template.root_render_func(template.new_context({SCOPE: names}, shared=True)):
        allowance.spend(len(piece))
        pieces.append(piece)
    return "".join(pieces)


def _placed(error: PlaybookError, where: Where | None) -> PlaybookError:
    """Return the error with the place where the rendering was asked for, when it has none of its own."""
    if error.file or error.line or where is None:
        return error
    return PlaybookError(error.message, file=where.file, line=where.line, column=where.column, advice=error.advice)


def _explained(error: BaseException, names: Names, source: str) -> PlaybookError:
    words = _words(error)
    name = re.fullmatch(r"'(.*)' is undefined", words)
    if not name:
        return PlaybookError(f"{words} {source}.")
    advice = nearest(name[1], names.known())
    if name[1] in _CLOSED_DOORS:
        advice = (
            "Templates open no files and ask no programs: give the value as a variable (vars, inventory, -e) or register a task's result."
        )
    return PlaybookError(f"{words} {source}.", advice=advice)


def _words(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "values are nested too deeply"
    if isinstance(error, re.error):
        return f"this is no regular expression ({error})"
    return str(error).rstrip(".") or type(error).__name__


def _truth_advice(value: Value) -> str:
    if isinstance(value, str):
        return "Write x | bool for words such as yes and no, or x | length > 0."
    if isinstance(value, (list, dict)):
        return "Write x | length > 0."
    if isinstance(value, (int, float)):
        return "Write x != 0."
    return "Write x is not none, or a comparison."
