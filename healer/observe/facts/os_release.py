"""Which distribution and release this is: package versions only compare within one, and a canary proves its own only."""

import re
import shlex

from healer.model.facts import OsRelease
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, script

_PLAIN = re.compile(r'"([^"\\]*)"|([A-Za-z0-9_.:/+-]*)')


def parse(text: str) -> OsRelease:
    """Return what os-release says. Absent keys get the defaults of os-release(5); lines that are no assignment are passed over."""
    architecture, _, release = text.partition("\n")
    if not architecture or "=" in architecture:
        raise ValueError("the architecture is missing")
    found = dict(_assignment(line) for line in lines(release) if "=" in line and not line.lstrip().startswith("#"))
    if not found:
        raise ValueError("os-release is empty")
    return OsRelease(
        id=found.get("ID", "linux"),
        version=found.get("VERSION_ID", ""),
        codename=found.get("VERSION_CODENAME", ""),
        like=tuple(found.get("ID_LIKE", "").split()),
        pretty=found.get("PRETTY_NAME", "Linux"),
        architecture=architecture,
    )


def _assignment(line: str) -> tuple[str, str]:
    """Return key and value; the file's quoting is the shell's. Nearly every value is plain, which is read much quicker."""
    key, _, value = line.partition("=")
    plain = _PLAIN.fullmatch(value.strip())
    return key.strip(), (plain[1] or plain[2] or "") if plain else "".join(shlex.split(value))


PLUGIN = Fact(name="os_release", script=script("os_release.sh"), parse=parse, seconds=10)
