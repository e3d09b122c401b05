"""Every option once. What several commands understand is one frozen value that each gets whole (see cli/signature.py)."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Inventories = Annotated[
    list[str] | None,
    typer.Option("--inventory", "-i", help="Inventory file, folder, script or `host1,host2,`. May be given several times.", metavar="PATH"),
]
Limit = Annotated[str | None, typer.Option("--limit", "-l", help="Only hosts of this pattern: `web:&prod:!h3`.", metavar="PATTERN")]
KnownHosts = Annotated[
    list[str] | None,
    typer.Option("--known-hosts", help="File with the hosts' keys, instead of the user's and the system's.", metavar="FILE"),
]
User = Annotated[str | None, typer.Option("--user", "-u", help="Log in as this user.", metavar="NAME")]
PrivateKey = Annotated[str | None, typer.Option("--private-key", help="Log in with this key.", metavar="FILE")]
AskBecomePass = Annotated[bool, typer.Option("--ask-become-pass", "-K", help="Ask for the sudo password of the hosts.")]
Database = Annotated[
    str | None, typer.Option("--database", help="Journal to use instead of the one in the state folder. No password in it.", metavar="URL")
]
Forks = Annotated[int | None, typer.Option("--forks", help="How many hosts are talked to at once.", min=1, max=500, metavar="N")]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose", "-v", count=True, help="Say more: each task, and the output of what failed; twice: every event.", show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]

Check = Annotated[bool, typer.Option("--check", help="Change nothing; print exactly what would be done. Exit code 3 when there is work.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before starting. Without a terminal nothing is asked.")]
Extra = Annotated[
    list[str] | None,
    typer.Option("--extra-vars", "-e", help="Variable that wins over all others; `@FILE` reads YAML.", metavar="KEY=VALUE"),
]
Tags = Annotated[list[str] | None, typer.Option("--tags", "-t", help="Only tasks with one of these tags; commas allowed.", metavar="TAG")]
SkipTags = Annotated[list[str] | None, typer.Option("--skip-tags", help="No tasks with one of these tags.", metavar="TAG")]

Security = Annotated[bool, typer.Option("--security", help="Security updates only (the default).")]
All = Annotated[bool, typer.Option("--all", help="All pending updates.")]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", help="Only these packages or sources; commas and globs allowed.", metavar="NAME"),
]
Canary = Annotated[int | None, typer.Option("--canary", help="So many hosts of each budget group go first, alone.", min=0, metavar="N")]
MaxUnavailable = Annotated[
    str | None, typer.Option("--max-unavailable", help="Hosts of a group that may be out of service at once.", metavar="N|N%")
]
MaxFailures = Annotated[
    int | None, typer.Option("--max-failures", help="Failed hosts that are borne before nobody new is started.", min=0, metavar="N")
]
Soak = Annotated[str | None, typer.Option("--soak", help="How long a host is watched in service before the next.", metavar="TIME")]


class RebootPolicy(StrEnum):
    """When an owed reboot is done."""

    AUTO = "auto"
    NEVER = "never"
    ALWAYS = "always"


Reboots = Annotated[
    RebootPolicy | None,
    typer.Option("--reboot", help="auto: inside the host's declared window. always: whenever owed. never: stays owed."),
]


Over = Annotated[str | None, typer.Option("--over", help="Make room on disks that are fuller than this (85%).", metavar="N%")]
Target = Annotated[str | None, typer.Option("--target", help="Stop as soon as the disk is down to this (75%).", metavar="N%")]
Keep = Annotated[
    str | None,
    typer.Option("--keep", help="Leave rotated logs that are younger than this, such as 30d. Without it any may go.", metavar="AGE"),
]
MinSize = Annotated[str | None, typer.Option("--min-size", help="Leave open logs that take less room than this (64M).", metavar="SIZE")]
ArchiveTo = Annotated[
    str | None,
    typer.Option(
        "--archive", help="Folder of this node for what is taken (else in the state folder). off: DISCARD it for good.", metavar="DIR|off"
    ),
]
Fix = Annotated[
    bool, typer.Option("--fix", help="Put in place what keeps the disks from filling again: the diffs that --check shows, checked first.")
]


def words(entries: list[str] | None, option: str) -> list[str]:
    """Return the words of an option that may be given several times; commas separate.

    Raises BadParameter where it was given and holds none: a script whose variable is not set would do more than was meant.
    """
    found = [word.strip() for entry in entries or () for word in entry.split(",") if word.strip()]
    if entries and not found:
        raise typer.BadParameter(f"{option} was given, and is empty")
    return found


@dataclass(frozen=True, slots=True)
class Common:
    """What every command that talks to hosts or the journal understands."""

    inventory: Inventories = None
    limit: Limit = None
    known_hosts: KnownHosts = None
    user: User = None
    private_key: PrivateKey = None
    ask_become_pass: AskBecomePass = False
    database: Database = None
    forks: Forks = None
    verbose: Verbose = 0
    json: Json = False


@dataclass(frozen=True, slots=True)
class Tasks:
    """Which tasks of a playbook run, and with which variables."""

    tags: Tags = None
    skip_tags: SkipTags = None
    extra_vars: Extra = None


@dataclass(frozen=True, slots=True)
class Patching:
    """What is patched, and how the fleet is rolled: what `patch` and `plan` share."""

    security: Security = False
    all_updates: All = False
    only: Only = None
    canary: Canary = None
    max_unavailable: MaxUnavailable = None
    max_failures: MaxFailures = None
    soak: Soak = None
    reboot: Reboots = None

    def variables(self) -> dict[str, object]:
        """Return the playbook variables that the flags stand for; flags that were not given set none."""
        if sum((self.security, self.all_updates, bool(self.only))) > 1:
            raise typer.BadParameter("--security, --all and --only exclude each other")
        names = words(self.only, "--only")
        flags: dict[str, object] = {
            "scope": "all" if self.all_updates or names else "security" if self.security else None,
            "only": names or None,
            "canary": self.canary,
            "max_unavailable": self.max_unavailable,
            "max_failures": self.max_failures,
            "soak": self.soak,
            "reboot": self.reboot.value if self.reboot else None,
        }
        return {f"patch_{name}": value for name, value in flags.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Reclaiming:
    """When room is made on disks, how much, what becomes of what is taken, and whether its cause is cured."""

    over: Over = None
    target: Target = None
    keep: Keep = None
    min_size: MinSize = None
    archive: ArchiveTo = None
    fix: Fix = False

    @property
    def discards(self) -> bool:
        """Whether what is taken is not to be kept anywhere."""
        return self.archive == "off"

    def variables(self) -> dict[str, object]:
        """Return the playbook variables that the flags stand for; flags that were not given set none."""
        if self.archive is not None and not self.archive.strip():
            raise typer.BadParameter("--archive was given, and is empty")
        flags: dict[str, object] = {
            "over": self.over,
            "target": self.target,
            "keep": self.keep,
            "min_size": self.min_size,
            "fix": self.fix or None,
            "archive": None if self.archive is None else not self.discards,
            "archive_dir": str(Path(self.archive).expanduser().absolute()) if self.archive and not self.discards else None,
        }
        return {f"logs_{name}": value for name, value in flags.items() if value is not None}
