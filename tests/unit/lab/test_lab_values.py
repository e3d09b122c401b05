"""The decisions of the lab that need no host: names, numbers, texts."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.lab.base import PACKAGES, image_name, mmdebstrap, sealed
from healer.lab.dressing import places
from healer.lab.inventory import inventory, known_hosts, ssh_config
from healer.lab.machine import LabHost
from healer.lab.network import Wiring, free_subnets
from healer.lab.packages import control, demo_package
from healer.lab.processes import recorded, start_time, write_record
from healer.lab.register import Entry, is_leftover, lab_folder, lab_id
from healer.lab.repository import asking, release
from healer.lab.sources import Archive, Source
from healer.lab.teardown import take_down
from healer.lab.wanted import Wanted
from healer.model.errors import LabError

ARCHIVE = Archive("debian", "bookworm", (Source("http://mirror.example/debian", "bookworm", ("main",), "/k.gpg"),))
WIRING = Wiring("abc123", "198.18.7.0/24", "198.18.8.0/24")
FOLDER = Path("/state/lab/lab")
H1 = LabHost("h1", "198.18.7.11", "abc123", FOLDER, "hlabc123")
H2 = LabHost("h2", "198.18.8.12", "abc123", FOLDER, "hlabc123j", behind_jump=True)


@given(st.permutations(["nginx-light", "sudo", "haproxy"]))
def test_the_image_is_known_by_what_is_in_it(packages: list[str]) -> None:
    """The order in which packages are named does not make another image."""
    assert image_name(ARCHIVE, ["haproxy", "nginx-light", "sudo"]) == image_name(ARCHIVE, packages)


@pytest.mark.parametrize(
    "other",
    [
        image_name(ARCHIVE, ["sudo", "haproxy"]),
        image_name(ARCHIVE, ["sudo"], recipe="another"),
        image_name(Archive("debian", "bookworm", (Source("http://other.example", "bookworm", ("main",)),)), ["sudo"]),
    ],
    ids=["package", "recipe", "mirror"],
)
def test_another_ingredient_makes_another_image(other: str) -> None:
    """A package more, a new recipe or another mirror never reuses an old image."""
    assert image_name(ARCHIVE, ["sudo"]) != other


def test_the_image_is_built_from_the_release_alone() -> None:
    """Update pockets stay out of the image, so that updates are pending on its hosts."""
    archive = Archive("debian", "bookworm", (*ARCHIVE.sources, Source("http://s.example", "bookworm-security", ("main",))))
    command = mmdebstrap(archive, PACKAGES, Path("/out.tar"), "http://127.0.0.1:1")
    assert not [word for word in command if "security" in word]


@pytest.mark.parametrize("damage", ["shorter", "changed", "unsealed", "garbled"])
def test_a_damaged_image_has_no_valid_seal(tmp_path: Path, damage: str) -> None:
    """An image that was cut short, changed, or whose seal is absent or unreadable is not used."""
    image = tmp_path / "base.tar"
    image.write_bytes(b"whole")
    image.with_suffix(".seal").write_text(json.dumps({"size": 5, "sha256": hashlib.sha256(b"whole").hexdigest()}))
    assert sealed(image)
    _damage(image, damage)
    assert not sealed(image)


def _damage(image: Path, how: str) -> None:
    match how:
        case "shorter":
            image.write_bytes(b"who")
        case "changed":
            image.write_bytes(b"whale")
        case "unsealed":
            image.with_suffix(".seal").unlink()
        case _:
            image.with_suffix(".seal").write_text("{")


def test_an_untouched_image_is_used(tmp_path: Path) -> None:
    """An image whose size and hash are those of its seal is whole."""
    image = tmp_path / "base.tar"
    image.write_bytes(b"")
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    image.with_suffix(".seal").write_text(json.dumps({"size": 0, "sha256": nothing}))
    assert sealed(image)


@given(st.lists(st.integers(0, 511), max_size=100), st.integers(0, 511))
def test_a_chosen_network_is_nobody_elses(taken: list[int], start: int) -> None:
    """Whatever is taken and wherever the search begins, a lab's networks overlap no taken one."""
    used = [f"198.{18 + number // 256}.{number % 256}.0/24" for number in taken]
    assert not set(used) & set(free_subnets(used, 2, start))


def test_a_wide_route_takes_nothing() -> None:
    """A default route or a route to all test networks does not stop a lab: its own is narrower."""
    assert free_subnets(["0.0.0.0/0", "198.18.0.0/15", "10.0.0.1/24"], 1) == ("198.18.0.0/24",)


def test_when_all_networks_are_taken_it_is_said() -> None:
    """No free network is an error with advice, never a network in use."""
    used = [f"198.{second}.{third}.0/24" for second in (18, 19) for third in range(256)]
    with pytest.raises(LabError, match="No 1 free networks"):
        free_subnets(used, 1)


def test_links_fit_the_kernels_limit() -> None:
    """No link's name is longer than the 15 characters that the kernel keeps."""
    names = [WIRING.bridge, WIRING.inner_bridge, WIRING.jump_link, LabHost("h99", "", WIRING.lab, FOLDER, "").link]
    assert [name for name in names if len(name) > 15] == []


def test_the_last_hosts_are_behind_the_jump_host() -> None:
    """Hosts behind the jump host have addresses of the inner network and keep their number."""
    expected = [("h1", "198.18.7.11"), ("h2", "198.18.7.12"), ("h3", "198.18.8.13")]
    assert expected == [(place.name, place.address) for place in places(WIRING, 3, 1)]


@pytest.mark.parametrize("wrong", [{"hosts": 0}, {"hosts": 100}, {"hosts": 2, "behind_jump": 2}, {"archive": "all"}])
def test_an_impossible_lab_is_refused_before_anything_is_built(wrong: dict[str, object]) -> None:
    """No hosts, too many, all behind the jump host, or an unknown archive cannot be wanted."""
    with pytest.raises(LabError):
        Wanted(**wrong)  # type: ignore[arg-type] # wrong on purpose


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc", "-x", "a b"])
def test_a_lab_cannot_be_named_out_of_its_folder(name: str) -> None:
    """A name that is a path is refused, because `down` removes what the name stands for."""
    with pytest.raises(LabError):
        lab_folder(Path("/state"), name)


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """Taking down a folder that no lab made removes nothing from it."""
    file = tmp_path / "precious"
    file.touch()
    with pytest.raises(LabError):
        take_down(tmp_path)
    assert file.exists()


@pytest.mark.parametrize(
    ("temporary", "ready", "owner_lives", "expected"),
    [
        (True, True, False, True),
        (False, False, False, True),
        (False, True, False, False),
        (True, True, True, False),
        (False, False, True, False),
    ],
)
def test_a_leftover_is_a_lab_that_nobody_comes_back_for(temporary: bool, ready: bool, owner_lives: bool, expected: bool) -> None:
    """Only a dead maker's lab that is temporary or was never finished is swept away; a user's running lab never is."""
    entry = Entry("abc123", "lab", "/state/lab/lab", 1, 1, temporary, ready)
    assert expected == is_leftover(entry, owner_lives)


def test_labs_in_different_folders_have_different_links() -> None:
    """Two labs of the same name in different state folders do not meet."""
    assert lab_id(Path("/a/lab/lab")) != lab_id(Path("/b/lab/lab"))


def test_a_record_names_exactly_one_process(tmp_path: Path) -> None:
    """The pid of a record counts only together with the start time, so a reused pid is a stranger."""
    record = tmp_path / "x.pid"
    write_record(record)
    assert os.getpid() == recorded(record)
    record.write_text(f"{os.getpid()} {(start_time(os.getpid()) or 0) + 1}\n")
    assert recorded(record) is None


def test_a_zombie_is_no_process() -> None:
    """A process that has ended but was not collected yet has no start time."""
    process = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.DEVNULL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert start_time(process.pid) is None
    process.wait()


def test_the_inventory_names_keys_and_known_hosts() -> None:
    """Whoever reads the inventory needs no other file to log in."""
    assert inventory((H1,), FOLDER) == (
        "[lab]\nh1 ansible_host=198.18.7.11\n\n[lab:vars]\nansible_user=root\n"
        "ansible_ssh_private_key_file=/state/lab/lab/id_ed25519\nknown_hosts=/state/lab/lab/known_hosts\n"
    )


def test_hosts_behind_the_jump_host_say_the_way() -> None:
    """The inner hosts have a group whose variables name the jump host, and ssh goes the same way."""
    assert "[inner]\nh2\n\n[inner:vars]\nproxy_jump=h1\n" in inventory((H1, H2), FOLDER)
    assert "Host h2\n  HostName 198.18.8.12\n  ProxyJump h1\n" in ssh_config((H1, H2), FOLDER)


def test_ssh_accepts_known_keys_only() -> None:
    """The written configuration refuses unknown host keys and looks into no other file."""
    text = ssh_config((H1,), FOLDER)
    assert "StrictHostKeyChecking yes" in text
    assert "GlobalKnownHostsFile /dev/null" in text
    assert known_hosts((H1,), {"h1": "ssh-ed25519 AAAA"}) == "198.18.7.11 ssh-ed25519 AAAA\n"


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_every_version_of_the_library_is_another_file(version: str) -> None:
    """The library's content carries its version, so dpkg really replaces it."""
    (content,) = demo_package("healer-demo-lib", version, library=b"\x7fELF").files.values()
    assert b"\x7fELF\nhealer-demo " + version.encode() + b"\n" == content


@pytest.mark.parametrize(("version", "good"), [("1.0", True), ("1.1", False), ("1.2", True)])
def test_only_the_bad_version_is_broken(version: str, good: bool) -> None:
    """1.1 of the broken package cannot start; the version before and the one after can."""
    (unit,) = demo_package("healer-demo-broken", version, library=b"").files.values()
    assert good == (b"/bin/false" not in unit)


def test_a_package_without_needs_has_no_depends_field() -> None:
    """An empty field is left out of the control file, because dpkg refuses it."""
    assert "Depends" not in control(demo_package("healer-demo-lib", "1.0", library=b""), "amd64")


def test_an_unknown_demo_package_names_those_that_there_are() -> None:
    """A typing error in a package's name shows the right names."""
    with pytest.raises(LabError, match=r"healer-demo-\{lib,daemon"):
        demo_package("healer-demo-libb", "1.0", library=b"")


def test_a_release_file_vouches_for_its_index() -> None:
    """Suite, label and the index's hash and size stand in what is signed."""
    text = release("stable-security", "amd64", "main/binary-amd64/Packages", b"")
    assert "Label: Healer-Lab\nSuite: stable-security\n" in text
    assert " e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 main/binary-amd64/Packages\n" in text


def test_a_package_that_asks_puts_every_question_of_its_templates() -> None:
    """Debconf asks what the templates name, at the priority that is never passed over."""
    package = demo_package("healer-demo-asking", "1.1", library=b"")
    assert "db_input critical healer-demo-asking/colour" in asking(package.questions)


@pytest.mark.parametrize(("version", "lasts"), [("1.0", True), ("1.1", False)])
def test_the_dying_daemon_lives_as_long_as_it_is_told(version: str, lasts: bool) -> None:
    """Version 1.1 ends after so many seconds, the others stay."""
    (unit,) = demo_package("healer-demo-dying", version, library=b"", seconds=7).files.values()
    assert lasts is (b"/bin/sleep 7" not in unit)
