"""What the engine makes of a host that cannot be asked for a moment: it asks again, and takes silence for no answer."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from fake_host import FakeHost, update
from local_host import ACT, LocalHost, Ticks, folder
from world import World, ends

from healer.executors.threads import Threads
from healer.journal.memory import MemoryJournal
from healer.model.action import Job
from healer.model.errors import AuthenticationError, BecomeError, HostError, HostKeyError, OutcomeUnknown, UnreachableError
from healer.model.facts import Facts, RebootOwed, Unknown, Updates, Verdict
from healer.model.host import Host
from healer.ports import Remote
from healer.remote.jobs import Jobs
from healer.rollout.acts import Scene, perform
from healer.rollout.doors import Doors
from healer.rollout.seen import OUTPUT_KEPT, Seen
from healer.rollout.session import Session

ONCE = 'echo once >> "$1"; sleep 0.3; echo done'


@pytest.fixture
def host(tmp_path: Path) -> LocalHost:
    """Return a host in a folder."""
    return LocalHost(tmp_path / "host")


def doors_to(host: LocalHost, logins: list[Exception | None] | None = None) -> Doors:
    """Return the ways to the host; `logins` are played one a login, None means: let in."""

    def connect(_host: Host) -> Remote:
        fault = logins.pop(0) if logins else None
        if fault is not None:
            raise fault
        return host

    def look(remote: Remote, names: object, _vantages: object) -> Facts:
        return Facts({"identity": remote.host})

    clock = Ticks()
    return Doors(connect, look, lambda remote: Jobs(remote, root=str(host.root), grace=1), MemoryJournal(clock=clock), clock, Threads(1))


def done(host: LocalHost, script: str, *arguments: str) -> Seen:
    """Let the engine do a job there under a lease of its own."""
    doors = doors_to(host)
    session = Session(Host("web1"), doors, "run-1")
    return perform(Job(script, arguments), Scene(session, doors, ACT, lambda _name: session))


@pytest.mark.parametrize(
    "fault",
    [
        BecomeError("web1", "Logged in, but sudo ended without giving root."),
        HostError("web1", "job_poll ended with 127 there: sh: tail: not found"),
        OutcomeUnknown("web1", "the link broke."),
        UnreachableError("web1", "no route."),
        AuthenticationError("web1", "the account was locked."),
    ],
)
def test_a_host_that_cannot_be_asked_for_a_moment_is_asked_again(host: LocalHost, tmp_path: Path, fault: HostError) -> None:
    """sudo, the shell's tools, sshd: what an act replaces may be away while it runs; its end is waited for all the same."""
    host.faults = [None, None, fault, fault]
    seen = done(host, ONCE, str(tmp_path / "effects"))
    assert (Verdict.GOOD, 0, "done\n", "once\n") == (seen.verdict, seen.status, seen.output, (tmp_path / "effects").read_text())


@pytest.mark.fault("N2")
def test_a_start_that_is_killed_before_the_command_is_started_again(host: LocalHost, tmp_path: Path) -> None:
    """The gate dies between making the act's folder and launching it: the host says that it never began, and it is begun, once."""
    tools = tmp_path / "tools"
    tools.mkdir()
    killed = tmp_path / "killed"
    (tools / "setsid").write_text(f'#!/bin/sh\n[ -e {killed} ] && exec /usr/bin/setsid "$@"\n: > {killed}\nkill -9 "$PPID"\n')
    (tools / "setsid").chmod(0o755)
    host.path = f"{tools}:/usr/bin:/bin"

    seen = done(host, ONCE, str(tmp_path / "effects"))

    assert killed.exists()
    assert (Verdict.GOOD, "once\n") == (seen.verdict, (tmp_path / "effects").read_text())


def test_a_gate_that_cannot_work_is_told_in_its_own_words(host: LocalHost) -> None:
    """Nothing has begun and it breaks down again: that is this host's failure, not a link to be waited for."""
    broken = HostError("web1", "job_start ended with 127 there: mv: not found")
    host.faults = [None, broken, None, broken]
    with pytest.raises(HostError, match="mv: not found"):
        done(host, "true")
    assert not folder(host).exists()


def test_the_end_of_a_long_output_is_kept(host: LocalHost) -> None:
    """However much an act has printed since it was last asked for, what is kept of it is its end."""
    seen = done(host, 'head -c 1000000 /dev/zero | tr "\\0" "x"; echo; echo the last line')
    assert (OUTPUT_KEPT, "x\nthe last line\n") == (len(seen.output), seen.output[-16:])


def leased(host: LocalHost, logins: list[Exception | None]) -> tuple[Session, Callable[[], Facts]]:
    """Return a session with a lease whose login was just lost, and a look at the host through it."""
    session = Session(Host("web1"), doors_to(host, logins), "run-1")
    session.lease()
    session.drop()
    return session, lambda: session.look(("identity",))


def test_a_link_that_breaks_under_our_lease_is_bridged(host: LocalHost) -> None:
    """In the midst of the work on a host a look waits for the link to come back: its loss is no word about the host."""
    lost = UnreachableError("web1", "no route.")
    _, look = leased(host, [None, lost, lost, OutcomeUnknown("web1", "the link broke."), None])
    assert "web1" == look().read("identity", str)


@pytest.mark.fault("N1")
@pytest.mark.parametrize(("breaks", "seen"), [(1, "web1"), (2, None)])
def test_a_link_that_breaks_right_after_the_login_is_made_again_once(host: LocalHost, breaks: int, seen: str | None) -> None:
    """The login was had and the link broke before a word was sent over it: one more login is made before the host counts as unreachable."""
    plain, left = doors_to(host), [UnreachableError("web1", "the link broke before the command was sent.")] * breaks

    def look(remote: Remote, names: object, _vantages: object) -> Facts:
        if left:
            raise left.pop()
        return plain.look(remote, ("identity",), _vantages)

    session = Session(Host("web1"), replace(plain, look=look), "run-1")
    with nullcontext() if seen else pytest.raises(UnreachableError):
        assert seen == session.look(("identity",)).read("identity", str)
    assert [] == left


def test_a_host_that_lets_nobody_in_is_not_asked_twice(host: LocalHost) -> None:
    """Where there was no login at all there is no link that broke: the first answer counts."""
    logins: list[Exception | None] = [UnreachableError("web1", "no route."), None]
    with pytest.raises(UnreachableError):
        Session(Host("web1"), doors_to(host, logins), "run-1").look(("identity",))
    assert [None] == logins


@pytest.mark.parametrize("kind", [AuthenticationError, HostKeyError])
def test_a_refusal_is_not_waited_for(host: LocalHost, kind: type[UnreachableError]) -> None:
    """Another host key or a refused login is an answer; asking on would be counted against us."""
    _, look = leased(host, [None, kind("web1", "no."), None])
    with pytest.raises(kind):
        look()


def test_a_link_that_stays_broken_is_given_up(host: LocalHost) -> None:
    """After two minutes nobody knows how the host is."""
    session, look = leased(host, [None, *[UnreachableError("web1", "no route.")] * 1000])
    began = session._doors.clock.monotonic()
    with pytest.raises(UnreachableError):
        look()
    assert 120 <= session._doors.clock.monotonic() - began < 140


def test_without_a_lease_a_lost_host_is_told_at_once(host: LocalHost) -> None:
    """Nothing of ours is there: whoever cannot be reached does not hold the others up."""
    session = Session(Host("web1"), doors_to(host, [UnreachableError("web1", "no route."), None]), "run-1")
    with pytest.raises(UnreachableError):
        session.look(("identity",))
    assert not isinstance(session.look(("identity",)).readings["identity"], Unknown)


def test_a_gate_that_dies_with_its_host_leaves_the_boot_to_its_witnesses() -> None:
    """The shutdown kills the gate's shell before the link: no failure, because the host comes back in another boot."""
    world = World(["a"])
    world["a"].facts["reboot_owed"] = RebootOwed(("a new kernel",))

    def kill_the_gate(host: FakeHost, what: str) -> None:
        if what == "reboot":
            raise HostError(host.name, "job_start ended with 143 there: Terminated")

    world["a"].on_effect = kill_the_gate
    report = world.run("- hosts: web\n  become: true\n  rolling: {soak: 0, canary: 0}\n  tasks:\n    - reboot: {policy: always}\n")
    assert ({"a": "changed"}, ["reboot"]) == (ends(report), world["a"].what)


@pytest.mark.fault("N7")
def test_a_package_job_is_waited_for_through_minutes_of_refused_logins() -> None:
    """No login is taken for five minutes, as while sshd itself is upgraded: the job's end is had then, and the job was done once."""
    world = World(["a"])
    world["a"].facts["updates"] = Updates((update("openssh-server"),), list_age=60.0)

    def away(host: FakeHost, what: str) -> None:
        if what.startswith("upgrade"):
            host.back_at = host.wall() + 300
            raise OutcomeUnknown(host.name, "the link broke.")

    world["a"].on_effect = away
    report = world.run("- hosts: web\n  become: true\n  rolling: {soak: 0, canary: 0}\n  tasks:\n    - packages: {}\n")
    assert {"a": "changed"} == ends(report)
    assert 1 == sum(what.startswith("upgrade") for what in world["a"].what)
