"""Logins to other hosts that probes of a followed host are asked from: few, kept, and given up when they are in doubt."""

from collections.abc import Callable

import pytest
from world import FakeClock

from healer.model.command import Command, CommandResult
from healer.model.errors import BecomeError, HostError, OutcomeUnknown, UnreachableError
from healer.model.facts import Unknown
from healer.model.host import Host
from healer.observe.vantage import ControlVantage
from healer.ports import ByteStream, Remote, Sink
from healer.watch.lookouts import WAIT, Lookouts

LOOK = Command(("look",))
HOSTS = {name: Host(name) for name in ("a", "b", "c")}


class Line:
    """A login of a test (ports.Remote). `answer` says what a command or a dial comes to."""

    def __init__(self, host: str, answer: Callable[[], CommandResult]) -> None:
        self.host, self.answer, self.closed = host, answer, 0

    def run(self, command: Command, sink: Sink | None = None) -> CommandResult:
        return self.answer()

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        self.answer()
        raise ConnectionRefusedError

    def relogin(self, timeout: float) -> None:
        return None

    def fabric_connection(self) -> object:
        return self

    def close(self) -> None:
        self.closed += 1


class Door:
    """Logs in as often as it is asked, or not at all."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.tries = 0
        self.fault: HostError | None = None
        self.answer: CommandResult | HostError = CommandResult(0)

    def __call__(self, host: Host) -> Remote:
        self.tries += 1
        if self.fault:
            raise self.fault
        self.lines.append(Line(host.name, self._say))
        return self.lines[-1]

    def _say(self) -> CommandResult:
        if isinstance(self.answer, HostError):
            raise self.answer
        return self.answer


@pytest.fixture
def door() -> Door:
    """Return a way to log in."""
    return Door()


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


@pytest.fixture
def own() -> Line:
    """Return the login of the followed host."""
    return Line("a", lambda: CommandResult(0))


def test_the_host_itself_and_this_node_need_no_login(door: Door, clock: FakeClock, own: Line) -> None:
    """Nor is a name that is no host of the inventory ever logged in to."""
    with Lookouts(HOSTS, door, clock, 1).beside(own) as places:
        assert (own, own, ControlVantage()) == (places("host"), places("a"), places("control"))
        with pytest.raises(UnreachableError):
            places("nobody")
    assert (0, 0) == (door.tries, own.closed)


def test_one_login_serves_all_rounds_and_is_closed_at_the_end(door: Door, clock: FakeClock, own: Line) -> None:
    """It is made when it is first needed; a refused connection and a good answer keep it."""
    with Lookouts(HOSTS, door, clock, 1).beside(own) as places:
        assert 0 == door.tries
        for _round in range(3):
            assert CommandResult(0) == places("b").run(LOOK)
            with pytest.raises(ConnectionRefusedError):
                places("b").dial("127.0.0.1", 1, 1.0)
        assert (["b"], 0) == ([line.host for line in door.lines], door.lines[0].closed)
    assert 1 == door.lines[0].closed


@pytest.mark.parametrize(
    ("answer", "tries"),
    [(OutcomeUnknown("b", "the link broke."), 2), (CommandResult(Unknown("too slow")), 2), (BecomeError("b", "no root."), 1)],
)
def test_a_login_in_doubt_is_given_up(door: Door, clock: FakeClock, own: Line, answer: CommandResult | HostError, tries: int) -> None:
    """The next question is asked over a new one, at once; that root is not to be had is no doubt."""
    with Lookouts(HOSTS, door, clock, 1).beside(own) as places:
        door.answer = answer
        vantage = places("b")
        if isinstance(answer, HostError):
            with pytest.raises(type(answer)):
                vantage.run(LOOK)
        else:
            assert answer == vantage.run(LOOK)
        door.answer = CommandResult(0)
        assert CommandResult(0) == places("b").run(LOOK)
    assert (tries, [1] * tries) == (door.tries, [line.closed for line in door.lines])


def test_a_link_that_breaks_in_a_dial_is_given_up_once(door: Door, clock: FakeClock, own: Line) -> None:
    """Whoever holds the vantage still may ask again; the login is closed only once, and its room is free once."""
    door.answer = OutcomeUnknown("b", "the link broke.")
    with Lookouts(HOSTS, door, clock, 1).beside(own) as places:
        vantage = places("b")
        for _time in range(2):
            with pytest.raises(OutcomeUnknown):
                vantage.dial("127.0.0.1", 80, 1.0)
    assert [1] == [line.closed for line in door.lines]


def test_a_host_that_cannot_be_logged_in_to_is_not_tried_in_each_round(door: Door, clock: FakeClock, own: Line) -> None:
    """For a minute the same reason is given without a try."""
    door.fault = UnreachableError("b", "connection refused.")
    with Lookouts(HOSTS, door, clock, 1).beside(own) as places:
        for _round in range(2):
            with pytest.raises(UnreachableError, match="connection refused"):
                places("b")
        assert 1 == door.tries
        clock.sleep(WAIT)
        door.fault = None
        assert CommandResult(0) == places("b").run(LOOK)


def test_there_are_never_more_than_there_is_room_for(door: Door, clock: FakeClock, own: Line) -> None:
    """All followed hosts share the room; one that is closed makes room for another."""
    lookouts = Lookouts(HOSTS, door, clock, 1)
    other = Line("c", lambda: CommandResult(0))
    with lookouts.beside(own) as places:
        places("b")
        with lookouts.beside(other) as theirs, pytest.raises(UnreachableError, match="no more logins"):
            theirs("b")
    with lookouts.beside(other) as theirs:
        theirs("a")
    assert (["b", "a"], [1, 1]) == ([line.host for line in door.lines], [line.closed for line in door.lines])
