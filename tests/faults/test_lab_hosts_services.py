"""Services that do not bear their restart: one that dies a while later, and one that will not stop."""

import pytest
from console import Console, sh, version
from host_cases import reason, written

from healer.lab.lab import Lab

DYING, STUBBORN, LIBRARY = "healer-demo-dying", "healer-demo-stubborn", "healer-demo-lib"
TASKS = f"""
- packages: {{state: refreshed}}
- packages: {{state: upgraded, scope: all, only: [{LIBRARY}, {DYING}]}}
- restart_stale: {{only: [{LIBRARY}]}}
"""


@pytest.fixture(scope="module")
def lab(hosts_lab: Lab) -> Lab:
    """Return hosts with a new library, and a new daemon that dies six seconds after its start."""
    hosts_lab.publish(DYING, "1.1", seconds=6)
    hosts_lab.publish(LIBRARY, "1.1")
    return hosts_lab


@pytest.mark.fault("H11")
def test_a_service_that_dies_a_while_after_its_restart_is_found_by_the_soak(lab: Lab, control_node: Console) -> None:
    """A daemon that dies seconds after the canary's gate was good is found before the soak ends: it goes back, nobody else is touched."""
    control_node.write_inventory({"h1": {}, "h2": {}, "h3": {}})
    playbook = written(control_node, TASKS.replace(f"{LIBRARY}, ", ""), canary=1, max_unavailable=1, max_failures=0, soak=12)
    answer = control_node.healer("run", playbook, "--json")
    assert 5 == answer.code, answer.text
    assert {"h2": "not_started", "h3": "not_started"} == {name: answer.ends[name] for name in ("h2", "h3")}
    assert f"{DYING}.service" in reason(answer, "h1")
    told = control_node.healer("show", answer.run, "h1", inventory=False).text
    assert 0 <= told.find("health gate: good") < told.find("health gate: bad"), told
    assert ["1.0", "1.0"] == [version(lab.host(name), DYING) for name in ("h2", "h3")]
    assert ["active", "active"] == [sh(lab.host(name), f"systemctl is-active {DYING}") for name in ("h2", "h3")]


@pytest.mark.fault("H12")
def test_a_service_that_does_not_stop_is_bounded_and_named(lab: Lab, control_node: Console) -> None:
    """A daemon that is deaf to SIGTERM is killed when its time is over, runs the new library then, and what happened is told."""
    control_node.write_inventory({"h4": {}})
    answer = control_node.healer("run", written(control_node, TASKS.replace(f", {DYING}", "")), "--json")
    assert (0, {"h4": "changed"}) == (answer.code, answer.ends), answer.text
    assert "1.1" == version(lab.host("h4"), LIBRARY)
    assert "active" == sh(lab.host("h4"), f"systemctl is-active {STUBBORN}")
    assert f"restart {STUBBORN}.service" in control_node.healer("show", answer.run, "h4", inventory=False).text
