"""The forecast of a plan is held against what really needed a restart, and the score is told."""

from dataclasses import replace

from fake_host import FakeHost, unit, update
from world import World

from healer.model.facts import RebootOwed, RestartForecast, RunningCode, StaleProcess, StaleProcesses, Units, Updates
from healer.model.report import ForecastScore, RunReport

PATCH = """
- hosts: web
  become: true
  rolling: {canary: 0, soak: 0}
  tasks:
    - packages: {}
    - reboot: {policy: "{{ how | default('never') }}"}
    - restart_stale: {}
"""


def code(service: str, package: str = "openssl") -> RunningCode:
    """Return a service that runs a file of a package with an update."""
    return RunningCode(package, 9, service, "service", f"{service}.service", "/lib/x")


def stale(service: str, package: str = "openssl") -> StaleProcess:
    """Return a service that runs what was replaced."""
    return StaleProcess(9, 1, service, "service", f"{service}.service", ("/lib/x",), (package,), (package,))


def after_upgrade(*processes: StaleProcess, by_scripts: tuple[str, ...] = (), reboot: tuple[str, ...] = ()):
    """Return what an upgrade does to the host."""

    def upgrade(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
        units = host.facts["units"]
        assert isinstance(units, Units)
        again = {name: replace(units.units[name], invocation="by script") for name in by_scripts}
        host.facts |= {"units": Units({**units.units, **again}, ()), "stale_processes": StaleProcesses(processes)}
        host.facts |= {"restart_forecast": RestartForecast(()), "reboot_owed": RebootOwed(reboot)}
        return 0, ""

    return upgrade


def restarted(host: FakeHost, argv: tuple[str, ...]) -> tuple[int, str]:
    """Let a restarted service run the new code."""
    now = host.facts["stale_processes"]
    assert isinstance(now, StaleProcesses)
    host.facts["stale_processes"] = StaleProcesses(tuple(one for one in now.processes if one.unit != argv[-1]))
    return 0, ""


def patched(forecast: RestartForecast, upgrade: object, **facts: object) -> RunReport:
    """Return the report of a run that upgraded openssl on one host with three services."""
    world = World(["a"])
    names = [f"{name}.service" for name in ("web", "mail", "cache")]
    world["a"].facts |= {"updates": Updates((update("openssl"),), list_age=60.0), "restart_forecast": forecast, **facts}
    world["a"].facts["units"] = Units({name: unit(name) for name in names}, ())
    world["a"].programs |= {"apt upgrade": upgrade, "systemctl restart": restarted}  # type: ignore[dict-item]  # a test's own program
    return world.run(PATCH)


def score(report: RunReport) -> ForecastScore | None:
    """Return the one host's score."""
    return report.hosts[0].score


def test_what_was_foretold_and_needed_is_right() -> None:
    """Restarts by healer and by the packages' own scripts count alike."""
    forecast = RestartForecast((code("web"), code("mail")), ("mail.service",), (("openssl", "mail.service"),))
    report = patched(forecast, after_upgrade(stale("web"), by_scripts=("mail.service",)))
    assert ForecastScore(right=("mail.service", "web.service")) == score(report)


def test_what_was_needed_and_not_foretold_is_missed() -> None:
    """A service that runs replaced code of the upgraded package, or that a script restarted, and of which the plan said nothing."""
    report = patched(RestartForecast(()), after_upgrade(stale("web"), by_scripts=("mail.service",)))
    assert ForecastScore(missed=("mail.service", "web.service")) == score(report)


def test_what_was_foretold_and_not_needed_is_a_false_alarm() -> None:
    """The plan named a service that nothing had to be done for."""
    report = patched(RestartForecast((code("web"), code("cache"))), after_upgrade(stale("web")))
    assert ForecastScore(right=("web.service",), false_alarms=("cache.service",)) == score(report)


def test_stale_code_of_other_packages_is_no_miss() -> None:
    """What was replaced before this run, by another package, is none of this upgrade's doing."""
    report = patched(RestartForecast((code("web"),)), after_upgrade(stale("web"), stale("cache", "zlib")))
    assert ForecastScore(right=("web.service",)) == score(report)


def test_a_boot_that_was_not_foretold_is_missed() -> None:
    """The upgrade made a boot necessary of which the plan said nothing."""
    report = patched(RestartForecast(()), after_upgrade(reboot=("dbus runs replaced code",)))
    assert ForecastScore(missed=("reboot",)) == score(report)


def test_a_boot_that_was_owed_before_is_not_judged() -> None:
    """The host owed it already."""
    report = patched(RestartForecast(()), after_upgrade(reboot=("old kernel",)), reboot_owed=RebootOwed(("old kernel",)))
    assert ForecastScore() == score(report)


def test_without_an_upgrade_there_is_no_score() -> None:
    """Nothing was foretold."""
    report = patched(RestartForecast(()), after_upgrade(), updates=Updates((), list_age=60.0))
    assert score(report) is None


def test_without_a_look_afterwards_there_is_no_score() -> None:
    """Whether the forecast was right nobody knows."""
    world = World(["a"])
    world["a"].facts |= {"updates": Updates((update("openssl"),), list_age=60.0), "restart_forecast": RestartForecast((code("web"),))}
    report = world.run("- hosts: web\n  become: true\n  tasks: [{packages: {}}]\n")
    assert score(report) is None
