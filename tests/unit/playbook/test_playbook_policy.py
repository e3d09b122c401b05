"""How a play's numbers become a policy."""

import pytest
from playbook_cases import play

from healer.model.errors import PlaybookError
from healer.model.policy import RolloutPolicy, Share
from healer.playbook.policy import UNLIMITED, duration, rollout_policy
from healer.playbook.render import Renderer
from healer.playbook.scope import Scope
from healer.playbook.tags import selected

RENDERER = Renderer()


def policy(text: str, **variables: object) -> RolloutPolicy:
    """Return the policy of a play with these lines."""
    return rollout_policy(play(text), lambda value: RENDERER.render(value, Scope(variables)))


def test_a_play_without_numbers_rolls_carefully() -> None:
    """By default one canary, a quarter of the hosts, ten seconds of soak, and the first failure halts."""
    assert RolloutPolicy(Share(percent=25.0), 1, 10.0, 0) == policy("")


def test_templates_are_numbers_when_rendered() -> None:
    """Values of rolling may be templates, also such that render to text."""
    text = "rolling: {canary: '{{ c }}', max_unavailable: '{{ m }}', soak: '{{ s }}', max_failures: '{{ f }}'}"
    assert RolloutPolicy(Share(percent=12.5), 2, 90.0, 3) == policy(text, c="2", m="12.5%", s="90s", f=3)


def test_serial_takes_the_place_of_max_unavailable() -> None:
    """One number of serial is a sliding window of that size."""
    assert RolloutPolicy(Share(number=3)) == policy("serial: 3")


def test_a_list_of_serial_makes_barriers() -> None:
    """A list of serial makes ordered batches, the last of which repeats."""
    sizes = (Share(number=1), Share(number=5), Share(percent=30.0))
    assert RolloutPolicy(sizes[-1], barriers=sizes) == policy("serial: [1, 5, 30%]")


def test_a_percentage_of_failures_alone_judges_alone() -> None:
    """A play that only says max_fail_percentage is not halted by the default of no failure at all."""
    assert (UNLIMITED, 0) == (policy("max_fail_percentage: 20").max_failures, policy("serial: 3").max_failures)


def test_a_number_of_failures_beside_a_percentage_counts_too() -> None:
    """A play that says both is halted by whichever comes first."""
    assert policy("max_fail_percentage: 20\nrolling: {max_failures: 2}").max_failures == 2


@pytest.mark.parametrize("value", ["many", "-1", "101%", True, 1.5, [], None])
def test_what_is_no_share_is_refused(value: object) -> None:
    """A value that renders to no number of hosts is told with the play."""
    with pytest.raises(PlaybookError, match="rolling of play 'web'"):
        policy("rolling: {max_unavailable: '{{ m }}'}", m=value)


@pytest.mark.parametrize(("value", "seconds"), [(5, 5.0), ("5", 5.0), ("1.5s", 1.5), ("2m", 120.0), ("1 h", 3600.0)])
def test_durations(value: object, seconds: float) -> None:
    """A time is seconds, or a number with s, m or h behind it."""
    assert seconds == duration(value)


TAGS = [
    ("a", "", "", True),
    ("a", "a", "", True),
    ("a", "b", "", False),
    ("a", "", "a", False),
    ("", "a", "", False),
    ("always", "b", "", True),
    ("always", "", "always", False),
    ("always", "", "all", True),
    ("never", "", "", False),
    ("never a", "a", "", True),
    ("a", "tagged", "", True),
    ("", "tagged", "", False),
    ("", "untagged", "", True),
    ("a", "untagged", "", False),
    ("a", "", "tagged", False),
    ("", "", "untagged", False),
    ("a", "", "all", False),
]


@pytest.mark.parametrize(("tags", "only", "skip", "runs"), TAGS)
def test_tags_select_as_in_ansible(tags: str, only: str, skip: str, runs: bool) -> None:
    """Tags choose tasks by Ansible's rules."""
    assert runs is selected(frozenset(tags.split()), only=frozenset(only.split()), skip=frozenset(skip.split()))
