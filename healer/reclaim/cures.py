"""What would keep a disk from filling again: for each log that had to be given back, the bound that is missing, as a diff. Pure.

Only what is known to lose no line is proposed as a file; for the rest there are words. What takes effect does so at the next rotation:
nothing is restarted or rotated for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import unified_diff

from healer.model.facts import Disk, Unknown
from healer.model.logs import DockerConfig, JournalUse, LogFile, LogFiles, Logrotate, Stanza
from healer.model.words import first_few
from healer.reclaim.guards import against
from healer.reclaim.names import original, was_rotated
from healer.reclaim.never import homes
from healer.reclaim.past import WEEK
from healer.reclaim.remains import remains
from healer.reclaim.sources.contract import Situation
from healer.reclaim.stanzas import CAP, CHECK, bound, bounded, can_be_named, covering, own_file, told, written
from healer.reclaim.trouble import troubles
from healer.reclaim.words import size_words, who

MOST = 20
SCHEDULE = "run `healer logs` by a timer or cron, which loses none"
NOBODY_RUNS = "and nobody runs logrotate: systemctl enable --now logrotate.timer"
JOURNAL_CAP = "/etc/systemd/journald.conf.d/50-healer.conf"
MIB = 1024**2
LEAST_CAP, MOST_CAP = 64 * MIB, 1024 * MIB
JOURNAL_SHARE = 20
"""systemd's journal gets a twentieth of its disk, between those two."""
DOCKER_FILE = "/etc/docker/daemon.json"
DOCKER_CHECK = ("dockerd", "--validate", "--config-file", "%s")
DOCKER = """{
    "log-driver": "json-file",
    "log-opts": {"max-size": "50m", "max-file": "3"}
}
"""


@dataclass(frozen=True, slots=True)
class Cure:
    """For `what` something is missing: `why`. With a `path` it is that this file gets the text `new` instead of `old`, empty for a new one.

    `check` is a command that must accept the file before it is put in place; `%s` stands for it.
    """

    what: tuple[str, ...]
    why: str
    path: str = ""
    old: str = ""
    new: str = ""
    check: tuple[str, ...] = ()

    @property
    def diff(self) -> str:
        """Return the change as a unified diff, empty where there are only words."""
        before = self.path if self.old else "/dev/null"
        return "".join(unified_diff(self.old.splitlines(keepends=True), self.new.splitlines(keepends=True), before, self.path))

    @property
    def text(self) -> str:
        """Return what a person reads: the sentence, then the diff."""
        return f"cure for {first_few(self.what)}: {self.why}\n{self.diff}".rstrip("\n")


def cures(situation: Situation) -> tuple[Cure, ...]:
    """Return what is proposed, none for what is bounded already."""
    lately = _lately(situation)
    return (*_logs(situation, lately), *_journal(situation, lately), *_docker(situation))


def _lately(situation: Situation) -> set[str]:
    """Return the mounts that are too full, will be soon, or were within the week."""
    disks = situation.facts.get("disks")
    now = troubles(disks if isinstance(disks, tuple) else (), situation.policy, situation.past)
    recent = (one for one in situation.past.samples if situation.now - one.at <= WEEK)
    full = {one.mount for one in recent if 100 * one.used > situation.policy.over * (one.used + one.available)}
    return {one.mount for one in now} | full


@dataclass(slots=True)
class _Desk:
    """The texts as they will be, and what was changed in them so far: two logs may stand in one file, or in one stanza."""

    known: Logrotate
    texts: dict[str, str]
    changed: dict[str, list[str]] = field(default_factory=dict)
    done: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)

    def write(self, path: str, text: str, what: str) -> None:
        """Change a file for a log."""
        self.texts[path] = text
        self.changed.setdefault(path, []).append(what)


def _logs(situation: Situation, lately: set[str]) -> Iterator[Cure]:
    """Yield the words for logs that no file can cure, then the files."""
    known = situation.facts.read("logrotate", Logrotate)
    offenders = list(_offenders(situation, lately))
    if isinstance(known, Unknown):
        if offenders:
            yield Cure(tuple(one.path for one in offenders), f"what logrotate does about it is not known: {known.reason}")
        return
    desk = _Desk(known, dict(known.texts))
    for file in offenders:
        words = _uncured(desk, file, large=file.allocated >= situation.policy.min_size)
        if words:
            yield Cure((file.path,), words)
    for path, what in desk.changed.items():
        yield Cure(tuple(what), _change(known, path), path, known.texts.get(path, ""), desk.texts[path], CHECK)


def _offenders(situation: Situation, lately: set[str]) -> Iterator[LogFile]:
    """Yield the logs that are large on a disk that was too full, and those that were given back within the week, the largest first."""
    files = situation.facts.read("log_files", LogFiles)
    if isinstance(files, Unknown):
        return
    given_back = _given_back(situation)
    data = homes(tuple(file.path for file in files.files))
    found = (
        file
        for file in files.files
        if (file.path in given_back or (file.mount in lately and file.allocated >= situation.policy.min_size))
        and (file.deleted or not was_rotated(file.path))
        and not against(file, situation.policy, data)
    )
    yield from sorted(found, key=lambda one: (-one.allocated, one.path))[:MOST]


def _uncured(desk: _Desk, file: LogFile, *, large: bool) -> str:
    """Write down what cures the log and return nothing, or return why no file does, and what to do."""
    if file.deleted:
        return f"it is deleted, and {who(file.writers)} still writes to it: only a restart lets it go"
    if not desk.known.installed:
        return f"logrotate is not installed: install it, or {SCHEDULE}"
    stanza = covering(file.path, desk.known)
    return _own_stanza(desk, file) if stanza is None else _in_stanza(desk, file, stanza, large=large)


def _in_stanza(desk: _Desk, file: LogFile, stanza: Stanza, *, large: bool) -> str:
    limit, key = bound(stanza, desk.known), (stanza.file, stanza.patterns)
    if limit:
        return _too_late(desk.known, file, f"`{limit}` in {stanza.file}") if large else ""
    if key in desk.done:
        desk.changed[stanza.file].append(file.path)
        return ""
    text = bounded(desk.texts.get(stanza.file, ""), stanza)
    if not text:
        return f"a stanza in {stanza.file} covers it and bounds nothing: add `maxsize {CAP}` to it by hand"
    desk.done.add(key)
    desk.write(stanza.file, text, file.path)
    return ""


def _too_late(known: Logrotate, file: LogFile, limit: str) -> str:
    fault = next((one for one in known.faults if file.path in one), "")
    if fault:
        return f"{limit} should bound it, but {fault}"
    if not known.scheduled:
        return f"{limit} should bound it, {NOBODY_RUNS}"
    return f"{limit} bounds it, but it grows faster than logrotate runs: let logrotate.timer run hourly, or {SCHEDULE}"


def _own_stanza(desk: _Desk, file: LogFile) -> str:
    path, signals = own_file(file.path), told(file)
    if file.writers and not signals:
        loses = "`copytruncate` in a stanza would lose the lines that come between copy and cut"
        return f"{who(file.writers)} is not known to open its log anew when it is told to: {SCHEDULE}; {loses}"
    if not can_be_named(file.path) or path in desk.texts:
        return "no stanza of logrotate covers it: write one by hand, its name or the file that healer would write stands in the way"
    desk.write(path, written(file.path, signals), file.path)
    return ""


def _change(known: Logrotate, path: str) -> str:
    old = known.texts.get(path, "")
    why = f"its stanza bounds nothing, so that it grows until its day comes: {CAP}" if old else "no stanza of logrotate covers it"
    loses = "; its `copytruncate` loses lines at each rotation" if "copytruncate" in old else ""
    runs = "it takes effect when logrotate runs next" if known.scheduled else f"it would take effect when logrotate runs, {NOBODY_RUNS}"
    return f"{why}{loses}; {runs}"


def _journal(situation: Situation, lately: set[str]) -> Iterator[Cure]:
    """Yield a bound for systemd's journal where it has none but the built-in one and shares a disk that was too full."""
    use, disks = situation.facts.read("journal_use", JournalUse), situation.facts.get("disks")
    if isinstance(use, Unknown) or use.cap or use.mount not in lately:
        return
    disk = next((one for one in disks if isinstance(one, Disk) and one.mount == use.mount), None) if isinstance(disks, tuple) else None
    taken = sum(file.allocated for file in use.files)
    if disk is None or taken < min(LEAST_CAP, situation.policy.min_size):
        return
    cap = max(LEAST_CAP, min(MOST_CAP, disk.size // JOURNAL_SHARE)) // MIB
    text = f"# By healer.\n[Journal]\nSystemMaxUse={cap}M\n"
    why = f"it takes {size_words(taken)} and has no bound of its own; this one holds from journald's next start on, which nobody forces"
    yield Cure(("systemd's journal",), why, JOURNAL_CAP, "", text)


def _docker(situation: Situation) -> Iterator[Cure]:
    """Yield the bound for logs of containers: a file where docker has none. One that it has may hold passwords, and is left to a person."""
    back = _given_back(situation)
    large = [one for one in remains(situation, "docker_log") if one.allocated >= situation.policy.min_size or one.path in back]
    if not large:
        return
    what, config = tuple(one.path for one in large), situation.facts.read("docker_config", DockerConfig)
    against = _against_a_file(config)
    if against:
        told = " ".join(DOCKER.strip("{}\n ").split())
        yield Cure(what, f"docker bounds no log unless it is told to: {told} in {DOCKER_FILE}, and containers made anew; {against}")
    else:
        why = "docker bounds no log unless it is told to; this holds for containers made after dockerd's next start, which nobody forces"
        yield Cure(what, why, DOCKER_FILE, "", DOCKER, DOCKER_CHECK)


def _against_a_file(config: DockerConfig | Unknown) -> str:
    if isinstance(config, Unknown):
        return f"what docker is told now is not known: {config.reason}"
    if config.present:
        return "that file is there, and is not read here: passwords of proxies may stand in it"
    if config.flags:
        return f"dockerd is told by {', '.join(config.flags)}, and would not start with both"
    if not config.runs:
        return "dockerd does not run, so that nobody knows its arguments"
    return "" if config.checks else "this dockerd cannot check a file (Docker 23 can), so that none is put in place"


def _given_back(situation: Situation) -> set[str]:
    return {original(one.path) for one in situation.past.reclaimed if situation.now - one.at <= WEEK}
