"""The services in trouble and those of the policy, read under three shells from managers that are made for it."""

from pathlib import Path

import pytest
from shell_facts import SHELLS, program, reading, why

from healer.model.facts import Unknown
from healer.model.services import ServiceStates
from healer.observe.collect import all_facts
from healer.observe.sections import words_of

SYSTEMCTL = """
case $1 in
  list-units) printf 'worker@1.service loaded activating auto-restart Works\\n* db.service loaded failed failed Data\\n' ;;
  show) for unit; do case $unit in *.service) printf 'Id=%s\\nLoadState=loaded\\nActiveState=failed\\nSubState=failed\\n\\n' "$unit" ;; esac; done ;;
esac
"""


@SHELLS
def test_systemd_tells_of_those_in_trouble_and_those_that_are_named(shell: str, tmp_path: Path) -> None:
    """One question names all units: those that systemctl lists, with or without a bullet, and those of the policy."""
    program(tmp_path / "bin", "systemctl", SYSTEMCTL)
    found = reading("services", {"/run/systemd/system": tmp_path}, ("web.service",), shell=shell, programs=tmp_path / "bin")
    assert isinstance(found, ServiceStates), found
    assert ["db.service", "web.service", "worker@1.service"] == list(found.states)
    assert {"web.service": ("web.service",)} == found.named
    assert "systemd" == found.manager
    assert found.uptime > 0


@pytest.mark.parametrize(("asked", "reason"), [("list-units", "could not list"), ("show", "could not show")])
def test_a_systemctl_that_fails_is_no_answer(asked: str, reason: str, tmp_path: Path) -> None:
    """Where systemctl fails nothing is known, neither that there are services nor that there are none."""
    program(tmp_path / "bin", "systemctl", f'[ "$1" != {asked} ]')
    found = reading("services", {"/run/systemd/system": tmp_path}, ("web.service",), programs=tmp_path / "bin")
    assert reason in why(found)


def openrc(folder: Path, crashed: str) -> dict[str, Path | str]:
    """Make a host of OpenRC where web and db are started, cron is stopped, and these have crashed."""
    for name in ("web", "db", "cron"):
        program(folder / "init.d", name, "")
    for place in ("openrc/started/web", "openrc/started/db", "runlevels/default/web"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).touch()
    program(folder / "bin", "rc-status", f'[ -n "{crashed}" ] && printf "%s\\n" {crashed}')
    places = {"/run/openrc": folder / "openrc", "/etc/runlevels": folder / "runlevels", "/etc/init.d/$": f"{folder}/init.d/$"}
    return {"/run/systemd/system": folder / "none", **places}


@SHELLS
def test_openrc_tells_of_those_that_have_crashed(shell: str, tmp_path: Path) -> None:
    """A daemon that OpenRC takes for started and that is gone has failed; it is named as a unit is."""
    found = reading("services", openrc(tmp_path, "db"), ("c*", "web.service"), shell=shell, programs=tmp_path / "bin")
    assert isinstance(found, ServiceStates), found
    told = {name: (one.active, one.sub, one.enabled) for name, one in found.states.items()}
    assert ("inactive", "dead", "disabled") == told["cron.service"]
    assert ("failed", "crashed", "disabled") == told["db.service"]
    assert ("active", "running", "enabled") == told["web.service"]
    assert {"c*": ("cron.service",), "web.service": ("web.service",)} == found.named


def test_openrc_without_a_crash_tells_of_none(tmp_path: Path) -> None:
    """That rc-status lists nothing, and ends with 1 for it, is an answer."""
    found = reading("services", openrc(tmp_path, ""), programs=tmp_path / "bin")
    assert isinstance(found, ServiceStates), found
    assert ("openrc", {}) == (found.manager, dict(found.states))


@SHELLS
@pytest.mark.parametrize(("status", "active"), [(0, "active"), (1, "failed"), (2, "failed"), (3, "inactive"), (4, "unknown")])
def test_init_scripts_say_how_their_service_is(shell: str, status: int, active: str, tmp_path: Path) -> None:
    """Where init rules, the status of a named service's own script counts as the Linux Standard Base has it."""
    program(tmp_path / "init.d", "web", f'[ "$1" = status ] || exit 9; exit {status}')
    (tmp_path / "comm").write_text("init\n")
    places = {"/run/systemd/system": tmp_path / "none", "/run/openrc": tmp_path / "none", "/proc/1/comm": tmp_path / "comm"}
    found = reading("services", {**places, "/etc/init.d": tmp_path / "init.d"}, ("web.service",), shell=shell)
    assert isinstance(found, ServiceStates), found
    assert {"web.service": active} == {name: one.active for name, one in found.states.items()}


def test_init_scripts_alone_do_not_tell_what_has_failed(tmp_path: Path) -> None:
    """With init and without a named service nothing can be told."""
    (tmp_path / "init.d").mkdir()
    (tmp_path / "comm").write_text("init\n")
    places = {"/run/systemd/system": tmp_path / "none", "/run/openrc": tmp_path / "none", "/proc/1/comm": tmp_path / "comm"}
    assert "do not tell" in why(reading("services", {**places, "/etc/init.d": tmp_path / "init.d"}))


def test_a_host_without_a_manager_is_not_known(tmp_path: Path) -> None:
    """What nothing that healer knows rules is Unknown."""
    places = dict.fromkeys(("/run/systemd/system", "/run/openrc", "/etc/init.d"), tmp_path / "none")
    assert "neither systemd nor OpenRC" in why(reading("services", places))


@pytest.mark.parametrize(
    ("services", "words"),
    [
        (None, ()),
        ([{"unit": "web"}, {"unit": "worker@*.service"}], ("web.service", "worker@*.service")),
        (
            [{"unit": "web", "heals": -1}],
            "the host's variables make no sense: services.0.heals: Input should be greater than or equal to 1",
        ),
        ("web", "the host's variables make no sense: services: Input should be a valid tuple"),
    ],
)
def test_the_policy_names_what_is_looked_at(services: object, words: object) -> None:
    """The units and patterns of the policy are asked for; a policy that makes no sense is told with its place."""
    found = words_of(all_facts()["services"], {"services": services})  # type: ignore[dict-item]  # what an inventory may hold
    assert words == (found.reason if isinstance(found, Unknown) else found)
