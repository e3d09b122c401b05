"""The probes that are asked over connections or from elsewhere: when again, for how long at most, and what is no answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_connection, create_server
from threading import Thread
from typing import Any

import pytest

from healer.clock import SystemClock
from healer.inventory.neighbours import neighbour
from healer.inventory.resolve import load_inventory
from healer.model.command import Command, CommandResult
from healer.model.errors import HostError, UnreachableError
from healer.model.facts import Unknown, Verdict
from healer.model.services import ProbeReading
from healer.observe.collect import collect
from healer.observe.probes.contract import Vantage
from healer.observe.vantage import ControlVantage, SocketStream, nearest
from healer.ports import ByteStream
from healer.remote.scripted import ScriptedRemote
from healer.settings import Settings
from healer.wiring import Access

GOOD, BAD, UNKNOWN = Verdict.GOOD, Verdict.BAD, Verdict.UNKNOWN


@dataclass
class Place:
    """A host whose connections fail so often, take so long, and end as told."""

    refusals: int = 0
    costs: float = 0.0
    error: type[Exception] = ConnectionRefusedError
    now: float = 0.0
    pauses: list[float] = field(default_factory=list)
    asked: list[tuple[str, int]] = field(default_factory=list)
    ran: list[Command] = field(default_factory=list)

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        """Fail, or connect to a server of this machine."""
        self.asked.append((address, port))
        self.now += min(self.costs, timeout)
        if len(self.asked) <= self.refusals:
            raise self.error("nobody there")
        with create_server(("127.0.0.1", 0)) as server:
            return SocketStream(create_connection(server.getsockname()))

    def run(self, command: Command) -> CommandResult:
        """Run it on this machine."""
        self.ran.append(command)
        return ControlVantage().run(command)

    def monotonic(self) -> float:
        """Return this place's own time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.pauses.append(seconds)
        self.now += seconds


def asked(place: Place, probes: list[dict[str, object]], **variables: object) -> list[ProbeReading]:
    """Return the answers about web.service where `place` is every vantage."""
    named = {"services": [{"unit": "web", "probes": probes}], **variables}

    def places(origin: str) -> Vantage:
        if origin == "gone":
            raise UnreachableError("gone", "It is down.")
        return place

    clock: Any = place
    remote = ScriptedRemote("web1", lambda _: CommandResult(0))
    got = collect(remote, ("service_probes",), become=True, variables=named, vantages=places, clock=clock).get("service_probes")
    assert isinstance(got, tuple), got
    return list(got)


def told(found: list[ProbeReading]) -> list[tuple[Verdict, int]]:
    """Return verdict and number of tries."""
    return [(one.verdict, one.tries) for one in found]


def test_a_probe_that_is_good_at_once_costs_no_pause() -> None:
    """A good first answer is the answer."""
    place = Place()
    assert [(GOOD, 1)] == told(asked(place, [{"tcp": 80}]))
    assert ([], [("127.0.0.1", 80)]) == (place.pauses, place.asked)


@pytest.mark.parametrize(
    ("refusals", "variables", "answer", "pauses"),
    [
        (1, {}, (GOOD, 2), 1),
        (9, {}, (BAD, 3), 2),
        (9, {"services_tries": 1}, (BAD, 1), 0),
        (9, {"services_tries": 2}, (BAD, 2), 1),
    ],
)
def test_a_bad_probe_is_asked_again_after_a_pause(
    refusals: int, variables: dict[str, object], answer: tuple[Verdict, int], pauses: int
) -> None:
    """It is asked as often as it may fail, or as the variable says, 5 s apart, until it is good."""
    place = Place(refusals)
    assert [answer] == told(asked(place, [{"tcp": "10.0.0.7:5432"}], **variables))
    assert [5] * pauses == place.pauses
    assert {("10.0.0.7", 5432)} == set(place.asked)


def test_several_bad_probes_share_their_pauses() -> None:
    """All that were bad are asked again after one pause."""
    place = Place(99)
    assert [(BAD, 3)] * 4 == told(asked(place, [{"tcp": port} for port in (1, 2, 3, 4)]))
    assert [5, 5] == place.pauses


def test_what_may_not_be_asked_is_not_asked_again() -> None:
    """A server that forbids the connection says nothing of the service, and is not asked twice."""
    assert [(UNKNOWN, 1)] == told(asked(Place(9, error=PermissionError), [{"tcp": 80}]))


def test_all_probes_of_a_host_have_a_time_together() -> None:
    """What comes too late is not asked, and counts as nothing; those that were asked keep their answers."""
    place = Place(99, costs=25.0)
    found = asked(place, [{"tcp": port, "timeout": 30} for port in (1, 2, 3, 4, 5)])
    assert [(BAD, 1)] * 3 + [(UNKNOWN, 1)] * 2 == told(found)
    assert "60 s" in found[-1].reason
    assert place.now <= 75


def test_the_last_goes_are_left_out_when_the_time_is_over() -> None:
    """A second round that cannot be finished leaves the answers of the first."""
    place = Place(99, costs=20.0)
    assert [(BAD, 2), (BAD, 1)] == told(asked(place, [{"tcp": port, "timeout": 30} for port in (1, 2)]))


def test_another_place_that_cannot_be_reached_is_no_answer() -> None:
    """Where nothing can be asked from, nothing is known."""
    (found,) = asked(Place(), [{"tcp": 80, "from": "gone"}])
    assert (UNKNOWN, "gone") == (found.verdict, found.origin)
    assert "It is down" in found.reason


@pytest.mark.parametrize(("variables", "verdict", "origin"), [({"services_another": "web2"}, GOOD, "web2"), ({}, UNKNOWN, "another")])
def test_another_host_is_the_one_that_the_variable_names(variables: dict[str, object], verdict: Verdict, origin: str) -> None:
    """An answer from the next host of the group bears its name; without such a host there is none."""
    (found,) = asked(Place(), [{"tcp": 80, "from": "another"}], **variables)
    assert (verdict, origin) == (found.verdict, found.origin)


@pytest.mark.parametrize(("argv", "verdict"), [(["true"], GOOD), (["false"], BAD), (["/nowhere/at-all"], UNKNOWN)])
def test_what_a_script_asks_can_be_asked_from_elsewhere(argv: list[str], verdict: Verdict) -> None:
    """A command from another host is run there as root, and on the control node as who healer is."""
    place = Place()
    found = asked(place, [{"unit": "db"}, {"command": argv, "from": "control"}], services_tries=1)
    assert [(verdict, 1, "control")] == [(one.verdict, one.number, one.origin) for one in found]
    assert [False] == [command.become for command in place.ran]


@pytest.mark.parametrize("answer", [CommandResult(Unknown("the link broke")), CommandResult(0, b"rubbish"), UnreachableError("b", "Gone.")])
def test_no_answer_from_elsewhere_is_unknown(answer: CommandResult | HostError) -> None:
    """A link that breaks, and an answer that makes no sense, say nothing of the service."""

    def handler(command: Command) -> CommandResult:
        if isinstance(answer, HostError):
            raise answer
        return answer

    remote = ScriptedRemote("web1", handler)
    variables = {"services": [{"unit": "web", "probes": [{"command": ["true"], "from": "b"}]}]}
    got = collect(remote, ("service_probes",), become=True, variables=variables, vantages=lambda _: remote).get("service_probes")
    assert isinstance(got, tuple)
    assert [UNKNOWN] == [one.verdict for one in got]


def test_a_url_is_asked_with_what_belongs_to_it() -> None:
    """The policy's words reach the plug-in; its query and its login are shown to nobody."""
    with served(b"HTTP/1.0 204 No Content\r\n\r\n") as port:
        url = f"http://127.0.0.1:{port}/x?token=secret"
        variables = {"services": [{"unit": "web", "probes": [{"http": url, "status": 204}, {"http": url, "failures": 1}]}]}
        remote = ScriptedRemote(
            "web1", lambda _: CommandResult(0), lambda _, number: SocketStream(create_connection(("127.0.0.1", number)))
        )
        got = collect(remote, ("service_probes",), become=True, variables=variables).get("service_probes")
    assert isinstance(got, tuple)
    assert [GOOD, BAD] == [one.verdict for one in got]
    assert not [one for one in got if "secret" in repr(one)]
    assert f"http http://127.0.0.1:{port}/x" == got[0].signature


@contextmanager
def served(answer: bytes) -> Iterator[int]:
    """Answer every connection with this, until the end of the block."""
    with create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(2):
                stream, _ = server.accept()
                with stream:
                    stream.recv(4096)
                    stream.sendall(answer)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])


def test_a_url_that_cannot_be_read_is_not_shown() -> None:
    """Nothing of it is repeated, and nothing is known."""
    (found,) = asked(Place(), [{"http": "http://[secret/"}])
    assert (UNKNOWN, "http of a URL that cannot be read") == (found.verdict, found.asks)


def test_a_policy_that_makes_no_sense_leaves_all_unasked() -> None:
    """The mistake is told with its place."""
    got = collect(
        ScriptedRemote("web1", lambda _: CommandResult(0)), ("service_probes",), become=True, variables={"services": [{"unit": "a b"}]}
    )
    found = got.get("service_probes")
    assert isinstance(found, Unknown)
    assert "services.0.unit" in found.reason


def test_near_are_the_host_and_the_control_node() -> None:
    """Without others to ask from these two are the places; another raises."""
    remote = ScriptedRemote("web1", lambda _: CommandResult(0))
    assert (remote, ControlVantage()) == (nearest(remote, "host"), nearest(remote, "control"))
    with pytest.raises(UnreachableError):
        nearest(remote, "web2")


@pytest.mark.parametrize(("host", "other"), [("a", "c"), ("c", "a"), ("b", "c"), ("d", "a"), ("e", ""), ("f", "g")])
def test_the_neighbour_is_the_next_of_the_same_group(host: str, other: str, tmp_path: Path) -> None:
    """The budget group counts first, then the groups; who is alone has none."""
    file = tmp_path / "inventory.ini"
    file.write_text("e\n[web]\na budget_group=x\nb\nc budget_group=x\nd\n[db]\nf budget_group=y\ng\n")
    inventory = load_inventory((str(file),))
    assert other == neighbour(inventory.hosts[host], inventory)


def test_the_policy_is_filled_in_before_it_is_read(tmp_path: Path) -> None:
    """Templates in the policy are rendered for each host, and the neighbour is named."""
    file = tmp_path / "inventory.yml"
    probe = "{tcp: '{{ inventory_hostname }}:{{ port }}'}"
    hosts = "{a: {ansible_connection: local}, b: {}}"
    file.write_text(f"web:\n  hosts: {hosts}\n  vars: {{port: 8080, services: [{{unit: web, probes: [{probe}]}}]}}\n")
    access = Access(Settings(), load_inventory((str(file),)))
    variables = access.variables("a")
    assert [{"unit": "web", "probes": [{"tcp": "a:8080"}]}] == variables["services"]
    assert "b" == variables["services_another"]
    assert {} == access.variables("nobody")
    place = Place()
    remote = ScriptedRemote("a", lambda _: CommandResult(0))
    (found,) = access.look(remote, ("service_probes",), lambda _: place, SystemClock()).read("service_probes", tuple)
    assert (GOOD, [("a", 8080)]) == (found.verdict, place.asked)
