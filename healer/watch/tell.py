"""Tells people what is new, what has changed and what is over, once each, in one message: the only file that knows `apprise`.

The addresses are URLs with passwords and tokens in them. They are never shown: a sentence names one by its place and its scheme.
"""

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from threading import local
from types import MappingProxyType
from typing import TYPE_CHECKING

from healer import node as this
from healer.executors.threads import Threads
from healer.healing.incidents import Changes, changes
from healer.inventory.password_file import read_private
from healer.model.errors import InputError
from healer.model.events import IncidentsTold
from healer.model.redact import Redactor
from healer.model.secret import Secret
from healer.ports import Journal
from healer.remote.bounded import within
from healer.settings import Settings

if TYPE_CHECKING:
    from apprise import Apprise, AppriseAsset, NotifyBase

PATIENCE = 20.0
"""Seconds for all addresses together: a service that hangs does not hold up a pass."""
LINES = 50
"""Of a message. A fleet that is cut off has an incident for each host."""
TOLD = ("incidents_told",)
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Told:
    """What became of it. `failed` says why nobody was reached, empty when somebody was or nothing was to be told; the same changes are
    then told again next time. `troubles` has a sentence for each address that did not get the message.
    """

    changes: Changes
    failed: str = ""
    troubles: tuple[str, ...] = ()


def tell(
    standing: Mapping[str, str],
    journal: Journal,
    settings: Settings,
    run: str,
    *,
    hosts: Collection[str] | None = None,
    redactor: Redactor | None = None,
    node: str = "",
    patience: float = PATIENCE,
) -> Told:
    """Tell how what stands now differs from what was told last, and write down that it was told. Without a change nothing is done.

    `standing` are sentences by key, as `incidents.standing` gives them. With `hosts` only these were looked at: what was told of others
    stays as it was. `node` is what this machine is called, its host name when empty. Without any address nothing is sent or written;
    what would have been told is in the answer. A file of addresses that cannot be used counts as nobody reached. Raises JournalError.
    """
    clean = (redactor or Redactor(())).clean
    last = _last(journal)
    others = _NOTHING if hosts is None else {key: said for key, said in last.standing.items() if _elsewhere(key, hosts)}
    now = {**others, **{key: " ".join(clean(sentence).split()) for key, sentence in standing.items()}}
    found = changes(last.standing, now)
    if not found:
        return Told(found)
    try:
        urls = urls_of(settings)
    except InputError as error:
        return _written(Told(found, str(error), (str(error),)), last, now, journal, run)
    if not urls:
        return Told(found)
    troubles = send(urls, title_of(found, node or this.name()), body_of(found), patience)
    failed = "; ".join(troubles) if len(troubles) == len(urls) else ""
    return _written(Told(found, failed, troubles), last, now, journal, run)


def _last(journal: Journal) -> IncidentsTold:
    events = [stamped.event for stamped in journal.about(None, TOLD, newest=1)]
    return next((event for event in events if isinstance(event, IncidentsTold)), IncidentsTold())


def _elsewhere(key: str, hosts: Collection[str]) -> bool:
    """Return whether the key is of one host that was not looked at. Keys with a blank are of causes that many hosts share."""
    return " " not in key and key.partition("/")[0] not in hosts


def _written(told: Told, last: IncidentsTold, now: Mapping[str, str], journal: Journal, run: str) -> Told:
    """Write down what people know now. A failure that was written down already is not written again at every pass."""
    event = IncidentsTold(last.standing, told.failed) if told.failed else IncidentsTold(now)
    if event != last:
        journal.append(run, event)
    return told


def title_of(found: Changes, node: str) -> str:
    """Return the message's title, such as: healer on node1: 2 new, 1 resolved."""
    counts = {"new": found.new, "changed": found.changed, "resolved": found.resolved}
    return f"healer on {node}: " + ", ".join(f"{len(these)} {word}" for word, these in counts.items() if these)


def body_of(found: Changes) -> str:
    """Return the message: a line for each incident, what is new first, then sorted; what is too much is counted."""
    named = (("new", found.new), ("changed", found.changed), ("resolved", found.resolved))
    lines = [f"{word}: {sentence}" for word, these in named for sentence in sorted(these.values())]
    left = len(lines) - LINES
    return "\n".join([*lines[:LINES], *([f"and {left} more: see `healer status`"] if left > 0 else [])])


def urls_of(settings: Settings) -> tuple[Secret, ...]:
    """Return all addresses: those of the settings, then those of the file. Raises InputError for a file that others may read."""
    if not settings.notify_file:
        return settings.notify
    lines = (line.strip() for line in read_private(settings.notify_file, "the file of notify URLs").splitlines())
    return (*settings.notify, *(Secret(line) for line in lines if line and not line.startswith("#")))


def name_of(url: Secret, number: int) -> str:
    """Return `the 2nd notify URL (mailtos)`. The number counts from 1; nothing but the scheme is shown."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    scheme = re.match(r"([a-z][a-z0-9]{0,19})://", url.reveal().strip(), re.IGNORECASE)
    return f"the {number}{ending} notify URL ({scheme[1].lower() if scheme else 'without a scheme'})"


def understood(url: Secret) -> bool:
    """Return whether apprise knows what to do with the address. Nothing is sent."""
    return _service(url) is not None


def send(urls: Sequence[Secret], title: str, body: str, patience: float = PATIENCE) -> tuple[str, ...]:
    """Send the message to all addresses at once; return a sentence for each that did not get it, in order.

    Returns after about `patience` seconds at the latest. What hangs then is left behind in a thread that does not keep the program from
    ending.
    """
    with Threads(max(1, len(urls))) as executor:
        answers = [executor.submit(partial(_bounded, url, title, body, patience)) for url in urls]
        said = [answer.result() for answer in answers]
    return tuple(f"{name_of(url, number)} {why}" for number, (url, why) in enumerate(zip(urls, said, strict=True), 1) if why)


def _bounded(url: Secret, title: str, body: str, patience: float) -> str:
    """Return why the address did not get the message, empty when it did."""
    try:
        return within(patience, partial(_deliver, url, title, body), "notify")
    except TimeoutError:
        return f"gave no answer within {patience:g} s"


def _deliver(url: Secret, title: str, body: str) -> str:
    service = _service(url)
    if service is None:
        return "is not understood; see the documentation of apprise for how it is written"
    sender = _apprise()()
    sender.add(service)
    return "" if sender.notify(title=title, body=body, body_format="text") else _heard.why()


def _service(url: Secret) -> "NotifyBase | None":
    library = _apprise()
    return library.instantiate(url.reveal().strip(), asset=_asset(), suppress_exceptions=True)


def _asset() -> "AppriseAsset":
    from apprise import AppriseAsset

    return AppriseAsset(app_id="healer", app_desc="healer", pgp_autogen=False, pem_autogen=False)


@cache
def _apprise() -> "type[Apprise]":
    """Return the library, which takes most of a second to import. What it logs may hold addresses: it ends here."""
    from apprise import Apprise

    logger = logging.getLogger("apprise")
    logger.addHandler(_heard)
    logger.propagate = False
    return Apprise


class _Heard(logging.Handler):
    """Takes from what the library complains of in this thread the one part that holds no secret: the number that the service answered."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._of_thread = local()

    def emit(self, record: logging.LogRecord) -> None:
        """Remember the number, if there is one."""
        if found := re.search(r"\berror=([1-5]\d\d)\b", record.getMessage()):
            self._of_thread.status = found[1]

    def why(self) -> str:
        """Return why this thread's message did not go out."""
        status = getattr(self._of_thread, "status", "")
        return f"answered with the error {status}" if status else "could not be reached, or refused the message"


_heard = _Heard()
