"""A playbook file becomes frozen values, or a list of its mistakes with their places. Nothing is rendered and no host is asked."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from healer.model.errors import PlaybookError
from healer.model.host import Value
from healer.model.playbook import Play, Playbook, Rolling, Task
from healer.playbook import fields
from healer.playbook.compile import Compiler, has_template
from healer.playbook.nodes import Entry, Node, fault, read_yaml
from healer.playbook.policy import NUMBERS, batches
from healer.playbook.schema import StepSchema
from healer.playbook.tasks import TaskReader
from healer.playbook.trust import read_trusted
from healer.playbook.words import PLAY_SECTIONS, PLAY_WORDS, ROLLING_WORDS, TASK_WORDS, instead_of_keyword, nearest


def load_playbook(path: Path, *, steps: Mapping[str, StepSchema], compiler: Compiler | None = None) -> Playbook:
    """Return the playbook in the file. `steps` are the step plug-ins by name.

    Raises PlaybookError: the first mistake by place, the others one a line in its advice; and for a file that others may write.
    """
    return parse_playbook(read_trusted(path), file=str(path), steps=steps, compiler=compiler)


def parse_playbook(content: bytes, *, file: str, steps: Mapping[str, StepSchema], compiler: Compiler | None = None) -> Playbook:
    """Return the playbook in a text: a frozen one out of a journal, or the content of a file. `file` is its name in messages."""
    root = read_yaml(content, file)
    reader = _PlayReader(steps, compiler or Compiler())
    plays = reader.plays(root)
    if reader.mistakes:
        raise _together(reader.mistakes)
    return Playbook(file, plays, hashlib.sha256(content).hexdigest())


def _together(mistakes: list[PlaybookError]) -> PlaybookError:
    first, *others = sorted(mistakes, key=lambda error: (error.line, error.column))
    advice = "\n".join([first.advice, *map(str, others)])
    return PlaybookError(first.message, file=first.file, line=first.line, column=first.column, advice=advice)


class _PlayReader:
    """Reads plays and gathers mistakes."""

    def __init__(self, steps: Mapping[str, StepSchema], compiler: Compiler) -> None:
        self.mistakes: list[PlaybookError] = []
        self._compiler, self._steps = compiler, steps
        self._tasks = TaskReader(steps, compiler, self.mistakes.append)

    def plays(self, root: Node) -> tuple[Play, ...]:
        if not isinstance(root.value, list) or not root.items:
            raise fault(root.where, "a playbook is a list of plays.", "Begin with - hosts: PATTERN.")
        found = []
        for node in root.items:
            try:
                found.append(self._play(node))
            except PlaybookError as error:
                self.mistakes.append(error)
        return tuple(found)

    def _play(self, node: Node) -> Play:
        entries = fields.mapping(node, "a play")
        for entry in entries.values():
            self._known(entry, PLAY_WORDS, "play")
        if "hosts" not in entries:
            raise fault(node.where, "the play has no hosts.", "Write hosts: with a group, a host or all.")
        found = self._try_words(entries)
        play = Play(**{"name": found.get("hosts", ""), **found}, where=node.where)
        if not self.mistakes:  # a handler that could not be read would look like one that is not there
            self._notified(play)
        return play

    def _known(self, entry: Entry, words: frozenset[str], what: str) -> None:
        if entry.key in words:
            return
        word = str(entry.key)
        instead = instead_of_keyword(word)
        if instead is not None:
            self.mistakes.append(fault(entry.where, f"{word!r} is refused for now.", instead))
            return
        advice = nearest(word, words)
        if not advice and (word in self._steps or word in TASK_WORDS):
            advice = "It belongs to a task: write it in a list under tasks:."
        self.mistakes.append(fault(entry.where, f"{word!r} is no keyword of a {what}.", advice))

    def _try_words(self, entries: Mapping[Any, Entry]) -> dict[str, Any]:
        found: dict[str, Any] = {"hosts": ""}
        readers = self._readers()
        for word, entry in entries.items():
            try:
                if word in readers and entry.node.value is not None:
                    found[word] = readers[word](entry.node)
            except PlaybookError as error:
                self.mistakes.append(error)
        found.pop("gather_facts", None)
        if "serial" in entries and "max_unavailable" in _inside(entries, "rolling"):
            self.mistakes.append(fault(entries["serial"].where, "serial and rolling.max_unavailable say the same.", "Write one of them."))
        return found

    def _readers(self) -> Mapping[str, Callable[[Node], object]]:
        sections = {name: self._section(name) for name in PLAY_SECTIONS}
        return {
            "name": self._text,
            "hosts": self._hosts,
            "vars": lambda node: fields.variables(node, self._compiler),
            "become": fields.boolean,
            "tags": fields.tags,
            "gather_facts": fields.boolean,
            "rolling": self._rolling,
            "serial": lambda node: self._number(node, batches),
            "max_fail_percentage": fields.percentage,
            **sections,
        }

    def _section(self, name: str) -> Callable[[Node], tuple[Task, ...]]:
        return lambda node: self._tasks.section(node, name, handlers=name == "handlers")

    def _text(self, node: Node) -> str:
        fields.check_templates(node, self._compiler)
        return fields.text(node)

    def _hosts(self, node: Node) -> str:
        fields.check_templates(node, self._compiler)
        found = ",".join(fields.texts(node))
        if not found:
            raise fault(node.where, "hosts is empty.", "Write a group, a host or all.")
        return found

    def _number(self, node: Node, read: Callable[[Value], object]) -> Value:
        """Return the raw value; it is checked now unless it is a template."""
        fields.check_templates(node, self._compiler)
        if not has_template(node.value):
            try:
                read(node.value)
            except ValueError as error:
                raise fault(node.where, f"{error}.") from error
        return node.value

    def _rolling(self, node: Node) -> Rolling:
        entries = fields.mapping(node, "rolling")
        found: dict[str, Any] = {}
        for entry in entries.values():
            self._known(entry, ROLLING_WORDS, "rolling block")
            word = str(entry.key)
            if entry.node.value is None:
                continue
            if word in NUMBERS:
                found[word] = self._number(entry.node, NUMBERS[word])
            elif word in {"drain", "undrain"}:
                found[word] = self._tasks.section(entry.node, f"rolling.{word}")
            elif word == "domain":
                found[word] = fields.variable_name(entry.node)
            elif word == "drained_when":
                found[word] = fields.conditions(entry.node, self._compiler)
        return Rolling(**found)

    def _notified(self, play: Play) -> None:
        """Report tasks that notify nobody."""
        names = {handler.name for handler in play.handlers} | {topic for handler in play.handlers for topic in handler.listen}
        for section in PLAY_SECTIONS:
            for task in getattr(play, section):
                for target in task.notify:
                    if target not in names and not has_template(target):
                        self.mistakes.append(fault(task.where, f"no handler is called {target!r}.", nearest(target, names)))


def _inside(entries: Mapping[Any, Entry], word: str) -> Mapping[Any, Entry]:
    return entries[word].node.entries if word in entries else {}
