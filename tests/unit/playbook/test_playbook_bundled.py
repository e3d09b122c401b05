"""The playbooks that come with healer can be loaded."""

from pathlib import Path

import pytest
from playbook_cases import STEPS

from healer.playbook.load import load_playbook
from healer.playbook.policy import rollout_policy
from healer.playbook.render import Renderer
from healer.playbook.scope import Scope
from healer.playbook.search import bundled


@pytest.mark.parametrize("path", sorted(bundled().glob("*.yml")), ids=lambda path: path.name)
def test_bundled_playbooks_load(path: Path) -> None:
    """Every bundled playbook is accepted, and its numbers make a policy without any variable being set."""
    renderer = Renderer()
    for play in load_playbook(path, steps=STEPS).plays:
        assert rollout_policy(play, lambda value, play=play: renderer.render(value, Scope(play.vars))).canary >= 0  # type: ignore[misc]  # bound early


def test_patching_prepares_upgrades_reboots_and_restarts() -> None:
    """Patching downloads before anybody is out of service, then upgrades, reboots and restarts in that order."""
    play = load_playbook(bundled() / "patch.yml", steps=STEPS).plays[0]
    assert (
        [task.step for task in play.prepare],
        [task.step for task in play.tasks],
    ) == (["packages", "packages"], ["packages", "reboot", "restart_stale"])


@pytest.mark.parametrize(
    ("variables", "values"),
    [
        ({}, ["security", [], "auto"]),
        ({"patch_scope": "all", "patch_only": ["nginx"], "patch_reboot": "never"}, ["all", ["nginx"], "never"]),
    ],
)
def test_patching_can_be_steered_from_the_inventory(variables: dict[str, object], values: list[object]) -> None:
    """Scope, packages and reboots have defaults that a group or a host may change."""
    play = load_playbook(bundled() / "patch.yml", steps=STEPS).plays[0]
    scope = Scope({**variables, **play.vars})
    assert values == Renderer().render(["{{ scope }}", "{{ only }}", "{{ reboot }}"], scope)
