"""Numbers with nouns, many hosts in few letters, short durations."""

import pytest

from healer.report.words import alike, counted, elapsed, few_causes, grouped, hosts_in_words, service


@pytest.mark.parametrize(("number", "expected"), [(0, "0 hosts"), (1, "1 host"), (2, "2 hosts")])
def test_a_noun_follows_its_number(number: int, expected: str) -> None:
    """Only one of a thing is singular."""
    assert expected == counted(number, "host")


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ((), ""),
        (("h1",), "h1"),
        (("h1", "h2"), "h1, h2"),
        (("h1", "h2", "h3", "h5"), "h1-h3, h5"),
        (("web9", "web10", "web11", "db"), "web9-web11, db"),
        (("a1", "b2", "b3"), "a1, b2, b3"),
        (("web08", "web09", "web10"), "web08-web10"),
        (("h1", "h02", "h03"), "h1, h02, h03"),
    ],
)
def test_neighbours_are_written_as_a_range(hosts: tuple[str, ...], expected: str) -> None:
    """From three neighbours on a range stands for them; leading zeros count."""
    assert expected == hosts_in_words(hosts)


def test_a_long_list_of_hosts_is_cut() -> None:
    """What does not fit is counted in hosts, not in ranges."""
    assert "a, b and 4 more" == hosts_in_words(("a", "b", "h1", "h2", "h3", "c"), most=2)


def test_equal_answers_make_one_group() -> None:
    """Groups come in the order of their first hosts."""
    assert {2: ("b", "d"), 1: ("c",)} == grouped({"b": 2, "c": 1, "d": 2})


def test_a_service_is_called_without_its_suffix() -> None:
    """Other units keep theirs."""
    assert ("nginx", "nginx.socket") == (service("nginx.service"), service("nginx.socket"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("restart nginx (a b c)", "restart nginx (a b c)"),
        ("restart nginx (a b c d e)", "restart nginx (a b c and 2 more)"),
        ("it (a b c d) goes on", "it (a b c d) goes on"),
        ("nothing", "nothing"),
    ],
)
def test_causes_are_cut(line: str, expected: str) -> None:
    """Only the words in the parentheses that end a line are causes."""
    assert expected == few_causes(line)


def test_process_ids_are_left_out() -> None:
    """Sentences about hosts that are alike are equal."""
    assert "dbus runs replaced code" == alike("dbus (pid 36) runs replaced code") == alike("dbus (process 4) runs replaced code")


@pytest.mark.parametrize(("seconds", "expected"), [(0.4, "0 s"), (59.9, "59 s"), (60, "1:00"), (185, "3:05"), (3729, "1:02:09")])
def test_durations_are_short(seconds: float, expected: str) -> None:
    """Seconds below a minute, then minutes, then hours."""
    assert expected == elapsed(seconds)
