"""What the manual shows can be used as it stands."""

import re
from pathlib import Path
from textwrap import indent

import pytest
from playbook_cases import STEPS, load

from healer.playbook.words import PLAY_WORDS, ROLLING_WORDS, TASK_WORDS

PAGE = (Path(__file__).parents[3] / "docs" / "playbooks.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_load(example: str) -> None:
    """Every example is a playbook, or a list of tasks that a play can hold."""
    whole = example if re.search(r"^(- |  )hosts:", example, re.MULTILINE) else f"- hosts: all\n  tasks:\n{indent(example, 4 * ' ')}"
    assert load(whole).plays


@pytest.mark.parametrize("word", sorted(PLAY_WORDS | ROLLING_WORDS | TASK_WORDS))
def test_every_keyword_is_explained(word: str) -> None:
    """Every keyword stands in a table of the manual."""
    assert re.search(rf"^\|[^|]*`{word}`[^|]*\|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(set(STEPS)))
def test_every_step_has_an_example(name: str) -> None:
    """Every step has its own heading and stands in an example."""
    assert f"\n### {name}\n" in PAGE
    assert any(re.search(rf"^ *(- )?{name}:", example, re.MULTILINE) for example in EXAMPLES)
