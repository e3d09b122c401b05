"""Transactions that the host itself cuts off, at the worst moment: they are ended, never done twice, and the host is patched."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from console import Answer, Console, finished, sh, version
from host_cases import AT_ONCE, configuring, when, whole
from host_record import Act, host_record

from healer.lab.lab import Lab
from healer.lab.machine import LabHost
from healer.lab.packages import GO

PACKAGE = "healer-demo-waiting"
HALF = "healer-demo-halfconfigured"
NAMES = ("h1", "h2", "h3", "h4")
"""Struck by what: power lost, job killed, apt killed, half done before."""


@pytest.fixture(scope="module")
def lab(hosts_lab: Lab) -> Lab:
    """Return hosts with an update that stops in the middle until it is let go on."""
    hosts_lab.publish(PACKAGE, "1.1")
    return hosts_lab


@dataclass(frozen=True)
class Struck:
    """The run over hosts that were struck in the middle of dpkg, and what each of them says afterwards."""

    answer: Answer
    console: Console
    lab: Lab

    def transactions(self, name: str) -> list[Act]:
        """Return what the host let begin that lasts: acts in which dpkg configured the package."""
        return [act for act in host_record(self.lab.host(name)).acts if f"Setting up {PACKAGE}" in act.output]

    def attempts(self, name: str) -> int:
        """Return how often the transaction was begun."""
        return len(self.transactions(name))

    def output(self, name: str) -> str:
        """Return what the transaction printed."""
        return "".join(act.output for act in self.transactions(name))

    def told(self, name: str) -> str:
        """Return what `show` tells about the host."""
        return self.console.healer("show", self.answer.run, name, inventory=False).text


@pytest.fixture
def struck(lab: Lab, control_node: Console) -> Struck:
    """Patch four hosts at once, and strike three of them while a package's script runs; the fourth was half done before."""
    half_configured(lab)
    control_node.write_inventory({name: {} for name in NAMES})
    sh(lab.host("h4"), f"touch {GO}")
    process = control_node.spawn("patch", "--only", f"{PACKAGE},{HALF}", *AT_ONCE, "--json")
    for name, strike in STRIKES.items():
        when(process, partial(configuring, lab.host(name), PACKAGE))
        strike(lab.host(name))
    return Struck(finished(process), control_node, lab)


def half_configured(lab: Lab) -> None:
    """Leave h4 with a package whose script fails, and offer a version that mends it."""
    lab.publish(HALF, "1.1")
    sh(lab.host("h4"), f"apt-get -q update && apt-get -q -y install {HALF}")
    assert f"iF  {HALF}" == sh(lab.host("h4"), f"dpkg-query -W -f '${{db:Status-Abbrev}} ${{Package}}' {HALF}")
    lab.publish(HALF, "1.2")


def lose_power(host: LabHost) -> None:
    """Pull the plug, and switch the host on again."""
    host.kill()
    (host.root / GO.lstrip("/")).touch()
    host.start()


def kill_the_job(host: LabHost) -> None:
    """Kill everything in the job's unit, as the kernel does when memory runs out."""
    unit = f"healer-{'[0-9a-f]' * 8}-*.service"
    sh(host, f"touch {GO}; systemctl kill --signal=KILL --kill-whom=all '{unit}'")


def kill_apt(host: LabHost) -> None:
    """Kill apt-get alone; what it has started goes on."""
    sh(host, "pkill -KILL -x apt-get")
    sh(host, f"sleep 1; touch {GO}")


STRIKES: dict[str, Callable[[LabHost], None]] = {"h1": lose_power, "h2": kill_the_job, "h3": kill_apt}


@pytest.mark.fault("H1", "H4", "H14")
def test_a_transaction_that_was_cut_off_is_ended_and_the_host_is_patched(struck: Struck) -> None:
    """Power lost in the middle of dpkg, the job or apt killed, packages half done before: dpkg is repaired and each upgrade done once."""
    hosts = [struck.lab.host(name) for name in NAMES]
    assert (0, dict.fromkeys(NAMES, "changed")) == (struck.answer.code, struck.answer.ends), struck.answer.text
    assert [["1.0 1.1"]] * 4 == [host_record(host).upgrades(PACKAGE) for host in hosts]
    assert [("1.1", "1.2", True)] * 4 == [(version(host, PACKAGE), version(host, HALF), whole(host)) for host in hosts]
    assert [2, 2, 1] == [struck.attempts(name) for name in STRIKES]
    assert "the host was booted since it began, and it left no result; it is begun anew" in struck.told("h1")
    assert "it was killed, or could not write its result; it is begun anew" in struck.told("h2")
    assert "apt-get was ended by signal 9" in struck.output("h3")
