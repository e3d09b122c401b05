"""Hosts with services that fall and hang, for stories: what the script of a rung does to them is a function of the story's own."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fake_host import FakeHost
from world import World

from healer.model.facts import Load, Verdict
from healer.model.services import ProbeReading, ProcessTroubles, ServiceState, ServiceStates

BUNDLED = (Path(__file__).parents[2] / "playbooks" / "services.yml").read_text(encoding="utf-8").replace("hosts: all", "hosts: web")
UNIT = "app.service"
UPTIME = 100_000.0
CALM = Load(0.1, 0.1, 0.1, 2, 2**31, 2**30, {"cpu_some_60": 1.0, "io_some_60": 0.0, "memory_full_60": 0.0})
POLICY = [{"unit": UNIT, "probes": [{"tcp": 8080}]}]


def state(active: str = "active", **changes: object) -> ServiceState:
    """Return the application's state, running for a day, but for the changes."""
    sub = {"active": "running", "failed": "failed"}.get(active, "dead")
    plain = ServiceState(
        UNIT, active=active, sub=sub, type="simple", enabled="enabled", restart="no", restarts=0, invocation="first", main_pid=77,
        started=1000.0, changed=1000.0, cpu=1.0, reloads=True,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]  # a story names the fields


def shows(host: FakeHost, *states: ServiceState, probe: Verdict = Verdict.GOOD) -> None:
    """Let the host's services be these, and the application's probe say so."""
    named = {UNIT: (UNIT,)}
    host.facts["services"] = ServiceStates(host.boot_id, UPTIME, {one.name: one for one in states}, named)
    why = "" if probe is Verdict.GOOD else "no answer within 5 s"
    reading = ProbeReading(UNIT, 0, "tcp", "port 8080 answers", probe, why, "tcp 8080", tries=1 if probe is Verdict.GOOD else 3)
    host.facts |= {
        "service_probes": (reading,),
        "service_checks": (),
        "process_troubles": ProcessTroubles(),
        "package_changes": (),
        "load": CALM,
    }


def falls(host: FakeHost) -> None:
    """Let the application have crashed."""
    shows(host, state("failed", result="signal", changed=UPTIME - 60))


def hangs(host: FakeHost) -> None:
    """Let the application run and answer nobody."""
    shows(host, state(), probe=Verdict.BAD)


def is_well(host: FakeHost, invocation: str = "second") -> None:
    """Let the application run and answer."""
    shows(host, state(invocation=invocation))


def brings_back(host: FakeHost, rung: str, *, then: Callable[[FakeHost], None] = is_well, status: int = 0) -> None:
    """Let a rung end so, and leave the application so."""

    def act(one: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
        then(one)
        return status, f"healer: {UNIT} was told to {rung}\n"

    host.programs[f"healer {rung} {UNIT}"] = act


def fleet(*names: str, **variables: object) -> World:
    """Return hosts on which the application is well, each with the policy."""
    world = World(names, {name: {"services": POLICY, **variables} for name in names})
    for name in names:
        is_well(world[name], "first")
        world[name].programs[f"healer {UNIT}"] = lambda one, _argv: (0, f"evidence of {one.name}: pid 77 waits in futex\n")
    return world


def rungs(host: FakeHost) -> list[str]:
    """Return which rungs were tried on the host, in order."""
    return [what.split()[1] for what in host.what if what.startswith("healer ")]
