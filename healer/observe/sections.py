"""The frame of an observation: facts become one script, and its output becomes sections again. Pure."""

import itertools
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from healer.model.facts import Unknown
from healer.model.host import Value
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, script

TOO_SLOW = 124
"""What `timeout` exits with when the time is over (GNU coreutils manual, timeout invocation)."""

CUT = Unknown("the answer was cut off")
NO_WORDS: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Section:
    """What one fact's script printed. `status` is Unknown when root was needed and not had, or the end mark never came."""

    status: int | Unknown
    stdout: str
    stderr: str


def compose(nonce: str, facts: Sequence[Fact], words: Mapping[str, Sequence[str]] = NO_WORDS) -> str:
    """Return the one script that reads all these facts. Its arguments are `arguments` of the same facts and words.

    All that it does stands in functions, which its last line calls: a script that was cut on the way does nothing. The nonce is the only
    thing in it that is not static; it travels on standard input, where other users of the host cannot see it.
    """
    return "\n".join(["bound=", *_head(nonce), *_observe(facts, words), 'observe "$@"', ""])


def resident(nonce: str, facts: Sequence[Fact], words: Mapping[str, Sequence[str]], *, every: int, limit: int) -> str:
    """Return the script that reads all these facts again and again, `every` so many seconds; a round has to end within `limit` seconds.

    It prints to standard output only, for `parse_rounds`. Arguments as for `compose`.
    """
    calls = _observe(facts, words)
    one = "\n".join([*_head(nonce), script("resident.sh"), *calls, 'one_round "$@"', ""])
    own = ["bound=", script("frame.sh"), f"every={every} limit={limit}", f"round={shlex.quote(one)}", script("follow.sh")]
    return "\n".join([*own, 'follow "$@"', ""])


def _head(nonce: str) -> list[str]:
    if not re.fullmatch(r"[0-9a-f]{16,64}", nonce):
        raise ValueError("the nonce must be 16 to 64 hexadecimal digits")
    return [f"nonce={nonce}", f"prelude={shlex.quote(script('prelude.sh'))}", script("frame.sh")]


def _observe(facts: Sequence[Fact], words: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the function that reads all facts, a line each."""
    shares = [len(words.get(fact.name, ())) for fact in facts]
    calls = [
        _call(fact, range(end - share + 1, end + 1)) for fact, share, end in zip(facts, shares, itertools.accumulate(shares), strict=True)
    ]
    return ["observe() {", ":", *calls, "}"]


def arguments(facts: Sequence[Fact], words: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the positional parameters of the script that `compose` returns."""
    return tuple(word for fact in facts for word in words.get(fact.name, ()))


def _call(fact: Fact, numbers: Iterable[int]) -> str:
    """Return a section's line; its words stand there by number only."""
    rights, own = "root" if fact.root else "any", (f'"${{{number}}}"' for number in numbers)
    return " ".join(["section", fact.name, str(fact.seconds), rights, shlex.quote(fact.script), *own])


def words_of(fact: Fact, variables: Mapping[str, Value]) -> tuple[str, ...] | Unknown:
    """Return the words that the fact's script gets on a host with these variables, or why there can be none."""
    try:
        found = fact.words(variables)
    except ValueError as error:
        return Unknown(f"the host's variables make no sense: {error}")
    if strange := [word for word in found if "\n" in word or "\0" in word]:
        return Unknown(f"a line feed or NUL in a word of the host's variables: {strange[0][:80]!r}")
    return found


def parse_sections(nonce: str, stdout: str, stderr: str) -> Mapping[str, Section]:
    """Return the sections by name. A section whose end mark is missing was cut off; text outside of all marks is dropped."""
    complaints = {name: body for name, body, _ in _bodies(nonce, stderr)}
    return {name: Section(_status(word), body, complaints.get(name, "")) for name, body, word in _bodies(nonce, stdout)}


def parse_rounds(nonce: str, text: str) -> tuple[Mapping[str, Section] | None, str]:
    """Return the sections of the last round of a resident script that has ended, and what came after it: the beginning of the next.

    None where no round has ended yet.
    """
    whole, end, rest = text.rpartition(f"\n{nonce} round\n")
    if not end:
        return None, text
    found = parse_sections(nonce, whole.rpartition(f"\n{nonce} round\n")[2], "")
    told = {name: section for name, section in found.items() if not name.startswith("!")}
    return {name: replace(one, stderr=_complaint(found.get(f"!{name}"))) for name, one in told.items()}, rest


def _complaint(section: Section | None) -> str:
    return section.stdout if section is not None else ""


def _bodies(nonce: str, text: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, body and the end mark's word; the word is empty when the next mark is not this section's end."""
    _, *pieces = f"\n{text}".split(f"\n{nonce} ")
    for piece, following in itertools.pairwise([*pieces, ""]):
        mark, whole, body = piece.partition("\n")
        if whole and mark.startswith("begin "):
            name = mark.removeprefix("begin ")
            yield name, body, _end_of(name, following)


def _end_of(name: str, text: str) -> str:
    """Return the word of the section's end mark that the text begins with; empty when it does not, or was cut within it."""
    mark, whole, _ = text.partition("\n")
    return mark.removeprefix(f"end {name} ") if whole and mark.startswith(f"end {name} ") else ""


def _status(word: str) -> int | Unknown:
    if word == "root":
        return Unknown("it needs root, which is not to be had on this host")
    if not word.isdigit():
        return CUT
    return int(word)


def value(fact: Fact, section: Section) -> object:
    """Return the fact's value, or Unknown with the reason why there is none."""
    if isinstance(section.status, Unknown):
        return section.status
    if section.status != 0:
        return Unknown(why(section.status, section.stderr, fact.seconds))
    try:
        return fact.parse(section.stdout)
    except ValueError as error:
        return Unknown(f"the host's answer makes no sense: {error}")


def why(status: int, stderr: str, seconds: int) -> str:
    """Return the sentence for a script that did not end with 0."""
    if status == TOO_SLOW:
        return f"it took longer than {seconds} s on the host"
    if status > 128:
        return f"it was ended by signal {status - 128} on the host"
    return _last(lines(stderr)) or f"it ended with status {status} and said nothing"


def _last(found: Iterable[str]) -> str:
    *_, last = ["", *found]
    return last.strip()[:300]
