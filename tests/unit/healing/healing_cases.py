"""A host with the service web on it, as values."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from healer.healing.policy import ServicesPolicy, policy_of
from healer.healing.survey import Seen, Survey, survey
from healer.model.events import Event, Stamped
from healer.model.facts import Facts, Load, Unknown, Verdict
from healer.model.services import (
    Heal,
    ProbeReading,
    ProcessTroubles,
    Rung,
    ServiceJudgement,
    ServicePast,
    ServiceSample,
    ServiceState,
    ServiceStates,
)

NOW = 1_800_000_000.0
UPTIME = 90_000.0
WEB = "web.service"
URL = "http://127.0.0.1/"
SIGNATURE = "http 127.0.0.1/"


def policy(**changes: Any) -> ServicesPolicy:
    """Return the policy that names web with one probe, but for the changes of web's entry."""
    return policy_of({"services": [{"unit": WEB, "probes": [{"http": URL}], **changes}]})


def state(name: str = WEB, **changes: Any) -> ServiceState:
    """Return a service that has been up for hours, but for the changes."""
    usual: dict[str, Any] = {"active": "active", "sub": "running", "result": "success", "type": "simple", "enabled": "enabled"}
    usual |= {"restarts": 0, "invocation": "i1", "main_pid": 7, "started": 100.0, "changed": 100.0}
    return ServiceState(name, **{**usual, **changes})


def dead(name: str = WEB, ago: float = 5.0, **changes: Any) -> ServiceState:
    """Return a service that a signal has ended so many seconds ago, but for the changes."""
    return state(name, **{"active": "failed", "sub": "failed", "result": "signal", "changed": UPTIME - ago, **changes})


def looping(name: str = WEB, **changes: Any) -> ServiceState:
    """Return a service between two of its manager's restarts."""
    return state(
        name,
        **{
            "active": "activating",
            "sub": "auto-restart",
            "result": "exit-code",
            "exit_status": 1,
            "restarts": 9,
            "changed": UPTIME - 1,
            **changes,
        },
    )


def states(*of: ServiceState, boot: str = "b1", **named: tuple[str, ...]) -> ServiceStates:
    """Return what the manager shows. Each service stands for its own name, unless `named` says otherwise."""
    own = named or {one.name: (one.name,) for one in of}
    return ServiceStates(boot, UPTIME, {one.name: one for one in of}, own)


def reading(verdict: str = "good", unit: str = WEB, **changes: Any) -> ProbeReading:
    """Return the answer to web's probe; a bad one was bad three times."""
    usual: dict[str, Any] = {"number": 0, "kind": "http", "asks": f"GET {URL}", "signature": SIGNATURE}
    usual |= {"reason": "timed out", "tries": 3} if verdict == "bad" else {}
    return ProbeReading(unit, verdict=Verdict(verdict), **{**usual, **changes})


def load(**pressure: float) -> Load:
    """Return an idle host, but for the pressure (keys such as cpu_some_60)."""
    return Load(0.1, 0.1, 0.1, 2, 1, 1, pressure)


def facts(*of: ServiceState, answers: tuple[ProbeReading, ...] = (reading(),), **readings: object) -> Facts:
    """Return what was seen of a host with these services (web, up for hours, when there are none); `readings` replace."""
    shown = {
        "services": states(*(of or (state(),))),
        "service_checks": (),
        "service_probes": answers,
        "process_troubles": ProcessTroubles(),
    }
    return Facts({**shown, "load": load(), "package_changes": (), **readings})


BLIND = Facts({"services": Unknown("systemctl timed out")})
STUCK = facts(answers=(reading("bad"),))
DEAD = facts(dead())
WELL = facts()


def fleet(own: Facts | None = None, *others: Facts | None, rules: ServicesPolicy | None = None, past: ServicePast | None = None) -> Survey:
    """Return the survey of h1 (`own`) and of the others of its group, h2 and on; a host without facts could not be reached."""
    hosts = [Seen("h1", "web", rules or policy(), own or STUCK, past or ServicePast())]
    hosts += [Seen(f"h{number}", "web", rules or policy(), one, ServicePast()) for number, one in enumerate(others, start=2)]
    return survey(hosts, NOW)


def heal(ago: float = 100.0, rung: Rung = "restart", unit: str = WEB, **changes: Any) -> Heal:
    """Return a try of so many seconds ago that did not help, but for the changes."""
    return replace(Heal("h1", unit, rung, NOW - ago, Verdict.BAD), **changes)


def sample(**changes: Any) -> ServiceSample:
    """Return how web was at an earlier look."""
    return replace(ServiceSample(restarts=0, invocation="i1"), **changes)


def past(*heals: Heal, ago: float = 60.0, **changes: Any) -> ServicePast:
    """Return what the journal knows since a look so many seconds ago in the same boot."""
    usual: dict[str, Any] = {"at": NOW - ago, "boot_id": "b1", "samples": {WEB: sample()}, "heals": heals}
    return ServicePast(**{**usual, **changes})


def judgement(choice: str = "heal", **changes: Any) -> ServiceJudgement:
    """Return a judgement of web."""
    return replace(ServiceJudgement(WEB, "failed", "it is down", choice, "down", "because"), **changes)  # type: ignore[arg-type]  # words of Choice


def stamped(*events: Event, at: float = NOW, every: float = 1.0, run: str = "r1") -> list[Stamped]:
    """Return the events as the journal gives them back, the first at `at`."""
    return [Stamped(n, run, datetime.fromtimestamp(at + n * every, UTC), event) for n, event in enumerate(events)]
