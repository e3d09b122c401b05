"""Which machine this is and which boot of it: whether two looks saw the same one hangs on these ids."""

import re

from healer.model.facts import Identity, Unknown
from healer.observe.facts.contract import Fact
from healer.observe.reading import pairs, script, value_of

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MACHINE_ID = re.compile(r"[0-9a-f]{32}")


def parse(text: str) -> Identity | Unknown:
    """Return who answered. Unknown without a proper boot id: an empty one must never be taken for another boot.

    The machine id is empty where the host has none yet (machine-id(5): empty or "uninitialized" before the first boot is over);
    two empty ids say nothing about being the same machine.
    """
    found = pairs(text)
    boot_id = value_of(found, "boot_id")
    if not UUID.fullmatch(boot_id):
        return Unknown(f"the kernel's boot id is not a UUID: {boot_id[:40]!r}")
    machine_id = value_of(found, "machine_id")
    return Identity(
        machine_id=machine_id if MACHINE_ID.fullmatch(machine_id) else "",
        boot_id=boot_id,
        uptime=_uptime(value_of(found, "uptime")),
        container=value_of(found, "container"),
        hostname=value_of(found, "hostname"),
        is_root=value_of(found, "user") == "0",
    )


def _uptime(text: str) -> float:
    first, *_ = text.split() or [""]
    return float(first)


PLUGIN = Fact(name="identity", script=script("identity.sh"), parse=parse, seconds=10)
