"""Simulations are kept between looks that cannot act: one counts only where the host says that nothing has changed, and not for ever."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_remote import LocalRemote

from healer.inventory.resolve import load_inventory
from healer.model.command import Command, CommandResult
from healer.model.facts import Facts, RestartForecast, RunningCode, Unchanged, Unknown, Update, Updates
from healer.observe.collect import all_facts
from healer.observe.facts._managers import KNOWN
from healer.platforms.packages._apt_jobs import script
from healer.settings import Settings
from healer.simulations import LASTS, LASTS_IN_TURN, Simulations, recalled
from healer.wiring import Access

PRINTS = iter(f"{number:064x}" for number in itertools.count(1))
SIMPLE = "Inst curl [1] (2 Debian:12/stable [amd64])"
TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=12)
UPDATES = st.builds(
    Updates,
    st.lists(st.builds(Update, TEXT, TEXT, TEXT, TEXT, st.lists(TEXT, max_size=2).map(tuple), st.booleans(), TEXT), max_size=3).map(tuple),
    st.lists(TEXT, max_size=2).map(tuple),
    st.just(()),
    st.one_of(st.floats(0, 1e9), st.builds(Unknown, TEXT)),
    st.text(alphabet="0123456789abcdef", min_size=64, max_size=64),
)


class AptHost(LocalRemote):
    """A host that answers for its updates as apt_updates.sh does, and counts how often it had to simulate them."""

    def __init__(self) -> None:
        super().__init__()
        self.print, self.pending, self.simulated, self.asked = next(PRINTS), SIMPLE, 0, 0

    def run(self, command: Command) -> CommandResult:
        """Answer the look."""
        words = command.argv[3:]
        self.asked += 1
        lists = f"== lists\ntouched 100\nnow {200 + self.asked}\nfiles 5\n"
        if self.print in words:
            body = f"manager apt\n== fingerprint\n{self.print}\n== same\n{lists}"
        else:
            self.simulated += 1
            body = f"manager apt\n== fingerprint\n{self.print}\n== simulation\n{self.pending}\n== held\n== policy\n== sources\n{lists}"
        nonce = command.stdin.decode().split("nonce=", 1)[1].split("\n", 1)[0]
        return CommandResult(0, f"{nonce} begin updates\n{body}\n{nonce} end updates 0\n".encode(), b"")


def access(state: Path, *, recall: bool = True) -> Access:
    """Return how the host `here` is looked at."""
    return Access(Settings(state_dir=state), load_inventory(["here,"]), recall_updates=recall)


def look(host: AptHost, state: Path, *, recall: bool = True) -> Updates:
    """Return what one look says of the host's updates."""
    found = access(state, recall=recall).look(host, ("updates",)).get("updates")
    assert isinstance(found, Updates), found
    return found


def test_nothing_changed_nothing_simulated(tmp_path: Path) -> None:
    """The second look gets the first one's answer without a simulation; the age of the lists is the one of now."""
    host = AptHost()
    first, second = look(host, tmp_path), look(host, tmp_path)
    assert (1, 2) == (host.simulated, host.asked)
    assert (second, (101.0, 102.0)) == (replace(first, list_age=102.0), (first.list_age, second.list_age))
    assert [row.package for row in second.pending] == ["curl"]


def test_what_changed_is_read_anew(tmp_path: Path) -> None:
    """With another fingerprint the host simulates again, and that answer is the one that is kept."""
    host = AptHost()
    look(host, tmp_path)
    host.print, host.pending = next(PRINTS), SIMPLE.replace("curl", "wget")
    assert ["wget"] == [row.package for row in look(host, tmp_path).pending]
    assert ["wget"] == [row.package for row in look(host, tmp_path).pending]
    assert host.simulated == 2


def test_who_may_act_reads_anew(tmp_path: Path) -> None:
    """Without the leave to recall, the default, every look simulates, and nothing is kept."""
    host = AptHost()
    look(host, tmp_path)
    look(host, tmp_path, recall=False)
    assert host.simulated == 2
    look(AptHost(), tmp_path / "other", recall=False)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("fault", ["cut", "foreign", "open", "folder", "another host's"])
def test_a_file_that_is_not_as_it_should_be_counts_as_none(tmp_path: Path, fault: str) -> None:
    """A file that is cut, not ours, open to others, of another host or no file at all is passed over, and the host simulates."""
    host = AptHost()
    first = look(host, tmp_path)
    [file] = (tmp_path / "updates").iterdir()
    match fault:
        case "cut":
            file.write_bytes(file.read_bytes()[:-20])
        case "foreign":
            file.write_text('{"host": "here", "at": 1, "updates": {"pending": "x"}}')
        case "open":
            file.chmod(0o644)
        case "folder":
            file.unlink()
            file.mkdir()
        case _:
            file.write_bytes(file.read_bytes().replace(b'"here"', b'"there"'))
    assert first.pending == look(host, tmp_path).pending
    assert host.simulated == 2


def test_a_folder_that_cannot_be_made_only_costs_time(tmp_path: Path) -> None:
    """Where nothing can be kept the look is as without keeping."""
    (tmp_path / "updates").write_text("")
    host = AptHost()
    assert look(host, tmp_path).pending == look(host, tmp_path).pending
    assert host.simulated == 2


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Folder and file are open to nobody else, and no half-written file is left."""
    look(AptHost(), tmp_path)
    [file] = (tmp_path / "updates").iterdir()
    assert (0o700, 0o600) == ((tmp_path / "updates").stat().st_mode & 0o777, file.stat().st_mode & 0o777)


ROW = Update("curl", "amd64", "1", "2", (), security=False)


@pytest.mark.parametrize(
    ("updates", "lasts"),
    [
        (Updates((ROW,), fingerprint="f"), LASTS),
        (Updates((ROW,), held=("nginx",), fingerprint="f"), LASTS_IN_TURN),
        (Updates((replace(ROW, held=True),), fingerprint="f"), LASTS_IN_TURN),
        (Updates((replace(ROW, phased=True),), fingerprint="f"), LASTS_IN_TURN),
    ],
)
def test_nothing_lasts_for_ever(tmp_path: Path, updates: Updates, lasts: float) -> None:
    """A simulation counts for a day, for an hour where something is held or waits for its phase, and never when the clock went back."""
    kept = Simulations(tmp_path)
    kept.keep("here", updates, 1000.0)
    assert [updates, updates, None, None] == [kept.known("here", 1000.0 + after) for after in (0.0, lasts, lasts + 1, -1.0)]


def test_without_a_fingerprint_nothing_is_known(tmp_path: Path) -> None:
    """What a host said that cannot make fingerprints never counts again."""
    kept = Simulations(tmp_path)
    kept.keep("here", Updates((ROW,)), 1000.0)
    assert kept.known("here", 1000.0) is None


@given(name=TEXT, updates=UPDATES)
def test_what_is_kept_comes_back_exactly(tmp_path_factory: pytest.TempPathFactory, name: str, updates: Updates) -> None:
    """Whatever a simulation said and whatever the host is called, it comes back equal."""
    kept = Simulations(tmp_path_factory.mktemp("kept"))
    kept.keep(name, updates, 5.0)
    assert updates == kept.known(name, 5.0)


@given(known=st.one_of(st.none(), UPDATES), said=st.one_of(UPDATES, st.builds(Unchanged, st.text("ab", max_size=2), st.floats(0, 9))))
def test_only_the_same_fingerprint_is_recalled(known: Updates | None, said: Updates | Unchanged) -> None:
    """A fresh answer stays; `unchanged` becomes what is known under that very fingerprint, else unknown; other facts stay."""
    same = Unchanged(known.fingerprint, 7.0) if known else said
    for answer in (said, same):
        found = recalled(Facts({"updates": answer, "load": 1}), known)
        assert found.get("load") == 1
        if isinstance(answer, Updates):
            assert answer == found.get("updates")
        elif known and known.fingerprint == answer.fingerprint:
            assert replace(known, list_age=answer.list_age) == found.get("updates")
        else:
            assert isinstance(found.get("updates"), Unknown)


def words(name: str, known: object) -> Sequence[str]:
    """Return the words that a fact's script gets."""
    return all_facts()[name].words({KNOWN: known})


def test_words_of_the_facts() -> None:
    """The host gets the fingerprint, and for the forecast the installed packages with an update; a variable of that name gives nothing."""
    rows = (replace(ROW, package="zlib:i386"), ROW, replace(ROW, package="new", installed=""))
    known = Updates(rows, fingerprint="f")
    assert (("f",), ("f", "curl", "zlib")) == (words("updates", known), words("restart_forecast", known))
    for other in (None, "f", {"fingerprint": "f"}, Updates(rows)):
        assert ((), ()) == (words("updates", other), words("restart_forecast", other))


STUBS = """
untouched() { echo "apt was asked: $*" >&2; exit 1; }
owners_of_paths() { while read -r path; do printf 'owner\\tcurl\\t%s\\n' "$path"; done; }
fingerprint() { echo f1; }
"""
SCAN = "init\t0::/init.scope\nprocess\t7\tcurl\t0\t0::/x.service\t5\t-\t-\nmapped\t7\tsame\t1\t2\t/usr/bin/curl\n"


def run(name: str, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """Run a script of the package manager, with what it needs of others stood in for."""
    done = LocalRemote().run(Command(("sh", "-c", STUBS + script(name), "look", *arguments), stdin=stdin.encode()))
    assert isinstance(done.status, int)
    return done.status, done.stdout.decode(), done.stderr.decode()


def test_the_script_does_not_ask_apt_where_nothing_changed() -> None:
    """With the fingerprint of now apt is not asked; with another one, with none, or without any to be had it is."""
    status, said, _ = run("apt_updates.sh", "f1")
    assert (0, ["== fingerprint", "f1", "== same", "== lists"]) == (status, said.splitlines()[:4])
    for known in (("f0",), (), ("",)):
        assert (1, True) == ((found := run("apt_updates.sh", *known))[0], "apt was asked" in found[2])


def test_the_forecast_takes_the_known_packages() -> None:
    """With the fingerprint of now the named packages are those with an update, with another one apt is asked."""
    assert "running\tcurl\t7\t/usr/bin/curl" in run("apt_forecast.sh", "f1", "curl", stdin=SCAN)[1]
    assert "running" not in run("apt_forecast.sh", "f1", "wget", stdin=SCAN)[1]
    assert "running" not in run("apt_forecast.sh", "f1", stdin=SCAN)[1]
    assert "apt was asked" in run("apt_forecast.sh", "f0", "curl", stdin=SCAN)[2]


def test_running_code_is_seen_anew() -> None:
    """The forecast of restarts is of the processes of now: nothing of it is kept."""
    forecast = RestartForecast((RunningCode("curl", 7, "curl", "service", "x.service", "/usr/bin/curl"),))
    facts = Facts({"restart_forecast": forecast, "updates": Unchanged("f", 1.0)})
    assert forecast == recalled(facts, Updates((), fingerprint="f")).get("restart_forecast")
