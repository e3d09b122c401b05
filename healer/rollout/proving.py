"""What a canary proved: the package versions that others of its release and architecture get, exactly these. Pure."""

from collections.abc import Mapping

from healer.model.action import Act, Job
from healer.model.facts import OsRelease, Verdict
from healer.model.policy import FrozenVersions
from healer.platforms.receipt import read_receipt
from healer.rollout.fold import RunState


def release_key(release: OsRelease) -> str:
    """Return what tells two sets of package versions apart: release and architecture."""
    return f"{release.id}-{release.version}/{release.architecture}"


def frozen_for(state: RunState, group: str, release: str) -> Mapping[str, str]:
    """Return the versions that were proved in the budget group for this release; none when it is not known or nothing was proved."""
    proved = state.frozen.get(group, {}).get(release)
    return proved.versions if proved else {}


def fresh_versions(state: RunState, host: str, group: str, release: str) -> FrozenVersions | None:
    """Return what good tasks of the host installed and nobody of its group had proved before, or None."""
    known = frozen_for(state, group, release)
    fresh = {name: version for name, version in _installed(state, host).items() if name not in known}
    return FrozenVersions(release, fresh) if fresh else None


def _installed(state: RunState, host: str) -> dict[str, str]:
    """Return what the host's good tasks installed: what was planned, and what its dependencies brought along."""
    versions: dict[str, str] = {}
    results = state.results.of(host)
    for address, planned in state.decisions.of(host).items():
        ended = results.get(address)
        if isinstance(planned.decision, Act) and ended is not None and ended.verdict is Verdict.GOOD:
            versions.update(planned.decision.versions)
            versions.update(_brought_along(state, host, address) if planned.decision.versions else {})
    return versions


def _brought_along(state: RunState, host: str, address: str) -> dict[str, str]:
    """Return the versions that the task's jobs tell of and were allowed to bring: a host's words alone pin nothing on others."""
    found: dict[str, str] = {}
    for (intended, _index), (intent, ended) in state.acts.of(host).items():
        if intended == address and intent is not None and ended is not None and isinstance(intent.action.verb, Job):
            allowed = set(intent.action.verb.arguments)
            told = read_receipt(ended.output).versions
            found |= {name: after for name, before, after in told if after != before and f"{name}={after}" in allowed}
    return found


def left_behind(state: RunState, host: str, address: str) -> tuple[str, ...]:
    """Return the configuration files that the task's jobs left beside those in use, for a person to merge."""
    records = [record for (intended, _index), record in state.acts.of(host).items() if intended == address]
    jobs = [ended for intent, ended in records if intent and ended and isinstance(intent.action.verb, Job)]
    return tuple(dict.fromkeys(path for ended in jobs for path in read_receipt(ended.output).left))
