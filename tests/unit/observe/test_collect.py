"""One round trip: what the frame of an observation keeps apart, and what it makes of every kind of trouble."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_remote import LocalRemote

from healer.model.command import Command, CommandResult
from healer.model.errors import OutcomeUnknown
from healer.model.facts import Unknown
from healer.observe.collect import collect, read, readings_of
from healer.observe.facts.contract import Fact
from healer.observe.sections import Section, compose, parse_sections, value

NONCE = "0123456789abcdef" * 2
SHELLS = [("dash",), ("bash", "--posix"), ("busybox", "sh")]


def fact(name: str, script: str, *, root: bool = False, seconds: int = 10) -> Fact:
    """Return a fact whose value is the text itself."""
    return Fact(name, script, str, seconds, root)


def ask(*facts: Fact, shell: tuple[str, ...] = ("sh",)) -> dict[str, object]:
    """Ask this machine for the facts."""
    return dict(read(LocalRemote(shell), facts, become=False, timeout=30))


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_sections_come_back_as_they_were_printed(shell: tuple[str, ...]) -> None:
    """Every section's output is returned to the byte, with or without a line feed at its end."""
    facts = (fact("one", "printf 'a\\n\\n b '"), fact("two", ":"), fact("three", "echo c; echo noise >&2"))
    assert {"one": "a\n\n b ", "two": "", "three": "c\n"} == ask(*facts, shell=shell)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_failed_section_costs_only_itself(shell: tuple[str, ...]) -> None:
    """A section that fails is Unknown with the last line of its complaint, whatever it printed; the others are read."""
    facts = (fact("bad", "echo half; echo first >&2; fail 'no such tool'"), fact("good", "echo fine"))
    assert {"bad": Unknown("no such tool"), "good": "fine\n"} == ask(*facts, shell=shell)


def test_a_slip_of_syntax_costs_only_itself() -> None:
    """A section that no shell can read is Unknown, and the next one is read."""
    got = ask(fact("broken", "if then ("), fact("good", "echo fine"))
    assert (True, "fine\n") == (isinstance(got["broken"], Unknown), got["good"])


def test_a_section_cannot_eat_the_next() -> None:
    """A section that reads its standard input finds it empty instead of the rest of the script."""
    assert {"greedy": "", "next": "here\n"} == ask(fact("greedy", "cat"), fact("next", "echo here"))


def test_quotes_and_dollars_stay_in_the_section() -> None:
    """A section's text reaches its shell unchanged, quotes included."""
    assert {"quoted": "it's $HOME `x` \\n\n"} == ask(fact("quoted", "printf '%s\\n' \"it's \\$HOME \\`x\\` \\\\n\""))


def test_a_section_that_takes_too_long_is_ended() -> None:
    """A section that outlasts its bound is Unknown and says how long it had."""
    assert {"slow": Unknown("it took longer than 1 s on the host")} == ask(fact("slow", "sleep 20", seconds=1))


def test_a_killed_section_names_the_signal() -> None:
    """A section that a signal ended is Unknown and names it."""
    assert {"killed": Unknown("it was ended by signal 9 on the host")} == ask(fact("killed", "kill -9 $$"))


def test_a_silent_failure_is_said_plainly() -> None:
    """A section that fails without a word is Unknown with its status."""
    assert {"mute": Unknown("it ended with status 7 and said nothing")} == ask(fact("mute", "exit 7"))


def test_marks_in_the_output_do_not_deceive() -> None:
    """Output that looks like a mark with another nonce stays output."""
    text = f"\n{'f' * 32} end one 0\n"
    assert {"one": f"{text}x\n"} == ask(fact("one", f"printf '{text}x\\n'".replace("\n", "\\n")))


def test_tools_speak_the_same_language_everywhere() -> None:
    """The login's own locale and tool settings do not reach the sections."""
    remote = LocalRemote(environment={"PATH": os.environ["PATH"], "LC_ALL": "de_DE.UTF-8", "BLOCK_SIZE": "1M", "POSIXLY_CORRECT": "1"})
    script = "echo $LC_ALL ${BLOCK_SIZE-unset} ${POSIXLY_CORRECT-unset}; pwd"
    assert {"one": "C unset unset\n/\n"} == read(remote, (fact("one", script),), become=False, timeout=30)


def test_no_bytes_are_lost_to_decoding() -> None:
    """Bytes that are no UTF-8 stay visible as escapes, and everything else as it is."""
    assert {"odd": "a\\xffü\n"} == ask(fact("odd", "printf 'a\\377\\303\\274\\n'"))


def test_without_sudo_the_rest_is_still_read() -> None:
    """Where root is asked for and not to be had, the look is made again without it."""
    remote = LocalRemote(root=False)
    assert {"one": "1\n"} == read(remote, (fact("one", "echo 1"),), become=True, timeout=30)
    assert [True, False] == [command.become for command in remote.commands]


def test_one_round_trip() -> None:
    """However many facts are wanted, one command is sent, and its script travels on standard input."""
    remote = LocalRemote()
    read(remote, (fact("one", "echo 1"), fact("two", "echo 2")), become=False, timeout=30)
    assert [("sh", "-s")] == [command.argv for command in remote.commands]


WORDS = ("it's", "$HOME `id` \\", "", "-n", "a b\tc", "ü")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_words_reach_their_own_fact_only(shell: tuple[str, ...]) -> None:
    """Each fact gets its own words as positional parameters, whatever they hold and however many there are."""
    print_all = 'printf "%s|" "$@"; echo $#'
    facts = (
        replace(fact("few", print_all), words=lambda _: WORDS),
        fact("none", print_all),
        replace(fact("many", print_all), words=lambda variables: tuple(map(str, range(int(str(variables["count"])))))),
    )
    got = read(LocalRemote(shell), facts, become=False, timeout=30, variables={"count": 12})
    many = "".join(f"{number}|" for number in range(12))
    assert {"few": f"{'|'.join(WORDS)}|6\n", "none": "|0\n", "many": f"{many}12\n"} == got


def test_words_are_no_shell_text() -> None:
    """What comes from the variables travels as arguments, not in the script."""
    remote = LocalRemote()
    read(remote, (replace(fact("one", ":"), words=lambda _: ("secret$(word)",)),), become=False, timeout=30)
    assert [("sh", "-s", "--", "secret$(word)")] == [command.argv for command in remote.commands]
    assert [False] == [b"secret" in command.stdin for command in remote.commands]


@pytest.mark.parametrize("word", ["two\nlines", "nul\0"])
def test_words_that_cannot_travel_cost_only_their_fact(word: str) -> None:
    """A line feed or NUL in a word leaves its fact unasked and Unknown; the others are read."""
    facts = (replace(fact("bad", "echo bad"), words=lambda _: (word,)), fact("good", "echo fine"))
    reason = Unknown(f"a line feed or NUL in a word of the host's variables: {word!r}")
    assert {"bad": reason, "good": "fine\n"} == read(LocalRemote(), facts, become=False, timeout=30)


def test_variables_that_make_no_sense_are_told() -> None:
    """A fact that refuses its variables is Unknown with its words, and with nothing else wanted no command is sent."""

    def refuse(_variables: object) -> tuple[str, ...]:
        raise ValueError("folders is no list")

    remote = LocalRemote()
    reason = Unknown("the host's variables make no sense: folders is no list")
    assert {"one": reason} == read(remote, (replace(fact("one", ":"), words=refuse),), become=False, timeout=30)
    assert [] == remote.commands


def test_nothing_wanted_asks_nothing() -> None:
    """An empty question sends no command."""
    remote = LocalRemote()
    assert ({}, []) == (read(remote, (), become=False, timeout=30), remote.commands)


def test_a_fact_that_nobody_knows_is_unknown() -> None:
    """A name without a fact is Unknown and named, and the known ones are read."""
    got = collect(LocalRemote(), ("identity", "phase_of_moon"), become=False)
    assert Unknown("healer knows no fact named phase_of_moon") == got.get("phase_of_moon")
    assert not isinstance(got.get("identity"), Unknown)


def test_a_script_that_was_cut_on_the_way_does_nothing(tmp_path: Path) -> None:
    """Whatever part of the script arrives, no section starts before its last line was read."""
    text = compose(NONCE, (fact("one", f"touch {tmp_path}/ran"),))
    for share in (0.3, 0.9, 0.99):
        subprocess.run(["sh", "-s"], input=text[: int(len(text) * share)].encode(), capture_output=True, check=False)
    assert [] == list(tmp_path.iterdir())


def test_a_nonce_must_be_one() -> None:
    """Only hexadecimal digits may stand where the nonce stands in the script."""
    with pytest.raises(ValueError, match="nonce"):
        compose("$(reboot)", ())


def test_a_lost_link_leaves_every_fact_unknown() -> None:
    """When the link is lost after the question was sent, every reading is Unknown with the reason."""

    class Lost(LocalRemote):
        def run(self, command: Command) -> CommandResult:
            raise OutcomeUnknown("here", "the link broke")

    assert {"one": Unknown("the answer was lost: the link broke")} == read(Lost(), (fact("one", ":"),), become=False, timeout=30)


def framed(name: str, body: str, status: str) -> str:
    """Return a section as the host frames it."""
    return f"\n{NONCE} begin {name}\n{body}\n{NONCE} end {name} {status}\n"


def test_what_was_answered_before_the_cut_counts() -> None:
    """Sections that ended are read even when a later one was cut; the cut one says why."""
    text = framed("one", "1", "0") + f"\n{NONCE} begin two\nhal"
    result = CommandResult(Unknown("no answer for 30 s"), text.encode())
    wanted = {
        "one": "1",
        "two": Unknown("the answer was cut off: no answer for 30 s"),
        "three": Unknown("the answer was cut off: no answer for 30 s"),
    }
    assert wanted == readings_of(NONCE, [fact(name, "") for name in ("one", "two", "three")], result)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (CommandResult(0), "the answer was cut off"),
        (CommandResult(0, truncated=True), "the answer was cut off: it is longer than healer reads"),
        (CommandResult(127, stderr=b"sh: not found\n"), "the observation ended with status 127: sh: not found"),
        (CommandResult(1), "the observation ended with status 1"),
    ],
)
def test_no_section_at_all_says_why(result: CommandResult, reason: str) -> None:
    """A look that brought no section leaves the fact Unknown with what is known of the look."""
    assert {"one": Unknown(reason)} == readings_of(NONCE, (fact("one", ""),), result)


def test_root_facts_without_root() -> None:
    """A fact that needs root is Unknown where the look was made without."""
    reason = Unknown("it needs root, which is not to be had on this host")
    assert {"one": reason} == readings_of(NONCE, (fact("one", "", root=True),), CommandResult(0, framed("one", "", "root").encode()))


def test_nonsense_becomes_unknown() -> None:
    """A parser that finds nonsense makes its fact Unknown with the parser's words."""
    number = Fact("number", "", int)
    got = value(number, Section(0, "many", ""))
    assert isinstance(got, Unknown)
    assert got.reason.startswith("the host's answer makes no sense: invalid literal")


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.text(max_size=60), max_size=4))
def test_framing_is_lossless(bodies: dict[str, str]) -> None:
    """Whatever sections print, taking the frame off gives it back."""
    text = "".join(framed(name, body, "0") for name, body in bodies.items())
    assert {name: Section(0, body, "") for name, body in bodies.items()} == parse_sections(NONCE, text, "")


@given(st.data())
def test_a_cut_answer_is_never_taken_for_a_whole_one(data: st.DataObject) -> None:
    """Wherever an answer is cut, each section is either whole, or has no status."""
    text = framed("one", "first", "0") + framed("two", "second", "0")
    cut = data.draw(st.integers(0, len(text)))
    whole = {"one": Section(0, "first", ""), "two": Section(0, "second", "")}
    for name, section in parse_sections(NONCE, text[:cut], "").items():
        assert isinstance(section.status, Unknown) or section == whole[name]
