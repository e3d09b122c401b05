"""The link to a real host breaks in the midst of its package job: the job goes on there, and the run ends well."""

from collections.abc import Callable

import pytest
from console import Console, finished, sh, upgrades
from host_cases import AT_ONCE, configuring, when
from lab_cuts import PACKAGE, connected, routed

from healer.lab.lab import Lab
from healer.lab.packages import GO


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., Lab]) -> Lab:
    """Return two hosts with an update that stops in the middle until it is let go on."""
    made = make_lab(2, installed=(f"{PACKAGE}=1.0",))
    made.publish(PACKAGE, "1.1")
    return made


@pytest.mark.fault("N1", "N3", "N4")
def test_a_cable_and_a_connection_that_break_under_a_package_job(control_node: Console) -> None:
    """One host's cable is pulled until its connection is given up, the other's is reset: each upgrade was done once, says dpkg's log."""
    cable, reset = control_node.lab.host("h1"), control_node.lab.host("h2")
    with routed(control_node, {"h1": False, "h2": True}) as proxies:
        run = control_node.spawn("patch", *AT_ONCE, "--json")
        when(run, lambda: configuring(cable, PACKAGE))
        cable.cut()
        try:
            when(run, lambda: configuring(reset, PACKAGE))
            before = proxies["h2"].accepted
            proxies["h2"].reset()
            when(run, lambda: proxies["h2"].accepted > before)
            sh(reset, f"touch {GO}")
            when(run, lambda: not connected(cable))
            sh(cable, f"touch {GO}")
        finally:
            cable.join()
        answer = finished(run)

    assert (0, {"h1": "changed", "h2": "changed"}) == (answer.code, answer.ends), answer.text
    assert [["1.0 1.1"]] * 2 == [upgrades(host, PACKAGE) for host in (cable, reset)]
    assert before + 1 == proxies["h2"].accepted
