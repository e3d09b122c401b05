"""`healer trust`: shows what key a host has and writes it down once a person agreed."""

import json
import sys

import typer

from healer.cli.context import prepare
from healer.cli.options import Common
from healer.model.errors import UsageError
from healer.model.host import Host, Inventory
from healer.wiring import Access, enrol_key, scan_key


def trust_host(name: str, fingerprint: str, common: Common, *, yes: bool) -> int:
    """Enrol the host's key; returns 0, also when it was known already. Raises HostKeyError for a changed key."""
    setting = prepare(common)
    inventory = setting.inventory() if common.inventory else Inventory({}, {})
    host = inventory.hosts.get(name) or Host(name)
    access = Access(setting.settings, inventory)
    scanned = scan_key(access, host)
    setting.say(f"{name}: {scanned.key_type} {scanned.fingerprint}")
    if not fingerprint and not yes:
        if not sys.stdin.isatty():
            raise UsageError("nobody can be asked here", advice="Give --fingerprint SHA256:..., got from the host's console, or --yes.")
        typer.confirm("Is this what the host's own console shows? Write it down?", abort=True, err=True)
    before = enrol_key(scanned, fingerprint)
    file = str(scanned.endpoint.known_hosts[0])
    setting.say(f"{name}: was known already" if before == "known" else f"{name}: written to {file}")
    if common.json:
        words = {"host": name, "key_type": scanned.key_type, "fingerprint": scanned.fingerprint, "before": before, "file": file}
        typer.echo(json.dumps(words, indent=2))
    return 0
