"""Runs the tests that need a lab in a second process beside all others: they wait for hosts most of the time, the others compute.

`pytest --side-by-side` hands the second process's results to this one as they are told, so that there is one count, one summary and one
exit status. Ctrl-C and the death of the first process reach the second, which takes its labs down before it ends: a pool of workers that
is simply ended (pytest-xdist's on Ctrl-C) leaves them behind.
"""

import ctypes
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

OPTION, REPORTS = "--side-by-side", "--reports-to"
ENDED_WELL = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
PR_SET_PDEATHSIG = 1


def add_options(parser: pytest.Parser) -> None:
    """Declare the options."""
    parser.addoption(OPTION, action="store_true", help="run the tests on real hosts in a second process at the same time")
    parser.addoption(REPORTS, default="", metavar="FILE", help="write each result to this file as a line of JSON")


def configure(config: pytest.Config) -> None:
    """Take part as the first process, or as the second, or not at all. Raises UsageError where a selection is given: it would be lost."""
    if config.getoption(REPORTS):
        config.pluginmanager.register(Telling(config))
    elif config.getoption(OPTION):
        if config.getoption("markexpr") or config.getoption("keyword"):
            raise pytest.UsageError(f"{OPTION} splits the tests by a mark itself: give no -m and no -k with it")
        config.pluginmanager.register(Beside(config))


class Telling:
    """The second process: writes down what became of each test."""

    def __init__(self, config: pytest.Config) -> None:
        """Bind."""
        self._config = config
        self._reports = Path(config.getoption(REPORTS))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write one line."""
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        with self._reports.open("a", encoding="utf-8") as file:
            file.write(json.dumps(data, default=str) + "\n")


class Beside:
    """The first process: leaves out the tests of the second, and counts their results as its own."""

    def __init__(self, config: pytest.Config) -> None:
        """Bind; nothing runs yet."""
        self._config = config

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep what needs no lab."""
        items[:] = [item for item in items if item.get_closest_marker("system") is None]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterator[None]:
        """Run both at once. Raises Failed when the second process ended in another way than by running its tests."""
        folder: Path = self._config._tmp_path_factory.mktemp("side-by-side")  # type: ignore[attr-defined]
        reports, said = folder / "reports", folder / "said"
        reports.touch()
        with said.open("wb") as output:
            second = subprocess.Popen(
                self._command(reports),
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=_hears,  # noqa: PLW1509 - no thread yet
            )
        try:
            answer = yield
            status = second.wait()
        except BaseException:
            second.send_signal(signal.SIGINT)
            second.wait()
            raise
        self._count(reports)
        if status not in ENDED_WELL:
            sys.stderr.write(f"{said.read_text(encoding='utf-8', errors='replace')}\nthe tests on real hosts ended with status {status}\n")
            raise session.Failed("the tests on real hosts did not come to their end")
        return answer

    def _command(self, reports: Path) -> list[str]:
        given = [str(one) for one in self._config.invocation_params.args if not str(one).startswith((OPTION, "--cov", "--basetemp"))]
        basetemp = self._config.getoption("basetemp")
        own = [f"--basetemp={basetemp}-labs"] if basetemp else []
        without_cover = ["--no-cov"] if self._config.pluginmanager.has_plugin("_cov") else []
        return [sys.executable, "-m", "pytest", *given, "-m", "system", f"{REPORTS}={reports}", *own, *without_cover]

    def _count(self, reports: Path) -> None:
        for line in reports.read_text(encoding="utf-8").splitlines():
            data: dict[str, Any] = json.loads(line)
            report = self._config.hook.pytest_report_from_serializable(config=self._config, data=data)
            self._config.hook.pytest_runtest_logreport(report=report)


def _hears() -> None:
    """Let the second process hear Ctrl-C also where it was started deaf to it, and hear the death of the first."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
