"""Packages, restarts, boots: frozen versions, locks, windows, proofs, and the debts that stay."""

from dataclasses import replace

import pytest
from fake_host import FakeHost, unit, update
from world import World, ends, reason

from healer.journal.queries import debts
from healer.model.command import CommandResult
from healer.model.errors import InventoryError
from healer.model.facts import Facts, Identity, Kernel, OsRelease, RebootOwed, StaleProcess, StaleProcesses, Units, Unknown, Updates
from healer.rollout.rebooting import SEE_MARK

HEAD = "- hosts: web\n  become: true\n  rolling: {soak: 0, max_unavailable: 1, max_failures: 3}\n  tasks:\n"
PACKAGES, REBOOT, STALE = HEAD + "    - packages: {}\n", HEAD + "    - reboot: {policy: always}\n", HEAD + "    - restart_stale: {}\n"


def pending(*rows: object) -> Updates:
    """Return these updates, read from fresh lists."""
    return Updates(tuple(rows), list_age=60.0)  # type: ignore[arg-type]  # rows of fake_host.update


def owing(*names: str, **variables: object) -> World:
    """Return hosts that owe a reboot."""
    world = World(names, dict.fromkeys(names, variables))
    for host in world.hosts.values():
        host.facts["reboot_owed"] = RebootOwed(("a new kernel",))
    return world


def test_the_others_get_exactly_what_the_canary_proved() -> None:
    """A newer version that came up meanwhile is left for the next run."""
    world = World(["a", "b"])
    world["a"].facts["updates"] = pending(update("openssl", candidate="2"))
    world["b"].facts["updates"] = pending(update("openssl", candidate="3", offered=("3", "2")))
    world.run(PACKAGES)
    assert ["upgrade openssl=2"] == world["b"].what


def test_versions_are_frozen_although_the_act_made_all_facts_stale() -> None:
    """What the canary proved is written down before it ends, by release and architecture."""
    world = World(["a", "b"])
    world["a"].facts["updates"] = pending(update("openssl"))
    world.run(PACKAGES)
    kinds = [one.event.kind for one in world.journal.kept if one.event.kind in ("versions_frozen", "host_ended")]
    assert ["versions_frozen", "host_ended", "host_ended"] == kinds


def test_a_host_that_is_not_offered_the_proved_version_is_skipped() -> None:
    """It is named with the missing version, and nothing is done to it."""
    world = World(["a", "b"])
    world["a"].facts["updates"] = pending(update("openssl", candidate="2"))
    world["b"].facts["updates"] = pending(update("openssl", candidate="3"))
    report = world.run(PACKAGES)
    assert ({"a": "changed", "b": "skipped"}, [], 0) == (ends(report), world["b"].effects, report.exit_code)
    assert "openssl 2" in reason(report, "b")


def test_another_release_has_versions_of_its_own() -> None:
    """What the canary of one release proved binds nobody of another."""
    world = World(["a", "b"])
    world["a"].facts["updates"] = pending(update("openssl", candidate="2"))
    world["b"].facts |= {
        "updates": pending(update("openssl", candidate="3")),
        "os_release": OsRelease("debian", "13", "trixie", (), "Debian 13", "amd64"),
    }
    assert {"a": "changed", "b": "changed"} == ends(world.run(PACKAGES))


def brings_along(world: World, *versions: str) -> World:
    """Let the canary's upgrade of openssl bring a new library along; b is offered these versions of it."""
    new = update("libnew", installed="", candidate="2", security=False)
    world["a"].facts["updates"] = pending(update("openssl"), new)
    world["a"].programs["apt upgrade"] = lambda _host, _argv: (0, "healer: version openssl 1 2\nhealer: version libnew - 2\n")
    world["b"].facts["updates"] = pending(update("openssl"), replace(new, candidate=versions[0], offered=versions))
    return world


def test_what_the_upgrade_brought_along_is_proved_too() -> None:
    """A dependency that came with the canary's upgrade comes to the others at the very version that came there."""
    world = brings_along(World(["a", "b"]), "3", "2")
    world.run(PACKAGES)
    assert ["upgrade openssl=2 libnew=2"] == world["b"].what


def test_a_host_that_is_not_offered_what_came_along_is_skipped() -> None:
    """Its own upgrade would bring another version, which nobody has proved."""
    world = brings_along(World(["a", "b"]), "3")
    report = world.run(PACKAGES)
    assert ({"a": "changed", "b": "skipped"}, True) == (ends(report), "libnew 2" in reason(report, "b"))


def test_the_words_of_a_canary_pin_nothing_that_was_not_allowed() -> None:
    """A job's output that tells of other versions than it was given has no say about other hosts."""
    world = brings_along(World(["a", "b"]), "3", "2")
    world["a"].programs["apt upgrade"] = lambda _host, _argv: (0, "healer: version libnew - 1-evil\n")
    world.run(PACKAGES)
    assert ["upgrade openssl=2 libnew=3"] == world["b"].what


def test_without_a_known_release_nothing_is_installed_after_the_canary() -> None:
    """Which versions were proved for the host cannot be told, so it gets none."""
    world = World(["a", "b"])
    for host in world.hosts.values():
        host.facts["updates"] = pending(update("openssl"))
    world["b"].facts["os_release"] = Unknown("no os-release there")
    report = world.run(PACKAGES)
    assert ({"a": "changed", "b": "failed"}, []) == (ends(report), world["b"].effects)
    assert "its release is not known" in reason(report, "b")


def test_a_package_lock_that_is_taken_ends_the_host_as_busy() -> None:
    """Somebody else installs: nothing was done, the host ends busy, and the run exits 3."""
    world = World(["a"])
    world["a"].facts["updates"] = pending(update("openssl"))
    world["a"].programs["apt"] = lambda _host, _argv: (75, "held by unattended-upgr")
    report = world.run(PACKAGES)
    assert (3, {"a": "busy"}, True) == (report.exit_code, ends(report), "unattended-upgr" in reason(report, "a"))


def test_a_reboot_is_proved_and_pays_its_debt() -> None:
    """After the proved boot the debt that an earlier run left is struck out."""
    world = owing("a")
    world.run(REBOOT.replace("always", "never"))
    assert {"a": 1} == {host: len(owed) for host, owed in debts(world.journal).items()}
    assert {"a": "changed"} == ends(world.run(REBOOT))
    assert {} == debts(world.journal)


def test_a_debt_that_is_none_any_more_is_struck_out_once() -> None:
    """Somebody else booted the host: the next run pays the debt, and the one after it writes nothing."""
    world = owing("a")
    world.run(REBOOT.replace("always", "never"))
    world["a"].facts["reboot_owed"] = RebootOwed(())
    world.run(REBOOT)
    assert 1 == len(world.events("debt_paid"))
    world.run(REBOOT)
    assert 0 == len(world.events("debt_paid"))


def test_a_window_that_is_closed_leaves_work_waiting() -> None:
    """A reboot outside its declared window: the host ends as waiting with the debt, and the run exits 3."""
    world = owing("a", window="Sun 03:00-04:00 UTC")
    report = world.run(REBOOT.replace("always", "auto"))
    assert (3, {"a": "waiting"}, []) == (report.exit_code, ends(report), world["a"].effects)


def test_a_window_that_makes_no_sense_is_refused_before_anything_is_touched() -> None:
    """A mistake in the inventory ends the run before the first login."""
    world = owing("a", window="someday")
    with pytest.raises(InventoryError, match="someday"):
        world.run(REBOOT)
    assert 0 == world["a"].looks


def test_the_control_node_is_never_booted() -> None:
    """The host that healer runs on keeps its debt."""
    world = owing("a")
    world["a"].facts["machine_id"] = world.machine_id
    report = world.run(REBOOT)
    assert ({"a": "ok"}, []) == (ends(report), world["a"].effects)
    assert ["reboot"] == [debt.kind for debt in debts(world.journal)["a"]]


@pytest.mark.fault("H9", "H10")
def test_the_old_boot_id_is_no_proof() -> None:
    """A host that never went down is not taken for booted: its outcome is unknown and it is held."""
    world = owing("a")
    world["a"].facts["ignores_reboot"] = True
    report = world.run(REBOOT)
    assert ({"a": "unknown"}, True) == (ends(report), "boot id is still the old one" in reason(report, "a"))
    assert [] != world.events("host_held")


@pytest.mark.fault("H9")
def test_the_wrong_kernel_after_the_boot_is_bad() -> None:
    """The host came back with another kernel than the planned one: it has failed, and both kernels are named."""
    world = owing("a")
    world["a"].facts["kernel"] = Kernel("6.1.0-1", "#1", "6.1.0-2", applicable=True, stale=True)
    report = world.run(REBOOT)
    assert ({"a": "failed"}, True) == (ends(report), "runs kernel 6.1.0-1, planned was 6.1.0-2" in reason(report, "a"))


@pytest.mark.fault("H9")
@pytest.mark.parametrize("shown", ["", "not-a-boot-id"])
def test_a_host_that_shows_no_boot_id_is_not_proved(shown: str) -> None:
    """After the boot no boot id can be read, or something that is none: that proves nothing, and the host is held."""
    world = owing("a")
    real = world["a"].look

    def look(names: tuple[str, ...]) -> Facts:
        seen = real(names)
        identity = seen.read("identity", Identity)
        if world["a"].boot == 1 or isinstance(identity, Unknown):
            return seen
        return Facts({**seen.readings, "identity": replace(identity, boot_id=shown)})

    world["a"].look = look  # type: ignore[method-assign]  # the kernel tells no boot id any more
    report = world.run(REBOOT)
    assert ({"a": "unknown"}, True) == (ends(report), "the host shows no boot id" in reason(report, "a"))


@pytest.mark.fault("H9")
@pytest.mark.parametrize(("answer", "sentence"), [(10, "the mark in /run is still there"), (11, "read-only"), (7, "exit code 7")])
def test_a_host_that_cannot_be_written_or_keeps_its_mark_is_not_proved(answer: int, sentence: str) -> None:
    """Another boot id alone is no proof: the mark in /run must be gone, and the host must be able to write."""
    world = owing("a")
    real = world["a"].command
    world["a"].command = (  # type: ignore[method-assign]  # the host answers so after its boot
        lambda command: CommandResult(answer) if SEE_MARK in command.argv else real(command)
    )
    report = world.run(REBOOT)
    assert ({"a": "unknown"}, True) == (ends(report), sentence in reason(report, "a"))


@pytest.mark.fault("H10")
def test_a_boot_loop_is_bad() -> None:
    """A host that boots again right after it came back is not proved."""
    world = owing("a")
    real = world["a"].look
    looks = [0]

    def look(names: tuple[str, ...]) -> object:
        looks[0] += world["a"].boot > 1
        if looks[0] == 2:
            world["a"].boot += 1
        return real(names)

    world["a"].look = look  # type: ignore[method-assign,assignment]  # the host boots once more
    report = world.run(REBOOT)
    assert ({"a": "failed"}, True) == (ends(report), "boot loop" in reason(report, "a"))


@pytest.mark.fault("H7")
def test_a_host_that_does_not_come_back_is_unknown_and_held() -> None:
    """Slow is not failed: when the time is over nobody knows, and a person has to look."""
    world = owing("a")
    world["a"].boot_seconds = 10000.0
    report = world.run(REBOOT)
    assert ({"a": "unknown"}, True) == (ends(report), "not back after 600 s" in reason(report, "a"))


def test_restarts_pay_for_what_an_earlier_run_left() -> None:
    """Nothing runs replaced code any more: the debts about it are struck out."""
    world = World(["a"])
    world["a"].facts["stale_processes"] = StaleProcesses((StaleProcess(7, 1, "bash", "session", "", ("/lib/libssl.so",), ("libssl3",)),))
    world.run(STALE)
    assert ["manual"] == [debt.kind for debt in debts(world.journal)["a"]]
    world["a"].facts["stale_processes"] = StaleProcesses(())
    world.run(STALE)
    assert {} == debts(world.journal)


def restarted(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
    """Run the new code from now on."""
    units = host.facts["units"]
    assert isinstance(units, Units)
    host.facts["stale_processes"] = StaleProcesses(())
    host.facts["units"] = replace(units, units={**units.units, "web.service": unit("web.service", invocation="second")})
    return 0, ""


def test_stale_services_are_restarted_and_proved() -> None:
    """The service that runs replaced code gets a new invocation, and the host ends as changed."""
    world = World(["a"])
    stale = StaleProcess(9, 1, "web", "service", "web.service", ("/lib/libssl.so",), ("libssl3",))
    world["a"].facts["stale_processes"] = StaleProcesses((stale,))
    world["a"].programs["restart web.service"] = restarted
    world["a"].programs["restart"] = restarted
    report = world.run(STALE)
    assert ({"a": "changed"}, ("web.service",)) == (ends(report), report.hosts[0].restarted)
