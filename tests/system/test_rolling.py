"""The promise itself: a fleet is patched under a customer's eyes, and the customer sees one host away at most."""

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass

import own_eyes
import pytest
from console import Answer, Console, sh, wait_for
from customer import Customer, page
from diary import Diary
from releases import release

from healer.lab.lab import Lab
from healer.lab.machine import LabHost
from healer.model.events import Drained, HostEnded

SIX = ("h1", "h2", "h3", "h4", "h5", "h6")
PATIENCE = 1500.0
DEMO = ("healer-demo-lib", "healer-demo-daemon", "healer-demo-selfrestart")

pytestmark = pytest.mark.timeout(1800)


@dataclass(frozen=True)
class Rollout:
    """A fleet, and what customer, hosts and journal say of the run that patched it."""

    hosts: tuple[LabHost, ...]
    console: Console
    customer: Customer
    boots: Mapping[str, str]
    answer: Answer
    diary: Diary


@pytest.fixture(scope="module")
def rollout(archive_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Rollout:
    """Patch six hosts with the archive's real updates, 25 % at a time, while a customer asks for their pages."""
    console = Console(tmp_path_factory.mktemp("rolling"), archive_lab)
    # The C library and D-Bus are among the updates: only a reboot renews who runs them, so a window for it is declared.
    console.write_inventory({name: {} for name in SIX}, window="always")
    hosts = tuple(archive_lab.host(name) for name in SIX)
    assert [host.name for host in hosts if not own_eyes.pending_security(host)] == []
    boots = {host.name: host.boot_id() for host in hosts}
    with Customer(hosts) as customer:
        answer = patch(console, "--soak", "1")
    assert answer.code == 0, answer.text
    return Rollout(hosts, console, customer, boots, answer, Diary.read(console.folder / "state", answer.run))


def patch(console: Console, *more: str) -> Answer:
    """Run the command that is tested here to its end, which is far off on a busy machine."""
    process = console.spawn("patch", "--rolling", "--canary", "1", "--max-unavailable", "25%", *more, "--yes")
    out, err = process.communicate(timeout=PATIENCE)
    return Answer(process.returncode, out, err)


def test_a_customer_sees_one_host_away_at_most(rollout: Rollout) -> None:
    """Of six hosts, asked every 50 ms, no two fail to answer at one moment: 25 % of six is one."""
    assert rollout.customer.two_away == []


def test_the_customer_was_watching(rollout: Rollout) -> None:
    """Every host was asked all the time, and those that were booted were seen to be away: the witness can see."""
    rebooted = {host.name for host in rollout.hosts if host.boot_id() != rollout.boots[host.name]}
    seen_away = {absence.host for absence in rollout.customer.absences}
    assert rebooted == set(SIX)
    assert seen_away == rebooted
    assert min(rollout.customer.answered.values()) > 100


def test_a_host_is_away_in_its_own_slot_only(rollout: Rollout) -> None:
    """Whenever a host did not answer, the journal says that it was that host's turn."""
    slots = {slot.host: slot for slot in rollout.diary.slots}
    outside = [away for away in rollout.customer.absences if not slots[away.host].taken < away.since < away.until < slots[away.host].ended]
    assert outside == []


def test_no_two_slots_overlap(rollout: Rollout) -> None:
    """By the journal's times each host starts after the one before it has ended."""
    slots = rollout.diary.slots
    assert sorted(slot.host for slot in slots) == list(SIX)
    assert [later.host for earlier, later in itertools.pairwise(slots) if later.taken < earlier.ended] == []


def test_no_security_update_pends_afterwards(rollout: Rollout) -> None:
    """Of apt itself no host is offered a security update any more."""
    assert {host.name: own_eyes.pending_security(host) for host in rollout.hosts} == {name: [] for name in SIX}


def test_no_process_runs_stale_code_afterwards(rollout: Rollout) -> None:
    """No process of any host, system's or user's, executes a file that was replaced."""
    assert {host.name: own_eyes.stale(host) for host in rollout.hosts} == {name: set() for name in SIX}


def test_healer_restarts_a_service_once_at_most(rollout: Rollout) -> None:
    """No service was restarted twice by healer, nor restarted where the reboot has renewed it anyway."""
    assert {where: count for where, count in rollout.diary.restarts.items() if count > 1} == {}
    assert len(rollout.diary.restarts) == 0


def test_a_second_run_changes_and_drains_nothing(rollout: Rollout) -> None:
    """Run again, healer takes no slot, drains and restarts nothing, leaves every invocation as it is, and exits 0."""
    before = {host.name: own_eyes.invocations(host) for host in rollout.hosts}
    answer = patch(rollout.console)
    again = Diary.read(rollout.console.folder / "state", answer.run)
    assert answer.code == 0, answer.text
    assert {event.terminal for _, event in again.all(HostEnded)} == {"ok"}
    assert [event.host for _, event in again.all(Drained)] == []
    assert {host.name: own_eyes.changed(before[host.name], own_eyes.invocations(host)) for host in rollout.hosts} == {
        name: set() for name in SIX
    }


def test_the_customer_would_see_two_away(small_lab: Lab) -> None:
    """Two hosts whose wires are cut at one time are told as a pair that was away at one moment: the witness can say no."""
    h1, h2, _ = small_lab.hosts
    with Customer(small_lab.hosts) as customer:
        h1.cut()
        h2.cut()
        time.sleep(2.5)
        h1.join()
        h2.join()
        wait_for(lambda: (page(h1.address), page(h2.address)) == ("h1", "h2"))
    assert {(first.host, second.host) for first, second in customer.two_away} <= {("h1", "h2"), ("h2", "h1")}
    assert customer.two_away != []


@dataclass(frozen=True)
class Twins:
    """Two hosts that healer patched, and what their twin was like after plain apt had done the same to it."""

    stale: set[str]
    restarted_by_apt: set[str]
    restarted: Mapping[str, set[str]]
    left_stale: set[str]
    diary: Diary


@pytest.fixture(scope="module")
def twins(small_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Twins:
    """Update a library and two daemons on three hosts alike: on h3 by apt alone, on h1 and h2 by healer."""
    console = Console(tmp_path_factory.mktemp("twins"), small_lab)
    console.write_inventory({"h1": {}, "h2": {}})
    by_hand, *by_healer = (small_lab.host(name) for name in ("h3", "h1", "h2"))
    for host in small_lab.hosts:
        sh(host, "apt-get -q -y update && apt-get -q -y upgrade; systemctl restart healer-demo-daemon healer-demo-selfrestart")
    release(small_lab, *DEMO)
    before = {host.name: own_eyes.invocations(host) for host in small_lab.hosts}
    sh(by_hand, "apt-get -q -y update && apt-get -q -y upgrade")
    answer = patch(console, "--soak", "1")
    assert answer.code == 0, answer.text
    restarted = {host.name: own_eyes.changed(before[host.name], own_eyes.invocations(host)) for host in small_lab.hosts}
    return Twins(
        own_eyes.stale(by_hand),
        restarted.pop(by_hand.name),
        restarted,
        set().union(*(own_eyes.stale(host) for host in by_healer)),
        Diary.read(console.folder / "state", answer.run),
    )


def test_healer_restarts_only_what_the_scripts_left_stale(twins: Twins) -> None:
    """Each service that is stale when plain apt is through is restarted by healer, one time, and no other service is."""
    assert twins.stale == {"healer-demo-daemon.service"}
    assert dict(twins.diary.restarts) == {(host, unit): 1 for host in ("h1", "h2") for unit in twins.stale}
    assert twins.left_stale == set()


def test_restarts_by_scripts_are_counted_apart(twins: Twins) -> None:
    """What plain apt restarts by itself is told as such, and the hosts' invocation ids account for both kinds and nothing else."""
    assert twins.restarted_by_apt == {"healer-demo-selfrestart.service"}
    assert twins.diary.restarts_by_scripts == {(host, unit) for host in ("h1", "h2") for unit in twins.restarted_by_apt}
    assert twins.restarted == dict.fromkeys(("h1", "h2"), twins.stale | twins.restarted_by_apt)
