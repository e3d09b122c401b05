"""What places.sh printed: on which of the disks a thing lies, and the rows that a fact has beside that."""

from healer.observe.facts._log_scan import Places, Scan
from healer.observe.reading import lines, script

PLACES = script("local_mounts.sh") + script("places.sh")
"""Stands before a script that uses `near_path` and `told_places`."""
TAGS = ("mount", "fs", "device")


def told(text: str, what: str) -> tuple[list[tuple[str, str]], Places]:
    """Return the rows as tag and rest, and the places. Raises ValueError when the answer has no end; `what` says of what."""
    *rows, end = lines(text) or [""]
    if end != "end":
        raise ValueError(f"{what} was cut off")
    scan = Scan()
    own: list[tuple[str, str]] = []
    for row in rows:
        tag, _, rest = row.partition("\t")
        if tag in TAGS:
            scan.take(row)
        else:
            own.append((tag, rest))
    return own, Places(scan)
