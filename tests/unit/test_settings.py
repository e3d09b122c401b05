"""Settings: defaults < files < environment < flags."""

from pathlib import Path

import pytest

from healer.model.errors import InputError
from healer.settings import Settings, load, read_file


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give an environment whose files are all of ours."""
    monkeypatch.setattr("healer.settings.SYSTEM_FILE", tmp_path / "etc.toml")
    (tmp_path / "xdg" / "healer").mkdir(parents=True)
    return {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "xdg")}


def written(file: Path, text: str) -> Path:
    """Write a settings file that only we may write."""
    file.write_text(text)
    file.chmod(0o644)
    return file


def test_defaults(home: dict[str, str]) -> None:
    """Without any file or variable the defaults hold."""
    assert load({}, home) == Settings()


def test_each_source_beats_the_one_before(home: dict[str, str], tmp_path: Path) -> None:
    """System file, user's file, named file, environment, flag: the later wins."""
    seen = []
    written(tmp_path / "etc.toml", "forks = 1")
    seen.append(load({}, home).forks)
    written(tmp_path / "xdg/healer/healer.toml", "forks = 2")
    seen.append(load({}, home).forks)
    home["HEALER_CONFIG"] = str(written(tmp_path / "named.toml", "forks = 3"))
    seen.append(load({}, home).forks)
    home["HEALER_FORKS"] = "4"
    seen.append(load({}, home).forks)
    seen.append(load({"forks": 5}, home).forks)
    assert seen == [1, 2, 3, 4, 5]


def test_flags_that_were_not_given(home: dict[str, str]) -> None:
    """A flag that is None or empty changes nothing."""
    assert load({"forks": None, "inventory": (), "user": ""}, home) == Settings()


def test_paths_of_a_file_are_relative_to_it(tmp_path: Path) -> None:
    """A path in a settings file means the same wherever healer is started."""
    file = written(tmp_path / "h.toml", 'state_dir = "state"\nprivate_key = "key"\ninventory = ["i.ini", "/abs.ini"]\nknown_hosts = "kh"')
    assert read_file(file) == {
        "state_dir": tmp_path / "state",
        "private_key": str(tmp_path / "key"),
        "inventory": (str(tmp_path / "i.ini"), "/abs.ini"),
        "known_hosts": (str(tmp_path / "kh"),),
    }


def test_lists_in_the_environment(home: dict[str, str]) -> None:
    """Lists are separated by colons in the environment."""
    home |= {"HEALER_INVENTORY": "/a.ini:/b.ini", "HEALER_CONNECT_TIMEOUT": "2.5", "HEALER_STATE_DIR": "/s"}
    settings = load({}, home)
    assert (settings.inventory, settings.connect_timeout, settings.state_dir) == (("/a.ini", "/b.ini"), 2.5, Path("/s"))


def test_notify_urls(home: dict[str, str], tmp_path: Path) -> None:
    """URLs are a list in a file and words in the environment, whose colons part nothing, and no part of one is shown."""
    file = written(tmp_path / "h.toml", "notify = ['json://u:swordfish@a/']\nnotify_file = 'urls'")
    found = load({}, home | {"HEALER_CONFIG": str(file)})
    assert ([url.reveal() for url in found.notify], found.notify_file) == (["json://u:swordfish@a/"], str(tmp_path / "urls"))
    assert "swordfish" not in repr(found)
    words = load({}, home | {"HEALER_NOTIFY": "json://a:1/ slack://b"}).notify
    assert [url.reveal() for url in words] == ["json://a:1/", "slack://b"]
    with pytest.raises(InputError) as caught:
        read_file(written(tmp_path / "bad.toml", "notify = ['json://swordfish', 5]"))
    assert "swordfish" not in str(caught.value)


def test_database_url(home: dict[str, str]) -> None:
    """The database is a file in the state folder unless another is set."""
    assert Settings(state_dir=Path("/s")).database_url == "sqlite:////s/journal.db"
    assert load({"database": "postgresql://db/healer"}, home).database_url == "postgresql://db/healer"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("# c\n\nfork = 3", 3, "unknown setting fork. Did you mean forks?"),
        ("zzz = 3", 1, "unknown setting zzz. There are: state_dir"),
        ("[rolling]\nx = 1", 1, "unknown setting rolling."),
        ("forks = 0", 1, "forks: must be a number from 1 to 1000, not 0"),
        ("forks = true", 1, "forks: must be a number"),
        ("user = 'a'\nconnect_timeout = 'soon'", 2, "connect_timeout: could not convert"),
        ("connect_timeout = 0", 1, "connect_timeout: must be more than 0"),
        ("host_key_policy = 'off'", 1, "must be one of strict, accept-new, not 'off'"),
        ("user = 5", 1, "user: must be text, not 5"),
        ("inventory = [5]", 1, "inventory: must be text, not 5"),
        ("forks = ", 0, "not TOML"),
        ("notify = [5]", 1, "notify: must be a list of URLs, each a text."),
    ],
)
def test_mistakes_name_the_place(tmp_path: Path, text: str, line: int, words: str) -> None:
    """A mistake in a file is told with file, line, and the nearest right word."""
    file = written(tmp_path / "h.toml", text)
    with pytest.raises(InputError) as caught:
        read_file(file)
    assert (caught.value.file, caught.value.line) == (str(file), line)
    assert words in str(caught.value)


def test_mistake_in_the_environment(home: dict[str, str]) -> None:
    """A wrong value in the environment is told with the variable's name."""
    with pytest.raises(InputError, match="HEALER_FORKS: forks: invalid literal"):
        load({}, {**home, "HEALER_FORKS": "many"})


def test_mistake_in_a_flag(home: dict[str, str]) -> None:
    """A wrong value of a flag is told with the setting's name."""
    with pytest.raises(InputError, match="forks: must be a number"):
        load({"forks": 5000}, home)


@pytest.mark.parametrize("mode", [0o666, 0o664])
def test_file_that_others_may_write(tmp_path: Path, mode: int) -> None:
    """A settings file that others may write is not believed."""
    file = written(tmp_path / "h.toml", "forks = 3")
    file.chmod(mode)
    with pytest.raises(InputError, match="others may write this file"):
        read_file(file)


def test_named_file_must_be_there(home: dict[str, str], tmp_path: Path) -> None:
    """A file that HEALER_CONFIG names and that is missing is a mistake, not an empty file."""
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load({}, {**home, "HEALER_CONFIG": str(tmp_path / "missing.toml")})


def test_file_that_is_no_text(tmp_path: Path) -> None:
    """A file that is not UTF-8 is a mistake."""
    file = written(tmp_path / "h.toml", "")
    file.write_bytes(b"user = '\xff'")
    with pytest.raises(InputError, match="not UTF-8"):
        read_file(file)
