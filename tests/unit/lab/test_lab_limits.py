"""The kernel limit that labs raise while they are up."""

from pathlib import Path

import pytest

from healer.lab.limits import ENOUGH, put_back, raise_limit


@pytest.fixture
def setting(tmp_path: Path) -> Path:
    """Return a setting of the kernel as a plain file, at the default of the kernel."""
    file = tmp_path / "max_user_instances"
    file.write_text("128\n")
    return file


def test_a_low_limit_is_raised_and_put_back(setting: Path, tmp_path: Path) -> None:
    """While a lab is up the limit is high enough; afterwards it is what it was, and nothing is left."""
    kept = tmp_path / "kept"
    raise_limit(kept, setting)
    raised = int(setting.read_text())
    put_back(kept, setting)
    assert (ENOUGH, 128, False) == (raised, int(setting.read_text()), kept.exists())


def test_a_second_lab_keeps_the_first_value(setting: Path, tmp_path: Path) -> None:
    """What was there before the first lab is put back, not what the first lab had set."""
    kept = tmp_path / "kept"
    raise_limit(kept, setting)
    raise_limit(kept, setting)
    put_back(kept, setting)
    assert 128 == int(setting.read_text())


def test_a_high_limit_is_left_alone(setting: Path, tmp_path: Path) -> None:
    """A limit that is high enough is neither changed nor remembered."""
    setting.write_text("65536\n")
    raise_limit(tmp_path / "kept", setting)
    assert ("65536\n", False) == (setting.read_text(), (tmp_path / "kept").exists())


def test_a_limit_that_somebody_changed_is_left_alone(setting: Path, tmp_path: Path) -> None:
    """Somebody else's later choice stands when the lab goes."""
    kept = tmp_path / "kept"
    raise_limit(kept, setting)
    setting.write_text("4096\n")
    put_back(kept, setting)
    assert "4096\n" == setting.read_text()
