"""A jump host that dies under running work: every host behind it is found again, and nobody storms the one that comes back."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from fault_proxy import FaultProxy
from linked_host import PRINTED, QUICK, LinkedHost, linked
from loopback_sshd import Server

from healer.clock import SystemClock
from healer.remote.connector import Connector

Sshd = Callable[..., Server]
HOSTS = 6
AWAY = 3.0
A_SECOND = 8
"""Attempts that a jump host which is away may see in a second, whatever the number of hosts behind it."""


def worked(host: LinkedHost) -> tuple[object, ...]:
    """Do one job on the host over a login of its own, and return what was seen of it and what was done."""
    with host.session() as (engine, doors):
        seen = host.work(engine, doors, str(uuid.uuid4()))
    return seen.status, seen.output.encode() == PRINTED, host.effects


@pytest.mark.fault("N15")
def test_a_jump_host_that_dies_under_running_work_costs_no_job(sshd: Sshd, tmp_path: Path) -> None:
    """Reset and away for seconds under jobs on all hosts behind it: each job is done once with its own result, by one more login there."""
    bastion, target = sshd("MaxSessions 100"), sshd("MaxStartups 100")
    (tmp_path / "none").touch()
    with FaultProxy(bastion.port) as front:
        files = bastion.known_hosts, tmp_path / "known"
        files[1].write_text(f"[127.0.0.1]:{front.port} {bastion.public_key}\n{target.known_hosts.read_text()}")
        gate = bastion.login(host="gate", port=front.port, known_hosts=(str(files[1]),))
        calm = replace(QUICK, ping_interval=10.0, config_file=str(tmp_path / "none"), home=tmp_path)
        shared = Connector(SystemClock(), {"gate": gate}.get, calm)
        hosts = [hidden(target, tmp_path / f"host{number}", shared) for number in range(HOSTS)]
        front.after(lambda: (front.reset(), front.turn_away(), front.later(AWAY, front.heal)), down=HOSTS * 12_000)
        with ThreadPoolExecutor(HOSTS) as threads:
            outcomes = list(threads.map(worked, hosts))

    assert [(7, True, ["once"])] * HOSTS == outcomes
    assert (1, 2) == (front.fired, front.accepted)
    assert front.came - front.accepted <= A_SECOND * AWAY


def hidden(target: Server, folder: Path, shared: Connector) -> LinkedHost:
    """Return a host in a folder that is reached through the jump host only."""
    with linked(target, folder) as host:
        login = target.login(proxy_jump="gate")
    return replace(host, login=login, shared=shared)
