"""Hosts made of functions keep the promises of the port."""

import pytest

from healer.model.command import Command, CommandResult
from healer.model.errors import UnreachableError
from healer.model.host import Login
from healer.ports import Remote
from healer.remote.scripted import ScriptedFleet, ScriptedRemote, by_program


def test_the_handler_answers_and_the_commands_are_kept() -> None:
    """Every command is written down and answered by the handler."""
    remote = ScriptedRemote("web1", by_program({"true": CommandResult(0, b"yes")}))

    assert (0, b"yes") == (remote.run(Command(("true",))).status, remote.run(Command(("true",))).stdout)
    assert [("true",), ("true",)] == [command.argv for command in remote.commands]


def test_what_is_not_listed_is_not_found() -> None:
    """A program without an answer does not exist on the scripted host."""
    assert 127 == ScriptedRemote("web1", by_program({})).run(Command(("apt-get",))).status


def test_output_is_cut_to_the_limit() -> None:
    """The limit of a command holds for scripted hosts too."""
    remote = ScriptedRemote("web1", lambda command: CommandResult(0, command.stdin))

    result = remote.run(Command(("cat",), stdin=b"12345", limit=3))

    assert (b"123", True) == (result.stdout, result.truncated)


def test_a_fleet_opens_its_hosts_by_name() -> None:
    """A host with a handler is opened, another one is unreachable."""
    fleet = ScriptedFleet({"web1": by_program({})})

    assert isinstance(fleet(Login("web1", "a")), Remote)
    with pytest.raises(UnreachableError, match="no such host"):
        fleet(Login("web2", "b"))


def test_logins_are_counted_and_may_fail() -> None:
    """Relogins and closes are counted; a relogin can be made to fail; a closed host answers no more."""
    remote = ScriptedRemote("web1", by_program({}))
    remote.relogin(1.0)
    remote.relogin_fault = UnreachableError("web1", "gone")
    with pytest.raises(UnreachableError):
        remote.relogin(1.0)
    remote.close()

    assert (1, 1) == (remote.relogins, remote.closes)
    with pytest.raises(UnreachableError, match="closed"):
        remote.run(Command(("true",)))


def test_a_dialled_stream_is_refused_unless_there_is_a_dialer() -> None:
    """Nothing listens on a scripted host by itself."""
    with pytest.raises(OSError, match="nothing listens"):
        ScriptedRemote("web1", by_program({})).dial("127.0.0.1", 80, 1.0)
