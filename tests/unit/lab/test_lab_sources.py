"""Where a lab's hosts come from is read from the machine's own apt sources."""

from pathlib import Path

import pytest

from healer.lab.sources import Archive, Source, choose, deb822, one_line, read_archive

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
RELEASE = Source("http://mirror.example/debian", "bookworm", ("main",), KEYRING)
UPDATES = Source("http://mirror.example/debian", "bookworm-updates", ("main",), KEYRING)
SECURITY = Source("http://mirror.example/debian-security", "bookworm-security", ("main",), KEYRING)


def test_a_line_gives_its_address_suite_components_and_keyring() -> None:
    """A one-line entry is read with its signed-by option, in whatever way its brackets are spaced."""
    text = f"deb [ arch=amd64 signed-by={KEYRING} ] http://mirror.example/debian bookworm main contrib # mine\n"
    assert [Source("http://mirror.example/debian", "bookworm", ("main", "contrib"), KEYRING)] == list(one_line(text))


@pytest.mark.parametrize("line", ["# deb http://x/ bookworm main", "deb-src http://x/ bookworm main", "deb http://x/ ./", ""])
def test_a_line_that_is_no_binary_archive_is_passed_over(line: str) -> None:
    """Comments, source packages and flat repositories are no place to build a host from."""
    assert list(one_line(line)) == []


def test_a_stanza_gives_one_source_for_each_address_and_suite() -> None:
    """A deb822 stanza names several suites at once, and a comment inside it changes nothing."""
    text = f"Types: deb\n# http://old.example\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: {KEYRING}\n"
    assert list(deb822(text)) == [RELEASE, UPDATES]


def test_a_disabled_stanza_is_passed_over() -> None:
    """`Enabled: no` switches a deb822 stanza off."""
    assert list(deb822("Types: deb\nEnabled: no\nURIs: http://x/\nSuites: bookworm\nComponents: main\n")) == []


def test_a_key_written_into_the_stanza_is_no_keyring_file() -> None:
    """A Signed-By that holds the key itself names no file, so apt's default keyrings are used."""
    text = "Types: deb\nURIs: http://x/\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n"
    assert [source.signed_by for source in deb822(text)] == [""]


def test_the_archive_is_the_release_and_its_update_pockets_in_that_order() -> None:
    """The release itself comes first, because images are built from it alone."""
    assert Archive("debian", "bookworm", (RELEASE, UPDATES, SECURITY)) == choose([SECURITY, UPDATES, RELEASE], "debian", "bookworm")


@pytest.mark.parametrize("keyring", [KEYRING, ""])
def test_a_third_party_with_the_same_suite_is_not_taken_for_the_archive(keyring: str) -> None:
    """A vendor may call its suite like the release; the archive is known by its keyring or by its updates pocket."""
    vendor = Source("https://apt.vendor.example", "bookworm", ("main",), "/usr/share/keyrings/vendor.gpg")
    mirror = Source("http://mirror.example/debian", "bookworm", ("main",), keyring)
    pocket = Source("http://mirror.example/debian", "bookworm-updates", ("main",), keyring)
    archive = choose([vendor, mirror, pocket], "debian", "bookworm")
    assert archive is not None
    assert mirror == archive.release


@pytest.mark.parametrize("source", [Source("cdrom:[disk]", "bookworm", ("main",)), Source("http://x/", "trixie", ("main",))])
def test_without_a_network_archive_of_the_own_release_there_is_none(source: Source) -> None:
    """Another release or a disc cannot serve hosts, and nothing is guessed in its place."""
    assert choose([source], "debian", "bookworm") is None


def test_all_places_where_apt_looks_are_read(tmp_path: Path) -> None:
    """sources.list, *.list and *.sources count; a file with another ending does not."""
    folder = tmp_path / "etc/apt/sources.list.d"
    folder.mkdir(parents=True)
    (tmp_path / "etc/os-release").write_text('ID=debian\nVERSION_CODENAME="bookworm"\n')
    (tmp_path / "etc/apt/sources.list").write_text("deb http://a.example/debian bookworm main\n")
    (folder / "more.list").write_text("deb http://a.example/debian bookworm-updates main\n")
    (folder / "security.sources").write_text("Types: deb\nURIs: http://s.example\nSuites: bookworm-security\nComponents: main\n")
    (folder / "vendor.list.disabled").write_text("deb http://vendor.example bookworm-security main\n")
    archive = read_archive(tmp_path)
    assert archive is not None
    assert [source.uri for source in archive.sources] == ["http://a.example/debian", "http://a.example/debian", "http://s.example"]
