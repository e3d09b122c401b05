"""What packages come from and what they ask: a repository that is broken changes nothing, and a package that asks blocks nothing."""

from collections.abc import Iterator

import pytest
from broken_repositories import WAYS, mend, point_at
from console import Console, sh, version
from host_cases import AT_ONCE, reason
from host_record import host_record

from healer.lab.lab import Lab

REASONS = {
    "missing": "404",
    "altered": "Hash Sum mismatch",
    "forged": "BADSIG",
    "unsigned": "is not signed",
    "expired": "is expired",
}
BROKEN = dict(zip(("h1", "h2", "h3", "h4", "h5"), WAYS, strict=True))
ASKING = "healer-demo-asking"
LICENCE = "healer-demo-licence"
CONFFILE = "healer-demo-conffile"
CONFIGURATION = "/etc/healer-demo/demo.conf"


@pytest.fixture(scope="module")
def lab(hosts_lab: Lab) -> Iterator[Lab]:
    """Return hosts with updates that ask: by debconf, on the terminal, and about a configuration file."""
    for package in (ASKING, LICENCE, CONFFILE):
        hosts_lab.publish(package, "2.0")
    yield hosts_lab
    for name in BROKEN:
        mend(hosts_lab, hosts_lab.host(name))


@pytest.mark.fault("H3")
def test_a_broken_repository_changes_nothing_and_says_why(lab: Lab, control_node: Console) -> None:
    """A missing package, a wrong hash, a forged, missing or expired signature: each fails its host by name before any change."""
    before = {name: version(lab.host(name), ASKING) for name in BROKEN}
    for name, way in BROKEN.items():
        point_at(lab, lab.host(name), way)
    control_node.write_inventory({name: {} for name in BROKEN})
    answer = control_node.healer("patch", "--only", ASKING, *AT_ONCE, "--json")
    assert (1, dict.fromkeys(BROKEN, "failed")) == (answer.code, answer.ends), answer.text
    assert [] == [reason(answer, name) for name, way in BROKEN.items() if REASONS[way] not in reason(answer, name)]
    assert before == {name: version(lab.host(name), ASKING) for name in BROKEN}
    assert {name: [] for name in BROKEN} == {name: host_record(lab.host(name)).upgrades(ASKING) for name in BROKEN}


@pytest.mark.fault("H5")
def test_a_package_that_asks_blocks_nothing(lab: Lab, control_node: Console) -> None:
    """Debconf gets its default, a question on the terminal no answer, a changed configuration file is kept, and what was kept is told."""
    host = lab.host("h6")
    host.write(CONFIGURATION, "changed = here\n")
    control_node.write_inventory({"h6": {}})
    answer = control_node.healer("patch", "--only", f"{ASKING},{LICENCE},{CONFFILE}", *AT_ONCE, "--json")
    assert (0, {"h6": "changed"}) == (answer.code, answer.ends), answer.text
    assert ["2.0"] * 3 == [version(host, package) for package in (ASKING, LICENCE, CONFFILE)]
    assert ("blue", "changed = here\n") == (sh(host, "cat /var/lib/healer-demo-answer"), host.read(CONFIGURATION))
    assert f"{CONFIGURATION}.dpkg-dist" in control_node.healer("show", answer.run, "h6", inventory=False).text
