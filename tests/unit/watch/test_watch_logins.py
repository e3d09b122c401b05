"""Logins that are kept for the length of a pass: used again when nothing speaks against it, never for a verdict about a silent host."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from world import FakeClock

from healer.model.command import Command, CommandResult
from healer.model.errors import OutcomeUnknown, UnreachableError
from healer.model.facts import Unknown
from healer.model.host import Host
from healer.ports import ByteStream, Remote, Sink
from healer.watch.logins import FRESH, LoginPool

LOOK = Command(("look",))


class Line:
    """A login of a test (ports.Remote). `says` answers every command."""

    def __init__(self, number: int, says: Callable[[], CommandResult]) -> None:
        self.host, self.number, self.says, self.closed = "a", number, says, 0

    def run(self, command: Command, sink: Sink | None = None) -> CommandResult:
        return self.says()

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        if port == 1:
            raise ConnectionRefusedError
        raise OutcomeUnknown(self.host, "the link broke.")

    def relogin(self, timeout: float) -> None:
        return None

    def fabric_connection(self) -> object:
        return self

    def close(self) -> None:
        self.closed += 1


class Door:
    """Logs in as often as it is asked."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.answer: Callable[[], CommandResult] = lambda: CommandResult(0)
        self.shut = False

    def __call__(self, host: Host) -> Remote:
        if self.shut:
            raise UnreachableError(host.name, "connection refused.")
        self.lines.append(Line(len(self.lines), self._say))
        return self.lines[-1]

    def _say(self) -> CommandResult:
        return self.answer()


A = Host("a")


@pytest.fixture
def door() -> Door:
    """Return a way to log in."""
    return Door()


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


def test_a_login_that_was_given_back_is_used_again(door: Door, clock: FakeClock) -> None:
    """Two parts of a pass need one login, and it is closed at the end, once."""
    with LoginPool(door, clock, 10) as pool:
        for _part in range(3):
            remote = pool.connect(A)
            assert remote.run(LOOK).ok
            remote.close()
            remote.close()
    assert [1] == [line.closed for line in door.lines]


def test_two_at_once_have_a_login_each(door: Door, clock: FakeClock) -> None:
    """A login belongs to one at a time; of two that come back one is kept."""
    with LoginPool(door, clock, 10) as pool:
        one, other = pool.connect(A), pool.connect(A)
        one.close()
        other.close()
        assert [0, 1] == [line.closed for line in door.lines]


def unknown() -> CommandResult:
    """Return what a command says whose end was not seen."""
    return CommandResult(Unknown("timed out"))


def broken() -> CommandResult:
    """Raise what a broken link raises."""
    raise OutcomeUnknown("a", "the link broke.")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda door, remote: (setattr(door, "answer", unknown), remote.run(LOOK)),
        lambda door, remote: (setattr(door, "answer", broken), remote.run(LOOK)),
        lambda door, remote: remote.dial("x", 2, 1.0),
        lambda door, remote: remote.relogin(1.0),
        lambda door, remote: remote.fabric_connection(),
    ],
)
def test_a_login_in_doubt_is_never_used_again(door: Door, clock: FakeClock, spoil: Callable[[Door, Remote], object]) -> None:
    """An error, an unknown end, a login anew and code of others leave a login in doubt: it is closed, also when it works again later."""
    with LoginPool(door, clock, 10) as pool:
        remote = pool.connect(A)
        with suppress(OutcomeUnknown):
            spoil(door, remote)
        door.answer = lambda: CommandResult(0)
        remote.run(LOOK)
        remote.close()
        assert [1] == [line.closed for line in door.lines]


def test_a_port_that_refuses_says_nothing_about_the_login(door: Door, clock: FakeClock) -> None:
    """A probe that finds nobody listening leaves the login as good as it was."""
    with LoginPool(door, clock, 10) as pool:
        remote = pool.connect(A)
        with pytest.raises(ConnectionRefusedError):
            remote.dial("x", 1, 1.0)
        remote.close()
        assert [0] == [line.closed for line in door.lines]


@pytest.mark.parametrize("answer", [unknown, broken, lambda: CommandResult(1)])
def test_a_kept_login_that_does_not_answer_is_no_verdict(door: Door, clock: FakeClock, answer: Callable[[], CommandResult]) -> None:
    """What is told of the host then comes from a login of its own."""
    with LoginPool(door, clock, 10) as pool:
        pool.connect(A).close()
        door.answer = answer
        pool.connect(A)
        assert (2, 1) == (len(door.lines), door.lines[0].closed)


def test_a_host_that_is_gone_is_told_as_such(door: Door, clock: FakeClock) -> None:
    """The error is that of a fresh login."""
    with LoginPool(door, clock, 10) as pool:
        pool.connect(A).close()
        door.answer, door.shut = broken, True
        with pytest.raises(UnreachableError):
            pool.connect(A)


def test_an_old_login_is_not_used_again(door: Door, clock: FakeClock) -> None:
    """After a while nobody knows what stands between us and the host any more."""
    with LoginPool(door, clock, 10) as pool:
        pool.connect(A).close()
        clock.sleep(FRESH + 1)
        pool.connect(A)
        assert 2 == len(door.lines)


def test_no_more_are_kept_than_there_is_room_for(door: Door, clock: FakeClock) -> None:
    """What comes back beyond that is closed, as is what comes back after the end."""
    with LoginPool(door, clock, 0) as pool:
        late = pool.connect(A)
        pool.connect(A).close()
        assert 1 == door.lines[1].closed
    late.close()
    assert 1 == door.lines[0].closed
