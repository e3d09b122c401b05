"""Text of playbooks becomes compiled templates and expressions, and a mistake in it becomes a line, a column and advice."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import jinja2
from jinja2 import TemplateSyntaxError, nodes
from jinja2.parser import Parser

from healer.model.errors import PlaybookError
from healer.model.host import Value
from healer.model.playbook import Where
from healer.playbook.sandbox import Sandbox, new_sandbox
from healer.playbook.words import nearest

RESULT = "_result"
"""The name under which a lone expression leaves its value."""

_MARKS = ("{{", "{%", "{#")
_RAW = "Text that only looks like a template is marked !unsafe or stands between {% raw %} and {% endraw %}."


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template; `lone` when it is one expression and nothing else, whose value keeps its type."""

    template: jinja2.Template
    lone: bool


def has_template(value: Value) -> bool:
    """Whether any text in the value is a template."""
    if isinstance(value, str):
        return any(mark in value for mark in _MARKS)
    if isinstance(value, Mapping):
        return any(has_template(key) or has_template(item) for key, item in value.items())
    return isinstance(value, (list, tuple)) and any(map(has_template, value))


def shortened(value: Value) -> str:
    """Return the value quoted and cut, for messages."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


class Compiler:
    """Compiles each text once. May be shared by threads."""

    def __init__(self) -> None:
        self._sandbox = new_sandbox()
        self.template: Callable[[str], Compiled] = lru_cache(maxsize=4096)(self._template)
        self.expression: Callable[[str], jinja2.Template] = lru_cache(maxsize=4096)(self._expression)

        self.file: Callable[[str], jinja2.Template] = lru_cache(maxsize=256)(self._sandbox.from_string)

    def check_file(self, text: str, where: Where) -> None:
        """Raise PlaybookError when the text of a whole template file is no template."""
        self._check(self.file, text, where)

    def check_template(self, text: str, where: Where) -> None:
        """Raise PlaybookError when the text is no template. `where` is the place of its first line."""
        self._check(self.template, text, where)

    def check_condition(self, expression: str, where: Where) -> None:
        """Raise PlaybookError when the text is no bare expression."""
        if expression.lstrip().startswith(("{{", "{%")):
            message = f"conditions are bare expressions, not templates: {shortened(expression)}."
            raise PlaybookError(message, file=where.file, line=where.line, column=where.column, advice="Leave out the {{ }}.")
        self._check(self.expression, expression, where)

    def _check(self, compiler: Callable[[str], object], text: str, where: Where) -> None:
        try:
            compiler(text)
        except TemplateSyntaxError as error:
            line = where.line + max(error.lineno, 1) - 1 if where.line else 0
            raise PlaybookError(
                f"{(error.message or 'no template').rstrip('.')} in {shortened(text)}.",
                file=where.file,
                line=line,
                column=where.column if line == where.line else 0,
                advice=self._advice(error.message or "", text),
            ) from error
        except RecursionError as error:
            message = f"{shortened(text)} is nested too deeply."
            raise PlaybookError(message, file=where.file, line=where.line, column=where.column) from error

    def _advice(self, message: str, text: str) -> str:
        unknown = re.match(r"No (filter|test) named '([^']*)'", message)
        if not unknown:
            return _RAW if has_template(text) else ""
        known = self._sandbox.filters if unknown[1] == "filter" else self._sandbox.tests
        return nearest(unknown[2], known) or f"Known are: {', '.join(sorted(name for name in known if name[0].isalpha()))}."

    def _template(self, text: str) -> Compiled:
        tree = self._sandbox.parse(text)
        expression = _lone(tree)
        if expression is None:
            return Compiled(self._sandbox.from_string(tree), lone=False)
        return Compiled(_assigning(self._sandbox, expression), lone=True)

    def _expression(self, text: str) -> jinja2.Template:
        parser = Parser(self._sandbox, text, state="variable")
        expression = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError(f"unexpected {parser.stream.current.value!r}", parser.stream.current.lineno)
        expression.set_environment(self._sandbox)
        return _assigning(self._sandbox, expression)


def _lone(tree: nodes.Template) -> nodes.Expr | None:
    """Return the one expression that a template consists of, or None."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output) or len(tree.body[0].nodes) != 1:
        return None
    expression = tree.body[0].nodes[0]
    return None if isinstance(expression, nodes.TemplateData) else expression


def _assigning(sandbox: Sandbox, expression: nodes.Expr) -> jinja2.Template:
    """Return a template that prints nothing and leaves the expression's value under RESULT, as jinja2's own compile_expression does."""
    target = nodes.Name(RESULT, "store")
    tree = nodes.Template([nodes.Assign(target, expression, lineno=1)], lineno=1)
    tree.set_environment(sandbox)
    return sandbox.from_string(tree)
