"""What this control node is called: the same word in the journal, in a schedule's delay, and in what people are told."""

import socket
from pathlib import Path

MACHINE_ID = Path("/etc/machine-id")


def name() -> str:
    """Return the host name. The journal says by it who has run what, so it must be the same each time."""
    return socket.gethostname()


def machine_id() -> str:
    """Return the id of machine-id(5), empty where there is none."""
    try:
        return MACHINE_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""
