"""A host that is followed: rounds from a resident script, over a real SSH server and over a shell of this machine."""

import itertools
import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from healer.clock import SystemClock
from healer.model.command import Command, CommandResult
from healer.model.errors import BecomeError, HostError, OutcomeUnknown, UnreachableError
from healer.model.facts import Facts, Load, Unknown, Verdict
from healer.model.host import Login
from healer.observe import follow as following
from healer.observe.facts.contract import Fact
from healer.observe.follow import follow
from healer.observe.sections import parse_rounds, resident
from healer.observe.vantage import ControlVantage
from healer.ports import Sink
from healer.remote.local import LocalRemote
from healer.remote.scripted import ScriptedRemote

NAMES = ("load", "service_checks", "service_probes")
NONCE = "0123456789abcdef"


class Ear:
    """Hears so many rounds and then wants to stop."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.heard: list[Facts] = []

    def hear(self, facts: Facts) -> None:
        """Keep the round."""
        self.heard.append(facts)

    def stopped(self) -> bool:
        """Say whether there were enough."""
        return len(self.heard) >= self.rounds


def test_rounds_come_over_ssh_and_connections_are_asked_in_between(sshd, open_host: Callable[..., object]) -> None:
    """Each round of the resident script is heard once, with what probes say over the same login, without a command for each."""
    server = sshd()
    probes = [{"tcp": server.port}, {"command": ["true"]}, {"command": ["false"]}]
    variables = {"services": [{"unit": "web", "probes": probes}], "services_tries": 1}
    ear = Ear(3)
    remote = open_host(server.login())
    follow(remote, NAMES, every=1.0, become=False, variables=variables, heard=ear.hear, stopped=ear.stopped)  # type: ignore[arg-type]
    assert 3 == len(ear.heard)
    for facts in ear.heard:
        assert isinstance(facts.get("load"), Load)
        assert [Verdict.GOOD, Verdict.BAD] == [one.verdict for one in facts.read("service_checks", tuple)]  # type: ignore[union-attr]
        assert [Verdict.GOOD] == [one.verdict for one in facts.read("service_probes", tuple)]  # type: ignore[union-attr]
    assert b"alive\n" == remote.run(Command(("echo", "alive"))).stdout  # type: ignore[attr-defined]


def test_the_script_on_the_host_ends_when_nobody_listens(sshd, open_host: Callable[..., object], tmp_path: Path) -> None:
    """After the following has ended the host's next round fails, and nothing is left there."""
    trace = tmp_path / "trace"
    probe = {"command": ["sh", "-c", 'echo x >>"$1"', "probe", str(trace)]}
    ear = Ear(1)
    remote = open_host(sshd().login())
    variables = {"services": [{"unit": "web", "probes": [probe]}], "services_tries": 1}
    follow(remote, ("service_checks",), every=1.0, become=False, variables=variables, heard=ear.hear, stopped=ear.stopped)  # type: ignore[arg-type]
    assert ended(lambda: trace.stat().st_size)


def ended(size: Callable[[], int]) -> bool:
    """Return whether it stops growing for three seconds, within twenty."""
    seen = [size()]
    for _ in range(20):
        time.sleep(1.0)
        seen.append(size())
        if len(set(seen[-4:])) == 1 and len(seen) > 3:
            return True
    return False


def local() -> LocalRemote:
    """Return this machine as a host."""
    return LocalRemote(Login("here", "localhost", connection="local"), SystemClock())


def test_a_wish_to_stop_is_noticed_while_nothing_is_printed() -> None:
    """Between two rounds that are far apart the following ends within seconds."""
    stop = threading.Event()
    heard: list[Facts] = []

    def hear(facts: Facts) -> None:
        heard.append(facts)
        threading.Timer(0.2, stop.set).start()

    follow(local(), ("load",), every=600.0, become=False, variables={}, heard=hear, stopped=stop.is_set)
    assert 1 == len(heard)


class Silent:
    """A host that lives and prints only what it is told to, with a clock of its own."""

    host = "web1"

    def __init__(self, *printed: bytes | Exception) -> None:
        self.printed = printed
        self.commands: list[Command] = []

    def run(self, command: Command, sink: Sink | None = None) -> CommandResult:
        """Print, then end."""
        self.commands.append(command)
        assert sink is not None
        for one in self.printed:
            if isinstance(one, Exception):
                if isinstance(one, BecomeError) and not command.become:
                    continue
                raise one
            sink(one)
        return CommandResult(1, b"", b"words before\nsh: not found\n")


def followed(remote: object, names: tuple[str, ...] = ("load",), variables: dict[str, object] | None = None) -> list[Facts]:
    """Follow it to its end, which is none that was wished for."""
    heard: list[Facts] = []
    follow(remote, names, every=1.0, become=True, variables=variables or {}, heard=heard.append, stopped=lambda: False)  # type: ignore[arg-type]
    return heard


def test_a_host_that_says_nothing_for_three_periods_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that lives and a script that hangs is an outcome that nobody knows."""
    ticks = itertools.count(0.0, 1.0)
    monkeypatch.setattr(SystemClock, "monotonic", lambda _self: next(ticks))
    with pytest.raises(OutcomeUnknown, match="printed nothing for 3 s"):
        followed(Silent(*[b""] * 5))


def test_a_host_that_prints_without_end_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one round may hold is bounded."""
    monkeypatch.setattr(following, "MOST", 1000)
    with pytest.raises(OutcomeUnknown, match="more than 1000 bytes"):
        followed(Silent(b"x" * 600, b"x" * 600))


def test_a_script_that_ends_is_told_with_its_last_words() -> None:
    """Nobody wished it to end: what it said is the reason."""
    with pytest.raises(OutcomeUnknown, match="status 1: sh: not found"):
        followed(Silent())


def test_a_link_that_breaks_is_told() -> None:
    """An unknown end is told with its reason, and a host that cannot be asked at all raises as always."""
    remote = ScriptedRemote("web1", lambda _: CommandResult(Unknown("the link broke")))
    with pytest.raises(OutcomeUnknown, match="the link broke"):
        followed(remote)
    with pytest.raises(UnreachableError):
        followed(Silent(UnreachableError("web1", "Gone.")))


def test_without_root_it_looks_as_who_it_is() -> None:
    """As in a single look: facts that need no root are read all the same."""
    remote = Silent(BecomeError("web1", "sudo asks for a password"))
    with pytest.raises(HostError):
        followed(remote)
    assert [True, False] == [command.become for command in remote.commands]


def test_variables_that_make_no_sense_leave_their_facts_unknown() -> None:
    """The other facts are read."""
    ear = Ear(1)
    variables: dict[str, object] = {"services": 7}
    follow(local(), NAMES, every=1.0, become=False, variables=variables, heard=ear.hear, stopped=ear.stopped)
    (facts,) = ear.heard
    assert isinstance(facts.get("load"), Load)
    assert ["services" in str(facts.get(name)) for name in NAMES[1:]] == [True, True]


def test_nothing_is_heard_of_after_the_wish_to_stop() -> None:
    """A wish that comes while probes are asked, or as the script ends, is kept: that round is told to nobody, and nothing is wrong."""
    stop = threading.Event()

    def places(_origin: str) -> ControlVantage:
        stop.set()
        return ControlVantage()

    variables: dict[str, object] = {"services": [{"unit": "web", "probes": [{"tcp": 1}]}], "services_tries": 1}
    heard: list[Facts] = []
    names, late = ("load", "service_probes"), itertools.chain([False], itertools.repeat(True))
    follow(local(), names, every=1.0, become=False, variables=variables, heard=heard.append, stopped=stop.is_set, vantages=places)
    follow(Silent(b"x"), ("load",), every=1.0, become=False, variables={}, heard=heard.append, stopped=lambda: next(late))  # type: ignore[arg-type]
    assert [] == heard


def test_of_rounds_that_were_missed_only_the_last_counts() -> None:
    """Rounds that have piled up are passed over, and a round that has not ended waits for its end."""
    one, two = (f"\n{NONCE} begin a\n{text}\n{NONCE} end a 0\n\n{NONCE} round\n" for text in ("old", "new"))
    begun = f"   \n\n{NONCE} begin a\nnext"
    sections, rest = parse_rounds(NONCE, one + two + begun)
    assert sections is not None
    assert ("new", begun) == (sections["a"].stdout, rest)
    assert (None, begun) == parse_rounds(NONCE, begun)


@pytest.mark.parametrize("shell", ["dash", "bash --posix", "busybox sh"])
def test_what_a_section_complains_about_is_its_reason(shell: str, tmp_path: Path) -> None:
    """A section that fails is told with what it said on standard error, in every shell; the others are whole."""
    facts = (
        Fact("one", "echo noise >&2; echo 1", str),
        Fact("two", "echo begins; echo no such thing >&2; exit 3", str),
        Fact("three", 'printf "%s\\n" "$1"', str),
        Fact("four", "echo never", str, root=True),
    )
    words = {"three": ("a 'b' $(c)",)}
    text = resident(NONCE, facts, words, every=1, limit=5)
    if os.geteuid() == 0:
        text = text.replace("four 30 root", "four 30 any").replace("echo never", "exit 1")
    argv = [*shell.split(), "-s", "--", *words["three"]]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(text.encode())
    process.stdin.close()
    printed = ""
    while f"\n{NONCE} round\n" not in printed:
        printed += process.stdout.readline().decode()
    process.stdout.close()
    process.wait(timeout=30)
    sections, _ = parse_rounds(NONCE, printed)
    assert sections is not None
    assert ["one", "two", "three", "four"] == list(sections)
    assert (0, "1\n") == (sections["one"].status, sections["one"].stdout.rstrip("\n") + "\n")
    assert (3, "no such thing") == (sections["two"].status, sections["two"].stderr.strip())
    assert "a 'b' $(c)" == sections["three"].stdout.strip()
