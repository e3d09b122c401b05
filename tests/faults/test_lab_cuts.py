"""The link to a real host breaks in the midst of its package job: the job goes on there, and the run ends well."""

from collections.abc import Callable

import pytest
from console import Console, finished, upgrades, wait_for
from lab_cuts import PACKAGE, PATCH, connected, in_the_middle, routed

from healer.lab.lab import Lab


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., Lab]) -> Lab:
    """Return two hosts on which an update waits that takes its time."""
    made = make_lab(2, installed=(f"{PACKAGE}=1.0",))
    made.publish(PACKAGE, "1.1", seconds=6)
    return made


@pytest.mark.fault("N1", "N3", "N4")
def test_a_cable_and_a_connection_that_break_under_a_package_job(control_node: Console) -> None:
    """One host's cable is pulled until its connection is given up, the other's is reset: each upgrade was done once, says dpkg's log."""
    cable, reset = control_node.lab.host("h1"), control_node.lab.host("h2")
    with routed(control_node, {"h1": False, "h2": True}) as proxies:
        run = control_node.spawn(*PATCH, "-l", "h1")
        wait_for(lambda: in_the_middle(cable))
        cable.cut()
        try:
            wait_for(lambda: not connected(cable))
        finally:
            cable.join()
        first = finished(run)

        run = control_node.spawn(*PATCH, "-l", "h2")
        wait_for(lambda: in_the_middle(reset))
        before = proxies["h2"].accepted
        proxies["h2"].reset()
        second = finished(run)

    assert (0, {"h1": "changed"}) == (first.code, first.ends), first.text
    assert (0, {"h2": "changed"}) == (second.code, second.ends), second.text
    assert [["1.0 1.1"]] * 2 == [upgrades(host, PACKAGE) for host in (cable, reset)]
    assert before + 1 == proxies["h2"].accepted
