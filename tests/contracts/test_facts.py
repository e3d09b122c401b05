"""What every fact keeps to, found by looking: a new fact is tested the moment that its file is there."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.model.facts import Unknown
from healer.observe.collect import all_facts
from healer.observe.facts.contract import Fact
from healer.observe.reading import script

FACTS = all_facts()
MAY_BE_EMPTY = frozenset({"package_locks", "package_database", "updates", "restart_forecast", "package_manager"})
"""Facts whose empty answer is the package manager's to judge."""


@pytest.mark.parametrize("name", sorted(FACTS))
def test_the_script_is_clean(name: str) -> None:
    """A fact's whole script, with the helpers before it, passes shellcheck as POSIX sh."""
    text = "#!/bin/sh\n" + script("prelude.sh") + "\n" + FACTS[name].script
    found = subprocess.run(["shellcheck", "--shell=sh", "--severity=warning", "-"], input=text, capture_output=True, text=True, check=False)
    assert (0, "") == (found.returncode, found.stdout)


@pytest.mark.parametrize("shell", [["dash"], ["bash", "--posix"], ["busybox", "sh"]], ids=" ".join)
@pytest.mark.parametrize("name", sorted(FACTS))
def test_every_shell_can_read_it(name: str, shell: list[str]) -> None:
    """A fact's script is understood by dash, bash and busybox."""
    found = subprocess.run([*shell, "-n"], input=FACTS[name].script, capture_output=True, text=True, check=False)
    assert (0, "") == (found.returncode, found.stderr)


@pytest.mark.parametrize("name", sorted(FACTS))
def test_the_script_fits_an_argument(name: str) -> None:
    """Helpers and script together stay below what Linux allows a single argument (128 KiB)."""
    assert len(script("prelude.sh")) + len(FACTS[name].script) < 120 * 1024


@pytest.mark.parametrize("name", sorted(FACTS))
def test_the_bound_is_sensible(name: str) -> None:
    """A fact is bounded by at least a second and at most the time of one look."""
    assert 0 < FACTS[name].seconds <= 120


@pytest.mark.parametrize("fact", [FACTS[name] for name in sorted(set(FACTS) - MAY_BE_EMPTY)], ids=lambda fact: fact.name)
def test_no_answer_is_no_value(fact: Fact) -> None:
    """From an empty section no fact makes a value: "could not ask" is never "none"."""
    try:
        reading = fact.parse("")
    except ValueError:
        return
    assert isinstance(reading, Unknown)


@given(st.sampled_from(sorted(FACTS)), st.text(max_size=200))
def test_nonsense_is_refused_with_value_error_only(name: str, text: str) -> None:
    """Whatever a host prints, a parser returns a value or raises ValueError."""
    try:
        FACTS[name].parse(text)
    except ValueError:
        return
