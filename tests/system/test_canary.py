"""The canary goes first, alone, and is watched in service before anybody else is touched."""

from datetime import UTC, datetime, timedelta

import pytest
from console import Console, sh, version
from diary import Diary
from releases import release

from healer.lab.lab import Lab
from healer.lab.machine import LabHost
from healer.model.events import GateJudged, HostEnded, SoakStarted
from healer.model.facts import Verdict

SOAK = timedelta(seconds=4)
PACKAGE = "healer-demo-lib"


@pytest.fixture(scope="module")
def fleet(small_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Console:
    """Return a control node for three hosts."""
    return Console(tmp_path_factory.mktemp("canary"), small_lab)


@pytest.fixture(scope="module")
def published(small_lab: Lab) -> str:
    """Return the version that is pending before the run."""
    return release(small_lab, PACKAGE)


@pytest.fixture(scope="module")
def diary(fleet: Console, published: str) -> Diary:
    """Patch with one canary and room for everybody at once, so that nothing but the canary can make anybody wait."""
    flags = ("--canary", "1", "--max-unavailable", "100%", "--soak", f"{SOAK.seconds}s")
    answer = fleet.healer("patch", "--rolling", *flags, "--yes")
    assert answer.code == 0, answer.text
    return Diary.read(fleet.folder / "state", answer.run)


def unpacked(host: LabHost) -> datetime:
    """Return when dpkg wrote down the files of the package's newest version: the host's own witness."""
    return datetime.fromtimestamp(float(sh(host, f"stat -c %.Y /var/lib/dpkg/info/{PACKAGE}.list")), UTC)


def test_exactly_one_host_is_canary(diary: Diary) -> None:
    """With `--canary 1` the first host to start is a canary, and no other is."""
    assert [slot.role for slot in diary.slots] == ["canary", "member", "member"]


def test_no_second_host_starts_before_the_canary_has_passed_its_soak(diary: Diary) -> None:
    """The others take their slots only after the canary's soak began, lasted its time, and was judged good."""
    canary, *others = diary.slots
    soaked = diary.at(SoakStarted, canary.host)
    judged = [(at, event.verdict) for at, event in diary.all(GateJudged) if event.host == canary.host and at > soaked]
    assert judged[-1][0] >= soaked + SOAK
    assert judged[-1][1] is Verdict.GOOD
    assert [other.host for other in others if other.taken < judged[-1][0] or other.taken < canary.ended] == []


def test_only_the_canary_made_the_others_wait(diary: Diary) -> None:
    """After the canary both others are at work at one time, for the budget has room for them."""
    _, second, third = diary.slots
    assert third.taken < second.ended


def test_the_hosts_themselves_agree(diary: Diary, small_lab: Lab) -> None:
    """By dpkg's own files no other host was upgraded before the canary's soak was over."""
    canary, *others = diary.slots
    assert diary.at(SoakStarted, canary.host) > unpacked(small_lab.host(canary.host))
    assert min(unpacked(small_lab.host(other.host)) for other in others) > diary.at(SoakStarted, canary.host) + SOAK


def test_everybody_gets_what_the_canary_has_proved(diary: Diary, small_lab: Lab, published: str) -> None:
    """Every host ends changed, with the version that was pending."""
    assert {event.terminal for _, event in diary.all(HostEnded)} == {"changed"}
    assert {version(host, PACKAGE) for host in small_lab.hosts} == {published}
