"""The scripts of going back, run with programs that answer as apt and dpkg do: what they refuse, and what they leave behind.

The programs are fakes; what real ones do with the same scripts is seen in the lab.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from healer.platforms.packages._apt_jobs import script

PROGRAMS = {
    "dpkg-query": 'sed "s/^/ii /; s/ /:amd64 /2" "$HERE/installed"',
    "dpkg": "echo amd64",
    "dpkg-deb": 'case $1 in -f) sed -n "s/^version //p" "$2" ;; *) ! grep -q cut "$2" ;; esac',
    "apt-mark": "true",
    "systemctl": "true",
    "apt-cache": """
case $1 in
    madison) sed -n "s/^$2 / $2 | /p" "$HERE/offered" | sed 's/$/ | somewhere/' ;;
    show) shift; for pin; do printf 'Package: %s\\nArchitecture: amd64\\nVersion: %s\\nSize: 1000\\n\\n' "${pin%%=*}" "${pin#*=}"; done ;;
esac""",
    "apt-get": """
echo "$*" >>"$HERE/asked"
case " $* " in
    *' download '*)
        for word; do
            case $word in
                *::*) ;;
                *=*) grep -q -x "${word%%=*} ${word#*=}" "$HERE/offered" || exit 100; echo "version ${word#*=}" >"${word%%=*}_${word#*=}_amd64.deb" ;;
            esac
        done ;;
    *' -s '*) cat "$HERE/simulation"; grep -q '^E:' "$HERE/simulation" && exit 100; exit 0 ;;
    *' -d '*) exit 0 ;;
    *) cp "$HERE/afterwards" "$HERE/installed" ;;
esac""",
}


@dataclass(frozen=True)
class Host:
    """A folder that stands for a host's disk, and programs that know of no other."""

    here: Path

    def write(self, name: str, text: str) -> None:
        """Lay down a file."""
        path = self.here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, text: str, *arguments: str) -> tuple[int, str]:
        """Run a script whose paths all lie in the folder."""
        for path in ("/var/lib/healer", "/var/cache/apt", "/var/lib/dpkg", "/run/healer"):
            text = text.replace(path, f"{self.here}{path}")
        environment = {**os.environ, "PATH": f"{self.here}/bin:{os.environ['PATH']}", "HERE": str(self.here), "LC_ALL": "C"}
        done = subprocess.run(["sh", "-c", text, "healer", *arguments], capture_output=True, text=True, env=environment, check=False)
        return done.returncode, done.stdout + done.stderr

    def asked(self) -> list[str]:
        """Return how apt-get was called."""
        path = self.here / "asked"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """Return a host on which web was upgraded from 1 to 2, with the former archive at hand."""
    made = Host(tmp_path)
    for name, text in PROGRAMS.items():
        made.write(f"bin/{name}", f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    made.write("installed", "web 2\nlib 5\n")
    made.write("afterwards", "web 1\nlib 5\n")
    made.write("offered", "")
    made.write("simulation", "Inst web [2] (1 local-deb [amd64])\nConf web (1 local-deb [amd64])\n")
    made.write("var/lib/healer/packages/web_1_amd64.deb", "version 1\n")
    made.write(
        "var/lib/dpkg/status", "Package: web\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\nPackage: lib\nVersion: 5\n\n"
    )
    return made


BEFORE = """
say() { printf 'healer: %s\\n' "$*"; }
stop() { code=$1; shift; say "$*"; exit "$code"; }
wait_for_locks() { :; }
in_turn() { "$@"; }
journal_is_dirty() { [ -e "$HERE/dirty" ]; }
repair() { rm -f "$HERE/dirty"; }
"""
"""What apt_job.sh gives to every job, without the locks of this machine."""


def back(host: Host, *pins: str) -> tuple[int, str]:
    """Run the rollback as the job does."""
    return host.run(
        BEFORE + script("apt_packages.sh") + script("apt_rollback.sh"), "rollback", "0", "keep", *(pins or ("web=1", "--", "web=2"))
    )


def installs(host: Host) -> list[str]:
    """Return the calls that installed something."""
    return [call for call in host.asked() if " install " in call and "-s " not in call and " -d " not in f" {call} "]


def test_it_goes_back_and_tells_of_it(host: Host) -> None:
    """With everything at hand the former archive is installed, downgrades allowed and removals forbidden, and the versions are told."""
    status, said = back(host)
    assert (0, True) == (status, "healer: version web 2 1" in said)
    (call,) = installs(host)
    assert call.endswith(f"install {host.here}/var/lib/healer/packages/web_1_amd64.deb")
    assert {"--allow-downgrades", "--no-remove"} <= set(call.split())


def test_a_version_that_a_source_offers_needs_no_archive(host: Host) -> None:
    """Where nothing was kept the source is asked."""
    (host.here / "var/lib/healer/packages/web_1_amd64.deb").unlink()
    host.write("offered", "web 1\n")
    assert 0 == back(host)[0]
    assert installs(host)[0].endswith("install web=1")


@pytest.mark.parametrize("archive", [None, "version 3\n", "version 1\ncut\n"], ids=["none", "another version", "cut short"])
def test_without_a_whole_archive_nothing_is_done(host: Host, archive: str | None) -> None:
    """An archive that is missing, is something else, or was cut short is not at hand; nobody is asked to install."""
    path = host.here / "var/lib/healer/packages/web_1_amd64.deb"
    path.unlink() if archive is None else path.write_text(archive)
    status, said = back(host)
    assert (48, True) == (status, "no archive of web 1 is at hand" in said)
    assert [] == installs(host)


@pytest.mark.parametrize(
    ("simulation", "words"),
    [
        ("Inst web [2] (1 x [amd64])\nInst lib [5] (4 x [amd64])\n", "more than what was upgraded: lib"),
        ("Inst web [2] (1 x [amd64])\nInst extra (4 x [amd64])\n", "more than what was upgraded: extra"),
        ("Inst web [2] (1 x [amd64])\nRemv lib [5]\n", "removal of lib"),
        ("Remv web [2]\n", "removal of web"),
        ("E: Unable to correct problems, you have held broken packages.\n", "apt would not go back: E: Unable to correct"),
    ],
)
def test_nothing_else_may_be_touched(host: Host, simulation: str, words: str) -> None:
    """One package beyond the transaction, one removal, or a refusal of apt, and nothing is done."""
    host.write("simulation", simulation)
    status, said = back(host)
    assert (49, True) == (status, words in said)
    assert [] == installs(host)
    assert "web 2\nlib 5\n" == (host.here / "installed").read_text()


def test_a_second_go_finds_nothing_to_do(host: Host) -> None:
    """What is at its former version already is left alone, without a call to apt."""
    host.write("installed", "web 1\nlib 5\n")
    assert 10 == back(host)[0]
    assert [] == host.asked()


def test_a_database_in_disorder_is_left_alone(host: Host) -> None:
    """An interrupted transaction of somebody else comes first."""
    host.write("dirty", "")
    assert 41 == back(host)[0]
    assert [] == host.asked()


def test_a_second_attempt_ends_what_the_first_has_left(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """When power was lost on the way back, what dpkg was at is ended first; then it goes on."""
    monkeypatch.setenv("HEALER_ATTEMPT", "2")
    host.write("dirty", "")
    assert 0 == back(host)[0]
    assert 1 == len(installs(host))


@pytest.mark.parametrize(
    ("now", "words"),
    [("web 3\nlib 5\n", "meanwhile: web is at 3, not 2"), ("lib 5\n", "meanwhile: web is gone")],
    ids=["a newer version", "removed"],
)
def test_what_somebody_else_has_done_since_stays(host: Host, now: str, words: str) -> None:
    """A package that is no longer as the upgrade left it is not taken back, and neither are the others."""
    host.write("installed", now)
    status, said = back(host)
    assert (50, True) == (status, words in said)
    assert [] == installs(host)


def test_what_is_half_back_already_goes_the_rest_of_the_way(host: Host) -> None:
    """An attempt that was cut off has brought one package back: that one is no obstacle."""
    host.write("installed", "web 2\nlib 4\n")
    host.write("afterwards", "web 1\nlib 4\n")
    assert 0 == back(host, "lib=4", "web=1", "--", "lib=5", "web=2")[0]


def test_the_archive_of_another_architecture_is_not_taken(host: Host) -> None:
    """Two architectures of one package have archives of their own: one does not pass for the other."""
    host.write("installed", "web 2\nweb:i386 2\n")
    status, said = back(host, "web=1", "web:i386=1", "--", "web=2", "web:i386=2")
    assert (48, True) == (status, "no archive of web:i386 1 is at hand" in said)


def test_without_room_nothing_is_done(host: Host) -> None:
    """A disk that is full may be why the host is ill: dpkg is not sent there to end half-way."""
    host.write("bin/df", "#!/bin/sh\nprintf 'Filesystem 1024-blocks Used Available Capacity Mounted\\nx 9 9 9 99%% /\\n'\n")
    (host.here / "bin/df").chmod(0o755)
    status, said = back(host)
    assert (42, True) == (status, "not enough room" in said)
    assert [] == installs(host)


def test_what_did_not_come_back_is_told(host: Host) -> None:
    """When apt says that all went well and the version is another one, the job fails."""
    host.write("afterwards", "web 2\nlib 5\n")
    status, said = back(host)
    assert (45, True) == (status, "not at the former version: web" in said)


@pytest.mark.parametrize(("installed", "status"), [("web 1\nlib 6\n", 0), ("web 2\nlib 6\n", 10)], ids=["some of it", "all of it"])
def test_a_second_attempt_tells_of_what_the_first_has_moved(
    host: Host, monkeypatch: pytest.MonkeyPatch, installed: str, status: int
) -> None:
    """An upgrade was cut off when it had moved a library: what it tells at its end names that too, or a rollback would not know of it."""
    monkeypatch.setenv("HEALER_ATTEMPT", "2")
    host.write("installed", installed)
    host.write("afterwards", "web 2\nlib 6\n")
    text = BEFORE + 'heard() { "$@"; }\n' + script("apt_packages.sh") + script("apt_keep.sh") + script("apt_install.sh")
    done, said = host.run(text, "upgrade", "0", "keep", "lib=6", "web=2", "--")
    assert (status, True, True) == (done, "healer: version lib 6 6\n" in said, "healer: version web " in said)


KEEP = BEFORE + script("apt_packages.sh") + script("apt_keep.sh") + 'keep_former "$1" "$2"\nsimulate_return "$1"\n'


def keep(host: Host, pins: str = "web=2", before: str = "web 1\nlib 5") -> str:
    """Make the way back ready for an upgrade of web from 1 to 2."""
    status, said = host.run(KEEP, pins, before)
    assert 0 == status
    return said


def kept(host: Host) -> list[str]:
    """Return the archives in healer's own folder."""
    return sorted(path.name for path in (host.here / "var/lib/healer/packages").glob("*.deb"))


def test_a_former_version_is_taken_from_the_cache(host: Host) -> None:
    """The cache may be cleaned tomorrow: what lies there is kept in healer's own folder, which is for root only."""
    folder = host.here / "var/lib/healer/packages"
    (folder / "web_1_amd64.deb").unlink()
    folder.rmdir()
    host.write("var/cache/apt/archives/web_1_amd64.deb", "version 1\n")
    assert "healer: kept web 1" in keep(host)
    assert (["web_1_amd64.deb"], 0o700) == (kept(host), folder.stat().st_mode & 0o777)


def test_a_former_version_is_fetched_while_a_source_has_it(host: Host) -> None:
    """One that cannot be had is said, and keeps nobody from fetching the others."""
    (host.here / "var/lib/healer/packages/web_1_amd64.deb").unlink()
    host.write("offered", "web 1\n")
    said = keep(host, "web=2\nlib=6", "web 1\nlib 5")
    assert (True, True) == ("healer: kept web 1" in said, "healer: not-kept lib 5" in said)
    assert ["web_1_amd64.deb"] == kept(host)


def test_what_was_new_has_no_former_version(host: Host) -> None:
    """Of a package that was not there nothing is kept, and nothing is said."""
    assert "extra" not in keep(host, "web=2\nextra=1")


@pytest.mark.parametrize(
    ("simulation", "lines"),
    [
        ("Inst web [2] (1 x [amd64])\n", ["pin\tweb=2"]),
        ("Inst web [2] (1 x [amd64])\nRemv lib [5]\n", ["pin\tweb=2", "touches\tlib"]),
        ("E: Unmet dependencies.\n", ["pin\tweb=2", "unknown\tapt would not go back: E: Unmet dependencies."]),
    ],
)
def test_the_way_back_is_simulated_as_if_the_upgrade_was_done(host: Host, simulation: str, lines: list[str]) -> None:
    """What apt says of it stands beside the archives, for these versions; nothing that was only pretended is left."""
    host.write("simulation", simulation)
    keep(host)
    assert lines == (host.here / "var/lib/healer/packages/simulated").read_text().splitlines()
    assert [] == list((host.here / "run/healer").iterdir())
    assert any("Dir::State::status=" in call and "-s " in call for call in host.asked())


def test_apt_is_shown_the_new_version_as_installed(host: Host) -> None:
    """In the status that it sees the planned package stands once, at its new version; the others are as they are."""
    host.write("bin/apt-get", '#!/bin/sh\nfor word; do case $word in Dir::State::status=*) cp "${word#*=}" "$HERE/shown" ;; esac; done\n')
    keep(host)
    shown = (host.here / "shown").read_text()
    assert (1, 1) == (shown.count("Package: web"), shown.count("Package: lib"))
    assert "Package: web\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\n" in shown


LOOK = 'untouched() { "$@"; }\n' + script("apt_way_back.sh")
POLICY = """web:
  Installed: 1
  Candidate: 2
  Version table:
     2 500
        500 http://archive stable-security/main amd64 Packages
 *** 1 500
        500 http://archive stable/main amd64 Packages
        100 /var/lib/dpkg/status
gone:
  Installed: 1:1
  Candidate: 1:2
  Version table:
     1:2 500
        500 http://archive stable/main amd64 Packages
 *** 1:1 100
        100 /var/lib/dpkg/status
lib:
  Installed: 5
  Candidate: 5
  Version table:
 *** 5 500
        500 http://archive stable/main amd64 Packages
"""


def look(host: Host) -> list[str]:
    """Return what the look at the way back prints."""
    host.write("policy", POLICY.replace("/var/lib/dpkg", f"{host.here}/var/lib/dpkg"))
    host.write("bin/apt-cache", '#!/bin/sh\ncat "$HERE/policy"\n')
    status, said = host.run(LOOK)
    assert 0 == status
    return said.splitlines()


def test_the_look_tells_where_each_version_is(host: Host) -> None:
    """Kept goes before offered; what only dpkg knows of is nowhere; what has no update is not told."""
    assert "have\tweb\tkept" in look(host)
    (host.here / "var/lib/healer/packages/web_1_amd64.deb").unlink()
    assert ["have\tweb\toffered"] == [line for line in look(host) if line.startswith("have")]
    host.write("var/cache/apt/archives/gone_1%3a1_i386.deb", "version 1:1\n")
    assert "have\tgone\tcached" not in look(host)
    host.write("var/cache/apt/archives/gone_1%3a1_amd64.deb", "version 1:1\n")
    assert "have\tgone\tcached" in look(host)


@pytest.mark.parametrize(
    ("simulated", "line"),
    [
        (None, "unknown\tgoing back is simulated when the packages are downloaded"),
        ("pin\tweb=1.5\n", "unknown\tgoing back was simulated for other versions"),
        ("pin\tweb=2\ntouches\tlib\n", "touches\tlib"),
    ],
)
def test_a_simulation_holds_for_its_own_versions_only(host: Host, simulated: str | None, line: str) -> None:
    """Before a download nothing is known; after newer versions came, nothing is known any more."""
    if simulated is not None:
        host.write("var/lib/healer/packages/simulated", simulated)
    assert line in look(host)


def test_the_look_writes_nothing(host: Host) -> None:
    """No file is there afterwards that was not there before."""
    look(host)
    before = sorted(host.here.rglob("*"))
    look(host)
    assert before == sorted(host.here.rglob("*"))
