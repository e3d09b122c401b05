"""Labs for tests on real hosts: always taken down, and leftovers of an earlier, killed test run are swept away first.

Nothing is skipped. Where a lab cannot be built, the tests fail with the list of what to install; `make test` asks
`python -m healer.lab.requirements` beforehand and leaves these tests out, saying so.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import side_by_side
from hypothesis import settings

from healer.lab.lab import Lab
from healer.lab.teardown import take_down

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

MakeLab = Callable[..., Lab]
HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests on real hosts run beside the others."""
    side_by_side.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """See `side_by_side`."""
    side_by_side.configure(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a lab, so that `-m 'not system'` leaves it out: the folder of system tests, and fault tests on real hosts."""
    for item in items:
        on_lab = item.path.parent == HERE / "faults" and item.path.name.startswith("test_lab_")
        if on_lab or HERE / "system" in item.path.parents:
            item.add_marker(pytest.mark.system)


@pytest.fixture(scope="session")
def make_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeLab]:
    """Return a function that brings up a lab (arguments of Lab.up, by default hermetic); all are gone after the session.

    One that does not go does not keep the others.
    """
    Lab.sweep()
    numbers = itertools.count(1)

    def make(hosts: int = 2, **options: Any) -> Lab:
        directory = options.pop("directory", None) or tmp_path_factory.mktemp("labs")
        name = options.pop("name", f"test{next(numbers)}")
        labs.callback(take_down, directory.resolve() / "lab" / name)
        return Lab.up(hosts, **{"directory": directory, "name": name, "temporary": True, "archive": "none"} | options)

    with ExitStack() as labs:
        yield make


@pytest.fixture(scope="session")
def lab(make_lab: MakeLab) -> Lab:
    """Return one hermetic lab of three hosts that tests share: leave its hosts running, joined and thawed."""
    return make_lab(3)


@pytest.fixture(scope="session")
def small_lab(make_lab: MakeLab) -> Lab:
    """Return a hermetic lab of three hosts for rollouts. Of its demo packages each test publishes versions that are newer than 1.0."""
    return make_lab(3, installed=("healer-demo-lib=1.0", "healer-demo-daemon=1.0", "healer-demo-selfrestart=1.0"))


@pytest.fixture(scope="session")
def archive_lab(make_lab: MakeLab) -> Lab:
    """Return a lab of seven hosts for which the archive has real updates: h1 to h6 are one fleet, h7 is for itself."""
    return make_lab(7, archive="updates")


@pytest.fixture(scope="session")
def log_lab(make_lab: MakeLab) -> Lab:
    """Return a hermetic lab of three hosts whose logs lie on small disks of their own, with few inodes: a test cleans up what it fills.

    h1 has zstd, so that what it sends is compressed; h2 and h3 have none.
    """
    lab = make_lab(3, var_log_mb=256, var_log_inodes=512)
    for name in ("h2", "h3"):
        lab.host(name).run(["rm", "/usr/bin/zstd"])
    return lab
