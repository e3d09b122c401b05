"""What a run leaves undone on a real host, who shows it, and that the next run does it first; and how right the forecast of restarts was."""

from collections.abc import Callable
from typing import Any

import own_eyes
import pytest
from console import Console, sh, upgrades

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

LIBRARY, DAEMON, PROGRAM, OWN_RESTART = "healer-demo-lib", "healer-demo-daemon", "healer-demo-program", "healer-demo-selfrestart"
CONFFILE = "healer-demo-conffile"
INSTALLED = tuple(f"{name}=1.0" for name in (LIBRARY, DAEMON, PROGRAM, OWN_RESTART, CONFFILE))

RESTARTS = """
- name: Upgrade and restart
  hosts: all
  become: true
  rolling: {soak: 0}
  prepare:
    - packages: {state: refreshed}
  tasks:
    - packages: {only: [healer-demo-lib]}
    - command: test -e /run/healer-demo-go-on
      changed_when: false
    - restart_stale: {}
"""

WAY_BACK = """
- name: Work
  hosts: all
  become: true
  rolling:
    soak: 0
    drain:
      - command: touch /run/healer-demo-drained
    undrain:
      - command: test -e /run/healer-demo-balancer
      - command: rm /run/healer-demo-drained
  tasks:
    - command: "true"
      when: work == "yes"
"""


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., Lab]) -> Lab:
    """Return three hosts: one for restarts and the way back, one for files to merge, one for the forecast."""
    return make_lab(3, installed=INSTALLED)


def owed(control_node: Console, host: str) -> dict[str, dict[str, Any]]:
    """Return what `healer status` says is owed on the host, by kind."""
    return {debt["kind"]: debt for debt in control_node.healer("status", "--json").report[host]["owed"]}


def invocation(host: LabHost, service: str) -> str:
    """Return which start of the service runs."""
    return own_eyes.invocations(host)[f"{service}.service"]


def test_restarts_that_a_failed_run_owes_are_done_first_by_the_next(lab: Lab, control_node: Console) -> None:
    """A run that failed between an upgrade and its restarts leaves them in `status` by name; the next one restarts, and installs nothing."""
    host = lab.host("h1")
    control_node.write_inventory({"h1": {}})
    (control_node.folder / "restarts.yml").write_text(RESTARTS)
    lab.publish(LIBRARY, "1.1")
    before = invocation(host, DAEMON)
    assert {"h1": "failed"} == control_node.healer("run", "restarts.yml", "--json").ends
    debt = owed(control_node, "h1")["restart"]
    assert [f"{DAEMON}.service", f"{OWN_RESTART}.service"] == sorted(debt["items"])
    assert before == invocation(host, DAEMON)

    sh(host, "touch /run/healer-demo-go-on")
    paid = control_node.healer("run", "restarts.yml", "--json")
    assert {"h1": "changed"} == paid.ends, paid.text
    assert ({}, ["1.0 1.1"]) == (owed(control_node, "h1"), upgrades(host, LIBRARY))
    assert before != invocation(host, DAEMON)
    idle = control_node.healer("run", "restarts.yml", "--json")
    assert {"h1": "ok"} == idle.ends, idle.text


def test_a_host_that_was_held_and_freed_is_put_back_by_the_next_run(lab: Lab, control_node: Console) -> None:
    """Its run took it out of service and could not put it back: once a person has freed it, the next run proves it well and does, first of all."""
    host = lab.host("h1")
    control_node.write_inventory({"h1": {}})
    (control_node.folder / "work.yml").write_text(WAY_BACK)
    first = control_node.healer("run", "work.yml", "-e", "work=yes", "--json")
    assert {"h1": "held"} == first.ends
    sh(host, "touch /run/healer-demo-balancer")
    assert 0 == control_node.healer("ack", "h1", "--yes", inventory=False).code
    said = control_node.healer("status").text
    assert f"owed: undrain: taken out of service by run {first.run} and not put back, since" in said
    sh(host, "test -e /run/healer-demo-drained")

    assert {"h1": "changed"} == control_node.healer("run", "work.yml", "-e", "work=no", "--json").ends
    assert {} == owed(control_node, "h1")
    sh(host, "test ! -e /run/healer-demo-drained")


@pytest.mark.fault("H5")
def test_a_configuration_file_to_be_merged_is_owed_until_a_person_has_done_it(lab: Lab, control_node: Console) -> None:
    """The file was changed here and has a new default: it is kept, the debt says what to compare, and a later run sees that it was merged."""
    host = lab.host("h2")
    control_node.write_inventory({"h2": {}})
    sh(host, "echo mine >>/etc/healer-demo/demo.conf")
    lab.publish(CONFFILE, "1.1")
    assert {"h2": "changed"} == control_node.healer("patch", "--only", CONFFILE, "--soak", "0", "--yes", "--json").ends
    kept, new = "/etc/healer-demo/demo.conf", "/etc/healer-demo/demo.conf.dpkg-dist"
    assert (f"diff -u {kept} {new}", [new]) == (
        owed(control_node, "h2")["conffile"]["detail"],
        owed(control_node, "h2")["conffile"]["items"],
    )
    sh(host, f"mv {new} {kept}")
    control_node.healer("patch", "--only", CONFFILE, "--soak", "0", "--yes")
    assert {} == owed(control_node, "h2")


def test_the_forecast_of_restarts_is_right(lab: Lab, control_node: Console) -> None:
    """A replaced library, a replaced program and a package that restarts its own service: all foretold, none in vain, and `show` says so."""
    control_node.write_inventory({"h3": {}})
    for package in (LIBRARY, PROGRAM, OWN_RESTART, DAEMON):
        lab.publish(package, "1.2")
    answer = control_node.healer("patch", "--only", "healer-demo-*", "--soak", "0", "--yes", "--json")
    assert {"h3": "changed"} == answer.ends
    services = sorted(f"{name}.service" for name in (DAEMON, PROGRAM, OWN_RESTART))
    assert {"right": services, "missed": [], "false_alarms": []} == answer.report["hosts"][0]["score"]
    assert "forecast of restarts: 3 right, 0 missed, 0 false alarms" in control_node.healer("show", answer.run).text


def test_an_upgrade_that_needs_no_restart_is_foretold_as_one(lab: Lab, control_node: Console) -> None:
    """Only the unit's own file changed, and no code that runs: nothing is foretold, nothing is restarted, no false alarm."""
    control_node.write_inventory({"h3": {}})
    lab.publish(DAEMON, "1.3")
    answer = control_node.healer("patch", "--only", DAEMON, "--soak", "0", "--yes", "--json")
    assert {"right": [], "missed": [], "false_alarms": []} == answer.report["hosts"][0]["score"]
