"""What every command needs before it can begin: settings, inventory, journal, and where to say things."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import typer

from healer.cli.options import Common
from healer.inventory.patterns import limit
from healer.inventory.resolve import load_inventory
from healer.inventory.sources import is_host_list, path_of
from healer.journal.database import check_url
from healer.journal.queries import dated_debts, debt_history, holds
from healer.model.action import Owe
from healer.model.errors import InventoryError, UsageError
from healer.model.events import HostHeld, Stamped
from healer.model.host import Inventory
from healer.model.logs import DiskPast
from healer.model.secret import Secret
from healer.ports import Journal
from healer.reclaim.past import SEEN, disk_past
from healer.report.words import counted
from healer.settings import Settings, load
from healer.wiring import journal_of

ALL_RUNS = 1_000_000
"""As many runs as a journal can hold: names are looked for among all of them."""

DISK_LOOKS = 60
"""How many of a host's newest looks at its disks are read: of more no trend is made."""


@dataclass
class Setting:
    """One command's surroundings, read when first asked for."""

    common: Common
    settings: Settings
    become_password: Secret | None = None
    chosen: Inventory | None = None
    journals: dict[str, Journal] = field(default_factory=dict)

    @cached_property
    def journal(self) -> Journal:
        """The control node's journal."""
        return journal_of(self.settings)

    def sources(self) -> tuple[str, ...]:
        """Return the inventory sources. Raises UsageError when none is named anywhere."""
        if self.common.inventory:
            return tuple(self.common.inventory)
        usual = tuple(source for source in self.settings.inventory if is_host_list(source) or Path(source).exists())
        if not usual:
            looked = ", ".join(self.settings.inventory)
            raise UsageError(f"no inventory was given, and {looked} is not there", advice="Give one with -i FILE, or set HEALER_INVENTORY.")
        return usual

    def inventory(self, sources: Sequence[str] | None = None) -> Inventory:
        """Return the inventory: the chosen one, else as this command read it first. With `sources` those are read, whatever was before."""
        if self.chosen is not None and sources is None:
            return self.chosen
        inventory = load_inventory(tuple(self.common.inventory or ()) or tuple(sources or ()) or self.sources())
        for note in inventory.notes:
            typer.echo(f"note: {note}", err=True)
        self.chosen = inventory if sources is None else self.chosen
        return inventory

    def limited(self, names: tuple[str, ...], inventory: Inventory) -> tuple[str, ...]:
        """Return those of the hosts that `--limit` leaves. An empty limit is refused: a script whose variable is not set means no host.

        Raises UsageError for that and when none is left, InventoryError for an inventory without hosts.
        """
        if not inventory.hosts:
            advice = "Write at least one host into it. `healer inventory --graph` shows what was read."
            raise InventoryError("the inventory names no host.", file=", ".join(inventory.sources), advice=advice)
        return names if self.common.limit is None else limit(names, self.common.limit, inventory)

    def inventory_paths(self) -> tuple[Path, ...]:
        """Return the sources that are files or folders."""
        return tuple(path_of(source) for source in self.sources() if not is_host_list(source))

    def using(self, inventory: Inventory) -> "Setting":
        """Return the setting with this inventory in place of the files."""
        return replace(self, chosen=inventory)

    def held(self) -> dict[str, str]:
        """Return the hosts that a person has to look at first, with the sentence that says so."""
        return {host: _held_words(host, stamped) for host, stamped in holds(self.journal).items()}

    def holders(self) -> dict[str, str]:
        """Return by which run each held host is held."""
        return {host: stamped.run for host, stamped in holds(self.journal).items()}

    def debts(self) -> Mapping[str, tuple[tuple[Owe, Stamped], ...]]:
        """Return what is owed, by host, each debt with the event with which it arose."""
        return {host: tuple(owed.values()) for host, owed in dated_debts(debt_history(self.journal)).items()}

    def disk_past(self, host: str) -> DiskPast:
        """Return how full the host's disks were at the looks of earlier runs, the last of them."""
        return disk_past(host, self.journal.about(host, SEEN, newest=DISK_LOOKS), ())

    def remember(self, run: str, journal: Journal) -> None:
        """Keep where a run's events are."""
        self.journals[run] = journal

    def events(self, run: str) -> Sequence[Stamped]:
        """Return the events of a run of this command."""
        return self.journals.get(run, self.journal).events(run)

    def run_named(self, beginning: str) -> Stamped:
        """Return the first event of the run whose name begins so; the newest run for an empty beginning.

        Raises UsageError for none and for several, unless one of them has exactly this name.
        """
        found = [stamped for stamped in self.journal.runs(ALL_RUNS if beginning else 1) if stamped.run.startswith(beginning)]
        exact = [stamped for stamped in found if stamped.run == beginning]
        if len(exact or found) > 1:
            raise UsageError(f"{counted(len(found), 'run')} begin with {beginning!r}", advice=f"The newest is {found[0].run}.")
        if not found:
            message = f"run {beginning!r} is not in the journal" if beginning else "no run is in the journal yet"
            raise UsageError(message, advice="See `healer history`.")
        return (exact or found)[0]

    def say(self, line: str, *, aside: bool = False) -> None:
        """Say something beside the result: on standard error where the result is JSON, or where it is only said `aside`."""
        typer.echo(line, err=aside or self.common.json)


def _held_words(host: str, stamped: Stamped) -> str:
    reason = stamped.event.reason if isinstance(stamped.event, HostHeld) else ""
    return f"held since {stamped.at:%Y-%m-%d %H:%M} by run {stamped.run}: {reason} (free it with `healer ack {host}`)"


def prepare(common: Common) -> Setting:
    """Read the settings under the flags, and ask for the sudo password where that was wanted. Raises InputError, UsageError."""
    flags = {
        "database": common.database,
        "forks": common.forks,
        "known_hosts": tuple(common.known_hosts) if common.known_hosts else None,
        "user": common.user,
        "private_key": common.private_key,
    }
    if common.database:
        check_url(common.database)
    settings = load(flags, os.environ)
    return Setting(common, settings, _password() if common.ask_become_pass else None)


def _password() -> Secret:
    """Ask without echo; without a terminal one line of standard input is the password."""
    if sys.stdin.isatty():
        return Secret(typer.prompt("sudo password of the hosts", hide_input=True, err=True))
    return Secret(sys.stdin.readline().rstrip("\n"))
