"""Reads logrotate's configuration as logrotate.conf(5) explains it, as far as stanzas and their options go. Pure."""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field

from healer.model.logs import Stanza

SCRIPTS = frozenset(("prerotate", "postrotate", "firstaction", "lastaction", "preremove"))
_PATTERN = ("/", '"', "'", "~", "\\")


def stanzas(rows: Iterable[tuple[str, str]]) -> tuple[Stanza, ...]:
    """Return what lines, each with its file, say. What stands outside of stanzas is one without patterns, first of its file."""
    files: dict[str, _Reader] = {}
    for file, line in rows:
        files.setdefault(file, _Reader(file)).take(line)
    return tuple(stanza for reader in files.values() for stanza in reader.all())


@dataclass(slots=True)
class _Reader:
    """Takes one file line by line; a stanza that is not closed is none."""

    file: str
    common: dict[str, str] = field(default_factory=dict)
    done: list[Stanza] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    postrotate: list[str] = field(default_factory=list)
    inside: bool = False
    script: str = ""

    def take(self, line: str) -> None:
        """Take a line. Between a script's first word and `endscript` everything is shell text."""
        text = line.strip()
        if self.script:
            self._take_script(text)
        elif text and not text.startswith("#"):
            self._take_words(text)

    def all(self) -> list[Stanza]:
        """Return the stanzas."""
        return [*([Stanza(self.file, (), self.common)] if self.common else []), *self.done]

    def _take_script(self, text: str) -> None:
        if text == "endscript":
            self.script = ""
        elif self.script == "postrotate":
            self.postrotate.append(text)

    def _take_words(self, text: str) -> None:
        if self.inside:
            body, closed, rest = text.partition("}")
            self._option(body.strip(), self.options)
            if closed:
                self._close()
                self.take(rest)
            return
        head, opened, rest = text.partition("{")
        if opened or head.startswith(_PATTERN):
            self.patterns += _words(head)
            self.inside = bool(opened)
            self.take(rest)
        else:
            self._option(text, self.common)

    def _option(self, text: str, options: dict[str, str]) -> None:
        word, _, rest = re.sub(r"\s*[\s=]\s*", " ", text.partition(" #")[0], count=1).partition(" ")
        if word in SCRIPTS:
            self.script = word
        elif word and word != "endscript":
            options[word] = rest.strip()

    def _close(self) -> None:
        self.done.append(Stanza(self.file, tuple(self.patterns), self.options, "\n".join(self.postrotate)))
        self.patterns, self.options, self.postrotate, self.inside = [], {}, [], False


def _words(text: str) -> list[str]:
    """Return the patterns of a line, without their quotes; where those do not match, the line as it is."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
