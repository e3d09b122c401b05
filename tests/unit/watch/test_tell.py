"""Notifications: each incident is told once when it is new, when it changes and when it is over, and no address is ever shown."""

import logging
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from listeners import mail, silent, web

from healer.clock import SystemClock
from healer.healing.incidents import changes
from healer.journal.memory import MemoryJournal
from healer.model.errors import InputError
from healer.model.events import IncidentsTold
from healer.model.redact import Redactor
from healer.model.secret import Secret
from healer.settings import Settings
from healer.watch.tell import LINES, Told, body_of, name_of, send, tell, title_of, understood, urls_of

DOWN = {"web1/nginx.service": "web1: nginx.service: in quarantine", "web2": "web2 is unreachable"}
SECRETS = st.text(alphabet=st.characters(codec="ascii", categories=("L", "N")), min_size=12, max_size=30)


@pytest.fixture
def journal() -> MemoryJournal:
    """Give an empty journal."""
    return MemoryJournal(clock=SystemClock())


def told(journal: MemoryJournal) -> list[IncidentsTold]:
    """Return what the journal knows of notifications."""
    return [stamped.event for stamped in journal.about(None, ("incidents_told",)) if isinstance(stamped.event, IncidentsTold)]


def to(*urls: str) -> Settings:
    """Return settings with these addresses."""
    return Settings(notify=tuple(map(Secret, urls)))


def said(standing: Mapping[str, str], journal: MemoryJournal, urls: Settings) -> Told:
    """Tell, as the node `n1`."""
    return tell(standing, journal, urls, "r1", node="n1", patience=10)


def test_one_message_for_all_changes(journal: MemoryJournal) -> None:
    """What is new, changed and resolved goes out in one message, sorted, and is written down as told."""
    journal.append("r0", IncidentsTold({"web1": "web1 is held", "web9": "web9 is failed: x"}))
    with web() as (port, got):
        result = said({"web1": "web1 is unreachable", **{k: DOWN[k] for k in reversed(DOWN)}}, journal, to(f"json://127.0.0.1:{port}/"))
    assert (result.failed, result.troubles) == ("", ())
    assert [message["title"] for message in got] == ["healer on n1: 2 new, 1 changed, 1 resolved"]
    assert got[0]["message"].splitlines() == [
        "new: web1: nginx.service: in quarantine",
        "new: web2 is unreachable",
        "changed: web1 is unreachable",
        "resolved: web9 is failed: x",
    ]
    assert told(journal)[-1] == IncidentsTold({"web1": "web1 is unreachable", **DOWN})


def test_what_was_told_is_not_told_again(journal: MemoryJournal) -> None:
    """Without a change nothing is sent and nothing is written."""
    with web() as (port, got):
        said(DOWN, journal, to(f"json://127.0.0.1:{port}/"))
        assert not said(DOWN, journal, to(f"json://127.0.0.1:{port}/")).changes
    assert (len(got), len(told(journal))) == (1, 1)


def test_a_quiet_fleet(journal: MemoryJournal) -> None:
    """With nothing wrong now and before, nothing is written, sent or even looked up: the file of addresses need not be there."""
    assert said({}, journal, Settings(notify_file="/nonexistent/urls")) == Told(changes({}, {}))
    assert told(journal) == []


def test_without_an_address(journal: MemoryJournal) -> None:
    """Without any address the changes are in the answer, and nobody is said to have been told."""
    assert said(DOWN, journal, Settings()).changes.new == DOWN
    assert told(journal) == []


def test_mail(journal: MemoryJournal) -> None:
    """A mail server gets the same message as a mail."""
    with mail() as (port, got):
        result = said(DOWN, journal, to(f"mailto://127.0.0.1:{port}?from=healer@example.com&to=ops@example.com&mode=insecure"))
    assert result.troubles == ()
    assert "Subject: healer on n1: 2 new" in got[0]


def test_failing_service_is_tried_again(journal: MemoryJournal) -> None:
    """When nobody was reached the same changes go out next time, and the failure is written down once, not at every pass."""
    with web(status=503) as (port, got):
        results = [said(DOWN, journal, to(f"json://127.0.0.1:{port}/")) for _ in range(2)]
    assert {result.failed for result in results} == {"the 1st notify URL (json) answered with the error 503"}
    assert len(got) == 2
    assert told(journal) == [IncidentsTold({}, results[0].failed)]
    with web() as (port, got):
        assert said(DOWN, journal, to(f"json://127.0.0.1:{port}/")).failed == ""
    assert got[0]["title"] == "healer on n1: 2 new"
    assert told(journal)[-1] == IncidentsTold(DOWN)


def test_one_of_two_is_enough(journal: MemoryJournal) -> None:
    """When one address got the message people know; the other one is named in the answer."""
    with web() as (port, _), web(status=401) as (bad, _):
        result = said(DOWN, journal, to(f"json://127.0.0.1:{port}/", f"json://127.0.0.1:{bad}/"))
    assert (result.failed, result.troubles) == ("", ("the 2nd notify URL (json) answered with the error 401",))
    assert told(journal) == [IncidentsTold(DOWN)]


def test_hanging_service_holds_up_nobody(journal: MemoryJournal) -> None:
    """A service that never answers is given up after the patience, and the others get the message."""
    assert understood(Secret("json://127.0.0.1/"))  # the library is imported before the time runs
    with silent() as dead, web() as (port, got):
        result = tell(DOWN, journal, to(f"json://127.0.0.1:{dead}/?rto=60", f"json://127.0.0.1:{port}/"), "r1", patience=4)
    assert result.troubles == ("the 1st notify URL (json) gave no answer within 4 s",)
    assert (len(got), result.failed) == (1, "")


def test_nobody_listens() -> None:
    """An address at which nobody listens, and one that makes no sense, are told apart."""
    with silent() as port:
        pass
    troubles = send(tuple(map(Secret, (f"json://127.0.0.1:{port}/", "nosuch://x", "no address"))), "t", "b")
    assert troubles[0] == "the 1st notify URL (json) could not be reached, or refused the message"
    assert troubles[1].startswith("the 2nd notify URL (nosuch) is not understood")
    assert troubles[2].startswith("the 3rd notify URL (without a scheme) is not understood")
    assert send((), "t", "b") == ()


def test_other_hosts_stay_as_they_were(journal: MemoryJournal) -> None:
    """What was told of hosts that were not looked at is neither resolved nor forgotten."""
    journal.append("r0", IncidentsTold(DOWN))
    with web() as (port, got):
        tell({}, journal, to(f"json://127.0.0.1:{port}/"), "r1", hosts={"web2"}, node="n1")
    assert [message["message"] for message in got] == ["resolved: web2 is unreachable"]
    assert told(journal)[-1].standing == {"web1/nginx.service": DOWN["web1/nginx.service"]}


def test_a_shared_cause_is_over_for_all(journal: MemoryJournal) -> None:
    """A cause that many hosts share is resolved by whoever sees that it is gone."""
    journal.append("r0", IncidentsTold({"shared-cause the database": "the database"}))
    assert tell({}, journal, Settings(), "r1", hosts={"web2"}).changes.resolved


def test_secrets_of_hosts_are_masked(journal: MemoryJournal) -> None:
    """A secret in a sentence is masked in the message and in the journal, and a line feed does not make a second line."""
    redactor = Redactor((Secret("swordfish"),))
    with web() as (port, got):
        tell({"web1": "web1: swordfish\nnew: web2"}, journal, to(f"json://127.0.0.1:{port}/"), "r1", redactor=redactor)
    assert got[0]["message"] == "new: web1: *** new: web2"
    assert told(journal)[-1].standing == {"web1": "web1: *** new: web2"}


def test_a_long_message_is_cut() -> None:
    """A message has at most so many lines, and says how many incidents it leaves out."""
    found = changes({}, {f"h{number:03}": f"h{number:03} is down" for number in range(LINES + 7)})
    assert body_of(found).splitlines()[LINES - 1 :] == [f"new: h{LINES - 1:03} is down", "and 7 more: see `healer status`"]
    assert title_of(found, "n") == f"healer on n: {LINES + 7} new"


def test_addresses_from_settings_and_file(tmp_path: Path) -> None:
    """Addresses stand in the settings and in a file, one in a line; comments and empty lines are none."""
    file = tmp_path / "urls"
    file.write_text("# who is told\n\n  json://b/  \njson://c/\n")
    file.chmod(0o600)
    found = urls_of(Settings(notify=(Secret("json://a/"),), notify_file=str(file)))
    assert [url.reveal() for url in found] == ["json://a/", "json://b/", "json://c/"]


def test_a_file_that_others_may_read(tmp_path: Path, journal: MemoryJournal) -> None:
    """A file of addresses that others may read is refused; in a pass that counts as nobody reached, and the pass goes on."""
    file = tmp_path / "urls"
    file.write_text("json://user:swordfish@b/\n")
    file.chmod(0o640)
    with pytest.raises(InputError, match=r"urls: the file of notify URLs must be for its owner alone\. Run `chmod 600"):
        urls_of(Settings(notify_file=str(file)))
    result = said(DOWN, journal, Settings(notify_file=str(file)))
    assert "chmod 600" in result.failed
    assert told(journal)[-1] == IncidentsTold({}, result.failed)


@pytest.mark.parametrize(
    ("number", "place"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"), (102, "102nd")],
)
def test_names_of_addresses(number: int, place: str) -> None:
    """An address is named by its place and scheme."""
    assert name_of(Secret("Mailtos://u:p@h"), number) == f"the {place} notify URL (mailtos)"


@settings(max_examples=25, deadline=None)
@given(
    secret=SECRETS,
    form=st.sampled_from(("json://u:{}@127.0.0.1:1/", "json://127.0.0.1:1/{}", "slack://{}", "{}", "tgram://{}/1", "json://{}@:::")),
)
def test_no_part_of_an_address_shows(secret: str, form: str) -> None:
    """Whatever becomes of a message, nothing of an address but its scheme is in what is told, written down, logged, or shown of the settings."""
    heard: list[str] = []
    root = logging.getLogger()
    handler = logging.Handler()
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    root.addHandler(handler)
    journal = MemoryJournal(clock=SystemClock())
    where = to(form.format(secret))
    try:
        result = tell(DOWN, journal, where, "r1", patience=10)
    finally:
        root.removeHandler(handler)
    assert result.failed
    assert secret not in repr((result, told(journal), where, heard))


def test_understood() -> None:
    """An address that apprise can use is told from one that it cannot, without sending anything."""
    assert understood(Secret("json://127.0.0.1:1/"))
    assert not understood(Secret("slack://no"))
