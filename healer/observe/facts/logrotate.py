"""What logrotate is told to do, whether anybody runs it, and what it passes over, often without a word in any log."""

import re
from collections.abc import Iterable, Mapping

from healer.model.logs import Logrotate
from healer.observe.facts._disk_places import PLACES
from healer.observe.facts._logrotate_text import stanzas
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, script

APART = "\x1f"
_WORDS = (
    (
        r'error: skipping "(.+)" because parent directory has insecure permissions.*',
        r"\1 is passed over: others may write to its folder, and there is no `su`",
    ),
    (r"log (.+) has multiple \((\d+)\) hard links\. .*", r"\1 is passed over: it has \2 names (hard links)"),
    (r"log (.+) is symbolic link\. .*", r"\1 is passed over: it is a symbolic link"),
    (r"error: (\S+?):(\d+) duplicate log entry for (.+)", r"\1, line \2: \3 stands in another stanza already"),
    (r"error: found error in file (\S+), skipping", r"\1 is passed over as a whole: there is a mistake in it"),
    (r"(?:error: )?Ignoring (.+) because it is writable by group or others\.", r"\1 is passed over as a whole: others may write to it"),
    (r"(?:error: )?Ignoring (.+) because the file owner is wrong.*", r"\1 is passed over as a whole: it does not belong to root"),
    (
        r"(?:error: )?destination (.+) already exists, skipping rotation",
        r"\1 is in the way: a copy that was left over, so that nothing is rotated",
    ),
    (r"error: stat of (.+) failed: No such file or directory", r"\1 matches nothing, and there is no `missingok`"),
)
"""logrotate's own sentences (logrotate.c, config.c), and what they mean. Others are passed on as they are."""


def parse(text: str) -> Logrotate:
    """Return what was found. Raises ValueError on nonsense, and when the answer has no end."""
    *found, end = lines(text) or [""]
    if end != "end":
        raise ValueError("the look at logrotate was cut off")
    rows = [(tag, rest) for tag, _, rest in (line.partition("\t") for line in found)]
    if strange := [tag for tag, _ in rows if tag not in ("absent", "text", "runs", "last", "fault", "untried")]:
        raise ValueError(f"not a line about logrotate: {strange[0][:80]!r}")
    config = [(file, line) for file, _, line in (rest.partition(APART) for tag, rest in rows if tag == "text")]
    return Logrotate(
        installed=("absent", "") not in rows,
        scheduled=any(tag == "runs" for tag, _ in rows),
        last=next((float(rest) for tag, rest in rows if tag == "last"), 0.0),
        stanzas=stanzas(config),
        faults=tuple(dict.fromkeys(_fault(tag, rest) for tag, rest in rows if tag in ("fault", "untried"))),
        texts=_texts(config),
    )


def _texts(config: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    found: dict[str, list[str]] = {}
    for file, line in config:
        found.setdefault(file, []).append(f"{line}\n")
    return {file: "".join(written) for file, written in found.items()}


def _fault(tag: str, line: str) -> str:
    if tag == "untried":
        return f"what logrotate passes over was not asked: {line}"
    told = line.strip()
    for pattern, words in _WORDS:
        if re.fullmatch(pattern, told):
            return re.sub(pattern, words, told)
    return told.removeprefix("error: ")


PLUGIN = Fact(name="logrotate", script=PLACES + script("logrotate.sh"), parse=parse, seconds=30)
