"""Going back with apt: what is never taken back, what a person types, and how the look at the way back is read."""

import pytest

from healer.model.facts import Unknown, WayBack
from healer.platforms.packages._apt_back import command, job, never, parse_way
from healer.platforms.packages.contract import Terms


@pytest.mark.parametrize(
    "package",
    [
        "libc6", "libc6:i386", "libc-bin", "systemd", "libsystemd0", "udev", "dpkg", "apt", "libapt-pkg6.0", "dbus", "linux-image-6.1.0-1-amd64",
        "linux-firmware", "intel-microcode", "grub-efi-amd64", "initramfs-tools-core", "postgresql-15", "mariadb-server", "mysql-server-8.0",
        "redis-server", "mongodb-org-server", "elasticsearch",
    ],
)  # fmt: skip
def test_what_is_never_taken_back(package: str) -> None:
    """The base, what boots, and what converts its data, each with a reason in words."""
    assert never(package)


@pytest.mark.parametrize(
    "package", ["nginx", "openssl", "libssl3", "libc-client2007e", "libpq5", "apt-listchanges", "systemctl-mock", "bash", "aptitude"]
)
def test_what_may_be_taken_back(package: str) -> None:
    """Names that only begin alike are no part of it, nor are client libraries."""
    assert not never(package)


def test_the_command_for_a_person() -> None:
    """It names every package with its former version, in order."""
    assert "apt-get install --allow-downgrades a=1 b:i386=1:2-3" == command({"b:i386": "1:2-3", "a": "1"})


def test_the_job_is_one_that_is_never_cut() -> None:
    """The pins are arguments, the job is patient, and that nothing was to be done is accepted."""
    made = job({"b": "2", "a": "1"}, Terms(latter={"a": "1.1", "b": "2.1"}))
    assert ("rollback", "600", "keep", "a=1", "b=2", "--", "a=1.1", "b=2.1") == made.arguments
    assert (True, (0, 10), (75,)) == (made.patient, made.accepted, made.busy_codes)


@pytest.mark.parametrize("words", [("-o", "1"), ("a", "1;reboot"), ("a", "{{ x }}")])
def test_words_that_are_no_package_are_refused(words: tuple[str, str]) -> None:
    """A host's own words make neither a job nor a command when they are no name and version."""
    for make in (job, command):
        with pytest.raises(ValueError, match="not a package and a version"):
            make(dict([words]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("end\n", WayBack()),
        ("have\ta\toffered\nhave\tb:i386\tkept\nend\n", WayBack({"a": "offered", "b:i386": "kept"})),
        ("have\ta\tcached\ntouches\tc\nend\n", WayBack({"a": "cached"}, ("c",))),
        ("unknown\tnot yet\nend\n", WayBack({}, Unknown("not yet"))),
    ],
)
def test_the_look_is_read(text: str, expected: WayBack) -> None:
    """Where each version is at hand, and what going back would touch or why that is not known."""
    assert expected == parse_way(text)


@pytest.mark.parametrize("text", ["", "have\ta\tkept\n", "have\ta\tsomewhere\nend\n", "E: broken\nend\n"])
def test_nonsense_and_cut_answers_are_refused(text: str) -> None:
    """Without its last line the answer is no answer: nothing at hand and cut off must not look alike."""
    with pytest.raises(ValueError, match="way back"):
        parse_way(text)
