"""Waiting for an act: all output once, no restart, and an end when the host cannot be asked."""

from local_host import ACT, BOOT, LocalHost, Ticks, shell, until

from healer.model.errors import OutcomeUnknown
from healer.model.job import JobSpec, Lease
from healer.remote.jobs import CHUNK, Jobs


def test_wait_gives_all_output_in_order(jobs: Jobs, lease: Lease) -> None:
    """Waiting hands over every byte once and ends with the result."""
    spec = shell("for i in 1 2 3 4; do echo $i; sleep 0.2; done; exit 5", detached=True)
    jobs.start(lease, spec)
    pieces: list[bytes] = []
    report = jobs.wait(lease, spec, clock=Ticks(), deadline=100, on_output=pieces.append)
    assert (report.state, report.status, report.next_offset) == ("ended", 5, 8)
    assert b"1\n2\n3\n4\n" == b"".join(pieces) == report.output


def test_wait_reads_large_output_to_its_end(jobs: Jobs, lease: Lease) -> None:
    """An ended act is read until nothing is left; the report keeps the end of it."""
    spec = shell("head -c 700000 /dev/zero; echo end", detached=True)
    jobs.start(lease, spec)
    sizes: list[int] = []
    report = jobs.wait(lease, spec, clock=Ticks(), deadline=100, on_output=lambda piece: sizes.append(len(piece)))
    assert (sum(sizes), report.next_offset, len(report.output)) == (700004, 700004, CHUNK)
    assert report.output.endswith(b"\0end\n")


def test_wait_asks_less_and_less_often(jobs: Jobs, lease: Lease) -> None:
    """The pause between two polls grows from 0.2 to at most 2 seconds."""
    spec = JobSpec(ACT, ("sleep", "60"), detached=True, timeout=4)
    jobs.start(lease, spec)
    clock = Ticks()
    assert jobs.wait(lease, spec, clock=clock, deadline=9).state == "running"
    assert (0.2, 2.0, clock.sleeps) == (clock.sleeps[0], clock.sleeps[-1], sorted(clock.sleeps))


def test_wait_gives_up_at_a_broken_link(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """A lost link ends the wait as unasked, with the place to read on, and starts nothing."""
    spec = shell("echo first; sleep 0.5; echo second", detached=True)
    jobs.start(lease, spec)
    until(lambda: jobs.poll(ACT, detached=True).output == b"first\n")
    host.faults += [None, OutcomeUnknown("web1", "the link broke")]
    report = jobs.wait(lease, spec, clock=Ticks(), deadline=100)
    assert (report.state, report.next_offset) == ("unasked", 6)
    assert jobs.wait(lease, spec, clock=Ticks(), deadline=100, offset=report.next_offset).output == b"second\n"


def test_wait_renews_the_lease(host: LocalHost, jobs: Jobs) -> None:
    """A long wait keeps the lease in force, and a lease that was lost does not end the wait."""
    lease = jobs.take_lease("run-1", 2)
    spec = shell("sleep 1", detached=True)
    jobs.start(lease, spec)
    (host.root / "run/healer/lease").write_text(f"run-9 {BOOT} 9 1 99999\n")
    assert jobs.wait(lease, spec, clock=Ticks(), deadline=100).state == "ended"
    assert any("check_lease" in command.argv[2] and command.argv[4:6] == (str(host.root), "run-1") for command in host.commands)
