"""Playbooks as texts, loaded with the real steps."""

from collections.abc import Mapping

import pytest

from healer.discovery import plugins
from healer.model.errors import PlaybookError
from healer.model.playbook import Play, Playbook, Task
from healer.playbook.load import parse_playbook
from healer.steps.contract import Step

STEPS: Mapping[str, Step] = plugins("healer.steps", Step)


def load(text: str) -> Playbook:
    """Return the playbook in the text, called p.yml."""
    return parse_playbook(text.encode(), file="p.yml", steps=STEPS)


def play(text: str) -> Play:
    """Return the one play whose further lines these are."""
    lines = "".join(f"  {line}\n" for line in text.splitlines())
    return load(f"- hosts: web\n{lines}").plays[0]


def task(text: str) -> Task:
    """Return the one task with these lines."""
    first, *others = text.splitlines()
    return play("\n".join(["tasks:", f"- {first}", *(f"  {line}" for line in others)])).tasks[0]


def refusal(text: str) -> PlaybookError:
    """Return the error that the text is refused with."""
    with pytest.raises(PlaybookError) as caught:
        load(text)
    return caught.value
