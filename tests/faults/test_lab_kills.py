"""A control node that is killed three times while it patches real hosts."""

from collections.abc import Callable

import pytest
from console import Console
from lab_kills import FLEET, PACKAGE, patched, versions

from healer.lab.lab import Lab


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., Lab]) -> Lab:
    """Return two hosts with an update to come."""
    made = make_lab(2, installed=(f"{PACKAGE}=1.0", "healer-demo-daemon=1.0"))
    made.publish(PACKAGE, "1.1")
    return made


@pytest.mark.fault("C1")
def test_a_patch_that_is_killed_three_times(control_node: Console) -> None:
    """A real patch run is killed with SIGKILL after a package job, before an act, and before a result is kept: each host's dpkg log shows the upgrade once."""
    control_node.write_inventory({name: {} for name in FLEET})
    answer, died = patched(control_node, ["done.job:kill@3", "send.run:kill", "before.act_ended:kill@2"])
    assert (3, 0, dict.fromkeys(FLEET, "changed")) == (died, answer.code, answer.ends), answer.text
    assert {name: ["1.0 1.1"] for name in FLEET} == versions(control_node)
