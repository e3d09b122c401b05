"""What keeps a host from being booted, whoever wants it."""

from healer.model.action import Refuse
from healer.model.facts import Facts, PackageDatabase, Unknown


def disturbed(facts: Facts, wanted: str) -> Refuse | None:
    """Refuse while somebody installs packages, or where that was cut half-way: such a host may not come up again.

    Where no package manager is known there is nobody to ask for. `wanted` begins the sentence that says why.
    """
    if isinstance(facts.read("package_manager", str), Unknown):
        return None
    locks, database = facts.read("package_locks", tuple), facts.read("package_database", PackageDatabase)
    if isinstance(locks, Unknown):
        return Refuse(f"{wanted}, but whether somebody installs packages is not known: {locks.reason}")
    if locks:
        who = f"{locks[0].command} (process {locks[0].pid})"
        return Refuse(f"{wanted}, but {who} is at work on packages", terminal="busy")
    if isinstance(database, Unknown):
        return Refuse(f"{wanted}, but whether the package database is whole is not known: {database.reason}")
    if database.interrupted:
        return Refuse(f"{wanted}, but a transaction of packages was interrupted and must be repaired first")
    return None
