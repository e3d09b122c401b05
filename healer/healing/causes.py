"""Rules that look for who else is to blame before a service is touched: its host, its configuration, a dependency, a package. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace

from healer.healing.case import Case
from healer.healing.look import look_of
from healer.healing.survey import package_changes
from healer.model.facts import Facts, Load, Unknown, Verdict
from healer.model.services import PackageChange, ServiceJudgement
from healer.model.words import first_few

MEMORY_STALLED = 20.0
"""Percent of a minute in which nothing at all could run for want of memory (PSI `full`)."""
CROWDED = 2.0
"""Runnable processes for each processor from which a host counts as starved where its kernel tells no pressure."""
AT_WORK = 0.2
"""Share of one processor that a service uses so that it counts as working."""
PATIENCE = 600.0
"""Seconds for which a service that works and does not answer is waited for. After that it turns in circles."""
CONFIGURATION = {203: "its program cannot be run", 217: "its user does not exist", 226: "its name space cannot be set up"}
"""Exit statuses of systemd itself (systemd.exec(5)): it never came to the service's own code."""
BLAME = 900.0
"""Seconds after a package change within which trouble that begins is put down to it."""
CLOCKS = 60.0
"""Seconds by which the host's clock and ours may differ."""
WORDS = (
    ("a certificate or TLS", re.compile(r"certificate|x509|\b(tls|ssl)\b|handshake", re.IGNORECASE)),
    ("DNS", re.compile(r"name resolution|resolve|nxdomain|servfail|getaddrinfo|name or service not known|no such host", re.IGNORECASE)),
)


def starved(case: Case) -> ServiceJudgement | None:
    """Wait for a service that gets no processor, disk or memory: it is slow, not stuck, and a restart would only add to that."""
    if case.finding.kind != "stuck":
        return None
    why, known = pressed(case.facts, case.policy.starved)
    if not known:
        return case.judge("wait", "starved", f"whether the host is starved is not known ({why}): a slow service is not restarted for that")
    why = why or _working(case)
    if not why:
        return None
    return case.judge("wait", "starved", f"{why}: it is slow, not stuck; raise the probe's timeout if this goes on", cause=why)


def pressed(facts: Facts, limit: float) -> tuple[str, bool]:
    """Return why the host counts as starved (empty when it does not), and True; or why that is not known, and False."""
    load = facts.read("load", Load)
    if isinstance(load, Unknown):
        return load.reason, False
    if isinstance(load.pressure, Unknown):
        crowded = load.one >= CROWDED * max(1, load.processors)
        return (f"the host is starved: load {load.one:g} on {load.processors} processors" if crowded else ""), True
    each = (("cpu_some_60", "processor", limit), ("io_some_60", "disk", limit), ("memory_full_60", "memory", MEMORY_STALLED))
    over = [f"{word} {share:.0f}%" for key, word, most in each if (share := load.pressure.get(key, 0.0)) > most]
    return (f"the host is starved (pressure over a minute: {', '.join(over)})" if over else ""), True


def _working(case: Case) -> str:
    look = look_of(case.facts, case.policy, case.past, case.now)
    before = look.sample(case.finding.unit) if look else None
    apart = case.now - case.past.at
    if before is None or case.state is None or isinstance(case.state.cpu, Unknown) or before.cpu < 0 or apart < 1:
        return ""
    works = before.invocation == case.state.invocation and case.state.cpu - before.cpu >= AT_WORK * apart
    return "it uses processor time, so that it works on something" if works and case.now - case.finding.since < PATIENCE else ""


def configuration(case: Case) -> ServiceJudgement | None:
    """Start nothing that its manager cannot even begin: its configuration must be mended."""
    status = case.state.exit_status if case.state else 0
    if not case.down or status not in CONFIGURATION or (case.state and case.state.result not in ("", "exit-code", "start-limit-hit")):
        return None
    reason = f"{CONFIGURATION[status]} (status {status}): a start cannot help; mend its unit file, then start it"
    return case.judge("tell", "configuration", reason, cause=CONFIGURATION[status])


def memory(case: Case) -> ServiceJudgement | None:
    """Start once what was killed for memory; after that it would only be killed again."""
    tried = case.tried or any(heal.unit == case.finding.unit and case.now - heal.at < case.entry.within for heal in case.past.heals)
    if case.finding.kind != "memory" or (case.finding.dead and not tried):
        return None
    what = "it was started once since, and killed again" if case.finding.dead else "its manager has it up"
    return case.judge("tell", "memory", f"{case.finding.detail}; {what}: give it more memory or a limit", cause="memory")


def dependency(case: Case) -> ServiceJudgement | None:
    """Leave a service until what it depends on is well. One that is down may be started where that is only not known."""
    verdicts = [(word, depends(case, word)) for word in case.entry.depends_on]
    bad = [word for word, verdict in verdicts if verdict is Verdict.BAD]
    doubtful = [word for word, verdict in verdicts if verdict is Verdict.UNKNOWN]
    if bad:
        return case.judge(
            "withhold", "dependency", f"it depends on {first_few(bad)}, which is down: bring that back first", cause=first_few(bad)
        )
    if doubtful and not case.down:
        cause = first_few(doubtful)
        return case.judge(
            "withhold", "dependency", f"it depends on {cause}, of which nothing is known now: look at that first", cause=cause
        )
    return None


def depends(case: Case, word: str) -> Verdict:
    """Return whether what the word names (UNIT of the same host, HOST/UNIT) is well. What a host does not show as in trouble is well."""
    host, _, unit = word.rpartition("/")
    host = host or case.host
    verdict = case.survey.units.get(unit, {}).get(host)
    if verdict is not None:
        return verdict
    looked = host == case.host or (host in case.survey.hosts and host not in case.survey.unreached)
    return Verdict.GOOD if looked else Verdict.UNKNOWN


def shared(case: Case) -> ServiceJudgement | None:
    """Restart nothing where half of the hosts, and two at least, answer the same question badly: it is not one service's fault."""
    if case.finding.kind != "stuck":
        return None
    members = case.survey.groups.get(case.group, ())
    for signature in case.finding.signatures:
        verdicts = {host: one for host, one in case.survey.signatures.get(signature, {}).items() if host in members}
        bad = sorted(host for host, verdict in verdicts.items() if verdict is Verdict.BAD)
        good = [host for host, verdict in verdicts.items() if verdict is Verdict.GOOD]
        if len(bad) >= 2 and len(bad) >= len(good):
            common = common_factor(case, signature, bad)
            cause = f"{case.finding.unit} does not answer on half or more of {case.group or 'the fleet'}, and the cause is shared: {common}"
            reason = f"its probe is bad on {first_few(bad)} too: a shared cause ({common}); restarts would not help"
            return case.judge("withhold", "shared-cause", reason, cause=cause)
    return None


def common_factor(case: Case, signature: str, bad: list[str]) -> str:
    """Return what the hosts on which a question is answered badly have in common, as far as it can be told."""
    said = case.survey.said.get(signature, ())
    for name, words in WORDS:
        if said and all(words.search(one) for one in said):
            return f"{name} ({said[0]})"
    each = [{(one.package, one.new) for one in case.survey.changes.get(host, ()) if _just_before(one, case)} for host in bad]
    packages = sorted(set.intersection(*each))
    if packages:
        return f"{packages[0][0]} {packages[0][1]}, which all of them got just before"
    return f"what it depends on ({said[0]})" if said and said[0] else "what it depends on"


def _just_before(change: PackageChange, case: Case) -> bool:
    return -CLOCKS <= (case.finding.since or case.now) - change.at <= BLAME


def blamed(case: Case) -> PackageChange | None:
    """Return the newest change of a package of this service that its trouble began just after; none where that has been taken back."""
    known = package_changes(case.facts)
    mine = [one for one in known if case.finding.unit in one.units and _just_before(one, case)]
    newest = max(mine, key=lambda one: one.at, default=None)
    return None if newest is None or _takes_back(newest, known) else newest


def _takes_back(change: PackageChange, known: Iterable[PackageChange]) -> bool:
    """Whether the change undoes an earlier one. To undo it in turn would bring back what was found to be bad."""
    return any((one.package, one.old, one.new) == (change.package, change.new, change.old) and one.at <= change.at for one in known)


def package(case: Case) -> ServiceJudgement | None:
    """Put trouble that began with a package change down to it: a start is tried once, and the way back where the policy allows it."""
    change = blamed(case) if case.finding.kind in ("failed", "crash_loop", "stuck", "memory") else None
    if change is None:
        return None
    tried = case.tried or any(heal.unit == case.finding.unit and heal.at >= change.at - CLOCKS for heal in case.past.heals)
    cause = f"{change.package} {change.old} -> {change.new}"
    which = (change.package, change.old, change.new)
    if case.down and not tried:
        then = "; if that does not help, that package goes back" if case.policy.rollback else ""
        return replace(case.heal("start", "package", f"it began with {cause}: it is started once{then}"), cause=cause, package=which)
    if case.policy.rollback and not tried:
        reason = f"it began with {cause}: that package goes back, then the service is tried"
        return replace(case.heal("restart", "package", reason), cause=cause, package=which)
    hint = (
        "that package goes back, where that is proved to touch nothing else"
        if case.policy.rollback
        else f"healer services --rollback --limit {case.host} takes exactly that package back"
    )
    return replace(
        case.judge("tell", "package", f"it began with {cause}, and a restart does not mend that; {hint}", cause=cause), package=which
    )
