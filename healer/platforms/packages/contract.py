"""What a package manager is to healer: static scripts and pure parsers. No I/O in here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from healer.model.action import Job, Run
from healer.model.facts import LockHolder, PackageDatabase, RestartForecast, Unchanged, Unknown, Updates, WayBack

LOCK_TIMEOUT = 600


@dataclass(frozen=True, slots=True)
class Terms:
    """How a transaction is to behave. `lock_timeout` is seconds to wait for another holder of the locks before the job ends as busy.

    `upgraded_after`: what is broken is upgraded right after the repair, so that a repair which did not help is not yet the end.

    `conffile`: `keep` leaves a locally changed configuration file as it is, `new` takes the package's. `companions` are versions that
    the transaction may install beside what was asked for, where dependencies ask for it; anything else that it would pull in ends it
    before it began. `latter` are, for going back, the versions that the packages went to: one that is at another one by now was moved by
    somebody else since, and nothing is taken back.
    """

    lock_timeout: int = LOCK_TIMEOUT
    conffile: Literal["keep", "new"] = "keep"
    companions: Mapping[str, str] = field(default_factory=dict)
    upgraded_after: bool = False
    latter: Mapping[str, str] = field(default_factory=dict)


POLITE = Terms()


class Maintain(Protocol):
    """Makes a job that concerns the manager itself: its lists, its database."""

    def __call__(self, terms: Terms = POLITE) -> Job:
        """Return the job."""


class Transact(Protocol):
    """Makes a job that installs, or fetches, exactly these package -> version pairs. Raises ValueError for words that are no such names."""

    def __call__(self, versions: Mapping[str, str], terms: Terms = POLITE) -> Job:
        """Return the job."""


@dataclass(frozen=True, slots=True)
class GoingBack:
    """How a manager goes back to former versions.

    `job` goes back to exactly these, or does nothing: where one of them is not at hand, was moved by somebody else since
    (`Terms.latter`), or where more would be touched than the packages named. `never` says why a package is never taken back by a
    program, empty where it may be. `command` is what a person types instead.
    `way_script` reads, like a fact, which pending packages could go back; `parse_way` gets what it printed.
    """

    job: Transact
    never: Callable[[str], str]
    command: Callable[[Mapping[str, str]], str]
    way_script: str
    parse_way: Callable[[str], WayBack]


@dataclass(frozen=True, slots=True)
class Cached:
    """The packages that a manager has downloaded. `device` is st_dev of the folder, `allocated` are bytes; the folder is empty where
    there is none, or where it lies on a network share."""

    path: str = ""
    device: int = 0
    allocated: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True)
class Caching:
    """How a manager's downloads are found and dropped.

    `script` runs inside the observation behind observe/scripts/places.sh, read only. `clean` drops what could be downloaded again; it fails
    while another holds the lock. Former versions that healer keeps for the way back are none of it.
    """

    script: str
    parse: Callable[[str], Cached]
    clean: Run


class Purge(Protocol):
    """Makes a job that removes exactly these packages, or does nothing. Raises ValueError for words that are no such names."""

    def __call__(self, names: tuple[str, ...], terms: Terms = POLITE) -> Job:
        """Return the job."""


@dataclass(frozen=True, slots=True)
class PackageManager:
    """A package-manager plug-in.

    `detect` is a shell test that is true where this manager rules (`command -v apt-get >/dev/null`). The `*_script` texts run inside
    the observation, read only; the parsers get what they printed. The jobs are detached acts: `refresh` the lists, `download` and
    `upgrade` exactly these package -> version pairs, `repair` an interrupted transaction.

    `updates_script` may get the fingerprint of an earlier answer as its first parameter and then say that nothing has changed;
    `parse_updates` gives Unchanged then. `forecast_script` gets the same, and after it the packages that had an update then.

    `forecast_script` reads on standard input what `running_code` of observe/scripts/processes.sh prints. `owners_script` reads paths and
    prints `owner`, the packages that own the path (separated by spaces) and the path, tab separated;
    then `source`, a package and the source that it was built from. It is empty where that cannot be asked. `back` is None where going
    back to former versions cannot be proved. `cache` and `purge_kernel` are None where that cannot be had.
    """

    name: str
    detect: str
    updates_script: str
    parse_updates: Callable[[str], Updates | Unchanged]
    database_script: str
    parse_database: Callable[[str], PackageDatabase]
    locks_script: str
    parse_locks: Callable[[str], tuple[LockHolder, ...]]
    forecast_script: str
    parse_forecast: Callable[[str], RestartForecast | Unknown]
    refresh: Maintain
    download: Transact
    upgrade: Transact
    repair: Maintain
    owners_script: str = ""
    back: GoingBack | None = None
    cache: Caching | None = None
    purge_kernel: Purge | None = None
