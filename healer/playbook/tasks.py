"""One entry of a task list is read: its step, the step's arguments, and the words about when and how often."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from healer.model.errors import PlaybookError
from healer.model.host import Value
from healer.model.playbook import Task
from healer.playbook import fields
from healer.playbook.compile import Compiler, has_template, shortened
from healer.playbook.nodes import Entry, Node, fault
from healer.playbook.schema import StepSchema, problems, shaped
from healer.playbook.words import INSTEAD_OF_STEPS, TASK_WORDS, instead_of_keyword, nearest, short_step_name


@dataclass(frozen=True, slots=True)
class TaskReader:
    """Reads tasks with the steps that there are. What is wrong goes to `report`, so that one look shows all mistakes of a file."""

    steps: Mapping[str, StepSchema]
    compiler: Compiler
    report: Callable[[PlaybookError], None]

    def section(self, node: Node, what: str, *, handlers: bool = False) -> tuple[Task, ...]:
        """Return the tasks of a list; those that cannot be read are reported and left out."""
        found = []
        for item in fields.listed(node, what):
            try:
                found.append(self.task(item, handler=handlers))
            except PlaybookError as error:
                self.report(error)
        return tuple(found)

    def task(self, node: Node, *, handler: bool = False) -> Task:
        """Return one task. Raises PlaybookError for what leaves nothing to read."""
        entries = fields.mapping(node, "a task")
        step = self._step(node, entries)
        schema = self.steps[short_step_name(str(step.key))]
        arguments = shaped(schema, step.node)
        for problem in problems(schema, arguments, self.compiler):
            self.report(problem)
        words = self._words({str(key): entry.node for key, entry in entries.items() if entry is not step})
        if not handler and "listen" in words:
            raise fault(entries["listen"].where, "listen belongs to handlers.", "A task tells handlers with notify.")
        if handler and "name" not in words and "listen" not in words:
            raise fault(node.where, "a handler needs a name or a listen, or nobody can notify it.")
        return Task(**{"name": schema.name, **words}, step=schema.name, arguments=arguments.value, where=node.where)

    def _step(self, node: Node, entries: Mapping[Any, Entry]) -> Entry:
        steps = [entry for entry in entries.values() if short_step_name(str(entry.key)) in self.steps]
        for entry in entries.values():
            if entry not in steps and entry.key not in TASK_WORDS:
                raise self._unknown(entry)
        if not steps:
            raise fault(node.where, "the task names no step.", f"Steps are: {', '.join(sorted(self.steps))}.")
        if len(steps) > 1:
            raise fault(steps[1].where, f"the task names two steps: {steps[0].key} and {steps[1].key}.", "Write two tasks.")
        return steps[0]

    def _unknown(self, entry: Entry) -> PlaybookError:
        word = str(entry.key)
        instead = instead_of_keyword(word)
        if instead is not None:
            return fault(entry.where, f"{word!r} is refused for now.", instead)
        other = INSTEAD_OF_STEPS.get(word.rpartition(".")[2])
        if other:
            return fault(entry.where, f"there is no step {word!r}.", f"Use {other}.")
        known = {*TASK_WORDS, *self.steps}
        return fault(entry.where, f"{word!r} is no step and no keyword of a task.", nearest(short_step_name(word), known))

    def _words(self, nodes: Mapping[str, Node]) -> dict[str, Any]:
        """Return the keywords as fields of a Task."""
        found: dict[str, Any] = {}
        for word, read in self._readers().items():
            if word in nodes and nodes[word].value is not None:
                found[word] = read(nodes[word])
        if "loop_control" in nodes:
            found["loop_var"] = _loop_var(nodes["loop_control"])
        if "retries" in found and "until" not in found:
            raise fault(nodes["retries"].where, "retries needs until.", "Write until: NAME is succeeded with register: NAME.")
        return found

    def _readers(self) -> Mapping[str, Callable[[Node], object]]:
        condition = self._condition
        return {
            "name": self._template,
            "when": condition,
            "register": fields.variable_name,
            "loop": self._loop,
            "until": condition,
            "retries": fields.count,
            "delay": fields.seconds,
            "notify": fields.texts,
            "listen": fields.texts,
            "tags": fields.tags,
            "delegate_to": self._template,
            "ignore_errors": fields.boolean,
            "no_log": fields.boolean,
            "become": fields.boolean,
            "vars": lambda node: fields.variables(node, self.compiler),
            "changed_when": condition,
            "failed_when": condition,
        }

    def _condition(self, node: Node) -> tuple[str, ...]:
        return fields.conditions(node, self.compiler)

    def _template(self, node: Node) -> str:
        fields.check_templates(node, self.compiler)
        return fields.text(node)

    def _loop(self, node: Node) -> Value:
        if isinstance(node.value, list) or (isinstance(node.value, str) and has_template(node.value)):
            fields.check_templates(node, self.compiler)
            return node.value
        advice = (
            "A mapping becomes one with the dict2items filter." if isinstance(node.value, dict) else "A variable is written '{{ name }}'."
        )
        raise fault(node.where, f"loop takes a list, not {shortened(node.value)}.", advice)


def _loop_var(node: Node) -> str:
    for key, entry in fields.mapping(node, "loop_control").items():
        if key != "loop_var":
            raise fault(entry.where, f"loop_control has no {key!r}.", "It takes loop_var.")
        return fields.variable_name(entry.node)
    return "item"
