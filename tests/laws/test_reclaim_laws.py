"""Laws of reclaiming: whatever is on a host, nothing that must stay is touched, and nothing is freed that was not archived."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from reclaim_cases import ALL, BLOCK, NOW, disk, situation

from healer.discovery import plugins
from healer.model.action import Archive, Free
from healer.model.facts import Unknown
from healer.model.logs import DiskPast, LogFile, Opener, Reclaimed, Toolbox
from healer.reclaim.guards import below
from healer.reclaim.never import never
from healer.reclaim.policy import LogsPolicy
from healer.reclaim.select import Choice, choose
from healer.reclaim.sources.contract import Candidate, Situation, Source

SOURCES = plugins("healer.reclaim.sources", Source)
OWN = tuple(SOURCES[name] for name in ("deleted", "open_logs", "rotated"))
MOUNTS = ("/var/log", "/srv")
BIG = 200 * BLOCK
EXAMPLES = 60


LOGS = (
    *("/var/log/app.log", "/var/log/b.log", "/var/log/syslog", "/var/log/a.log.1", "/var/log/a.log.2.gz", "/var/log/d.2026-11-20.log"),
    *("/var/log/e.log.healer-20261123T061500Z", "/srv/app/app.log"),
)
DATA = (
    *("/var/log/wtmp", "/var/log/mysql-bin.000001", "/var/log/t-0/000.log", "/var/log/x.db", "/var/log/keep/app.log"),
    *("/var/log/audit/audit.log", "/srv/app/data", "/srv/other/app.log", "/etc/x.log"),
)
sizes = st.builds(lambda blocks, rest: blocks * BLOCK + rest, st.integers(20, 199), st.sampled_from((0, 1, BLOCK - 1))) | st.integers(
    0, BIG
)
inodes = st.integers(1, 30)


def openers(access: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Opener, ...]]:
    """Draw who has a file open."""
    commands = st.sampled_from(("app", "postgres", "nginx", "rsyslogd", "tail"))
    numbers = {"pid": st.integers(2, 9), "started": st.integers(1, 9), "fd": st.integers(0, 9), "position": sizes}
    return st.lists(st.builds(Opener, command=commands, unit=st.just(""), access=access, append=st.booleans(), **numbers), max_size=3).map(
        tuple
    )


@st.composite
def ordinary(draw: st.DrawFn) -> LogFile:
    """Draw a log that nothing stands against but, maybe, who has it open and what the host can do."""
    deleted = draw(st.booleans())
    return LogFile(
        path=draw(st.sampled_from(LOGS)),
        mount=draw(st.sampled_from(MOUNTS)),
        device=2049,
        inode=draw(inodes),
        links=0 if deleted else 1,
        size=(size := draw(sizes)),
        allocated=min(BIG, -(-size // BLOCK) * BLOCK),
        block=BLOCK,
        mode="640",
        uid=0,
        gid=0,
        modified=NOW - draw(st.integers(0, 900_000)),
        openers=draw(openers(st.sampled_from(("write", "write", "read")))),
        deleted=deleted,
        data=draw(st.just(0) | sizes),
    )


@st.composite
def odd(draw: st.DrawFn) -> LogFile:
    """Draw an ordinary log of which one thing, or more, is not as it should be."""
    oddities: dict[str, st.SearchStrategy[Any]] = {
        "path": st.sampled_from(DATA),
        "mount": st.sampled_from(("", "/net")),
        "device": st.just(0),
        "inode": st.just(0),
        "links": st.sampled_from((0, 1, 2)),
        "block": st.sampled_from((0, 1024)),
        "allocated": sizes,
        "openers": openers(st.sampled_from(("write", "read", "both"))) | st.just(Unknown("hidden")),
        "mapped": st.sampled_from((True, Unknown("hidden"))),
        "link": st.just("/etc/shadow"),
        "deleted": st.booleans(),
    }
    names = draw(st.lists(st.sampled_from(sorted(oddities)), min_size=1, max_size=2, unique=True))
    return replace(draw(ordinary()), **{name: draw(oddities[name]) for name in names})


files = ordinary() | odd()
policies = st.builds(
    LogsPolicy,
    over=st.integers(50, 90),
    target=st.integers(20, 49),
    paths=st.sampled_from((("/var/log",), ("/var/log", "/srv/app"))),
    forbidden=st.sampled_from(((), ("/var/log/keep",))),
    min_size=st.sampled_from((0, BLOCK, BIG // 2)),
    keep=st.none() | st.integers(0, 400_000),
    archive=st.booleans(),
    lossy=st.booleans(),
    most_bytes=st.sampled_from((3 * BIG, BIG, 10 * BLOCK, 0)),
    most_files=st.integers(1, 4),
)
toolboxes = st.just(ALL) | st.builds(
    Toolbox,
    opener=st.sampled_from(("", "perl")),
    collapse=st.sampled_from(((), ("ext4",))),
    punch=st.sampled_from(((), ("ext4", "btrfs"))),
)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Draw a host with disks of a few hundred blocks, files on them, and a policy."""
    size = 4 * BIG
    disks = []
    for mount in MOUNTS:
        used = draw(st.integers(size // 2, size))
        kind = draw(st.sampled_from(("ext4", "ext4", "btrfs", "vfat")))
        inodes_used = draw(st.sampled_from((1, 30, 58, 60)))
        disks.append(disk(mount, size=size, used=used, available=size - used, kind=kind, inodes=60, inodes_used=inodes_used))
    times = st.sampled_from((10.0, 3000.0, 4000.0))
    passes = st.builds(Reclaimed, at=times.map(lambda age: NOW - age), path=st.sampled_from(LOGS[:2]), device=st.just(2049), inode=inodes,
                       length=st.just(1), run=st.sampled_from("abcd"))  # fmt: skip
    past = draw(st.lists(passes, max_size=9))
    seen = draw(st.lists(files, min_size=2, max_size=6, unique_by=lambda one: (one.path, one.inode)))
    return situation(*seen, disks=tuple(disks), toolbox=draw(toolboxes), rules=draw(policies), past=DiskPast(reclaimed=tuple(past)))


def frees(candidate: Candidate) -> list[Free]:
    """Return what the candidate frees."""
    return [action.verb for action in candidate.actions if isinstance(action.verb, Free)]


def offered(host: Situation) -> list[Candidate]:
    """Return every candidate that could ever be taken."""
    return [one for source in OWN for one in source.candidates(host)]


def seen(host: Situation, candidate: Candidate) -> LogFile:
    """Return a file that the candidate may be about: by path, and by inode where it acts."""
    files = host.facts.get("log_files").files  # type: ignore[attr-defined]  # drawn above
    inodes = {verb.span.inode for verb in frees(candidate)}
    found: LogFile = next(one for one in files if one.path == candidate.path and (not inodes or one.inode in inodes))
    return found


def chosen(host: Situation) -> Choice:
    """Return the choice of the sources of log files."""
    return choose(host, OWN)


@settings(max_examples=EXAMPLES)
@given(situations())
def test_nothing_refused_is_acted_on(host: Situation) -> None:
    """A refused candidate has no actions, and is not taken."""
    choice = chosen(host)
    assert not [one for one in (*offered(host), *choice.left) if one.refused and one.actions]
    assert not [one for one in choice.taken if one.refused or not one.actions]
    assert all(one.refused for one in choice.left)


@settings(max_examples=EXAMPLES)
@given(situations())
def test_nothing_is_freed_that_was_not_archived(host: Situation) -> None:
    """Right before each Free stands the Archive of exactly its span; with the archive off there is none."""
    for candidate in offered(host):
        verbs = [action.verb for action in candidate.actions]
        freed = [(place, verb) for place, verb in enumerate(verbs) if isinstance(verb, Free)]
        if host.policy.archive:
            assert all(place > 0 and verbs[place - 1] == Archive(verb.span) for place, verb in freed)
        else:
            assert not any(isinstance(verb, Archive) for verb in verbs)
            assert all("not kept" in candidate.how for _ in freed)


@settings(max_examples=EXAMPLES)
@given(situations())
def test_relief_goes_on_until_the_target_or_the_end(host: Situation) -> None:
    """Each disk gets what it needs, or nothing that would help it is left over; and nothing is taken that it does not need."""
    choice = chosen(host)
    for trouble in choice.troubles:
        missing = choice.missing(trouble)
        spare = [one for one in choice.spare if one.mount == trouble.mount]
        assert not [one for one in spare if (missing[0] and one.gain) or (missing[1] and one.inodes)]
        before = [one for one in choice.taken if one.mount == trouble.mount][:-1]
        room, gone = sum(one.gain for one in before), sum(one.inodes for one in before)
        assert not before or room < trouble.need or gone < trouble.need_inodes
    assert {one.mount for one in choice.taken} <= {trouble.mount for trouble in choice.troubles}


@settings(max_examples=EXAMPLES)
@given(situations())
def test_the_budgets_of_a_pass_hold(host: Situation) -> None:
    """Never more bytes or files than the policy allows."""
    taken = chosen(host).taken
    assert sum(one.gain for one in taken) <= host.policy.most_bytes
    assert len(taken) <= host.policy.most_files


@settings(max_examples=EXAMPLES)
@given(situations())
def test_a_span_ends_where_everybody_has_been(host: Situation) -> None:
    """No span goes beyond the file's size, or beyond where any of its readers is; each frees something, and no more than it takes."""
    for candidate in offered(host):
        for verb in frees(candidate):
            file = seen(host, candidate)
            end = verb.span.start + verb.span.length
            assert 0 <= verb.span.start <= end <= file.size
            assert all(end <= reader.position for reader in file.readers)
            assert 0 <= candidate.gain <= file.allocated
            assert verb.method == "delete" or verb.span.length > 0


@settings(max_examples=EXAMPLES)
@given(situations())
def test_each_method_is_used_only_where_it_fits(host: Situation) -> None:
    """Collapse: whole blocks below the size, all writers append, nobody reads. Punch: whole blocks at its end. Freeze: all append.

    Delete: nobody has it open. Truncate: only where the policy allows a loss. Through a writer's descriptor wherever there is one.
    """
    for candidate in offered(host):
        for verb in frees(candidate):
            file, steady = (
                seen(host, candidate),
                bool(seen(host, candidate).writers) and all(one.append for one in seen(host, candidate).writers),
            )
            end = verb.span.start + verb.span.length
            fits = {
                "collapse": (steady, not file.readers, verb.span.start == 0, verb.span.length % max(1, file.block) == 0, end < file.size),
                "punch": (end % max(1, file.block) == 0,),
                "freeze": (steady, not file.readers, len(verb.writers) == len(file.writers), verb.span.start == 0),
                "truncate": (host.policy.lossy, verb.span.start == 0, end == file.size),
                "delete": (file.openers == (), verb.span.start == 0, end == file.size),
            }
            assert all(fits[verb.method]), verb
            handles = [(one.pid, one.started, one.fd) for one in file.writers]
            handle = verb.span.handle
            assert (handle is None) is (not handles)
            assert handle is None or (handle.pid, handle.started, handle.fd) in handles


@settings(max_examples=EXAMPLES)
@given(situations())
def test_what_may_be_data_is_never_touched(host: Situation) -> None:
    """No actions for a file that anybody opened for both, whose openers are unknown, that has other names, is mapped, or lies elsewhere."""
    for candidate in offered(host):
        if candidate.actions:
            file = seen(host, candidate)
            assert not isinstance(file.openers, Unknown)
            assert all(one.access != "both" for one in file.openers)
            assert (file.links, file.mapped, file.link) == (0 if file.deleted else 1, False, "")
            assert any(below(file.path, folder) for folder in host.policy.paths)
            assert not any(below(file.path, folder) for folder in host.policy.forbidden)
            assert "" == never(file.path)
            assert (file.device > 0, file.inode > 0, file.mount in MOUNTS) == (True, True, True)


@settings(max_examples=EXAMPLES)
@given(situations())
def test_the_order_is_that_of_rank(host: Situation) -> None:
    """What is taken is in order of its source's rank, and no file is taken twice."""
    taken = chosen(host).taken
    ranks = [SOURCES[one.source].rank for one in taken]
    assert all(first <= second for first, second in pairwise(ranks))
    identities = [(verb.span.device, verb.span.inode) for one in taken for verb in frees(one)]
    assert len(identities) == len(set(identities))


@settings(max_examples=EXAMPLES)
@given(situations())
def test_a_runaway_is_not_fought(host: Situation) -> None:
    """A file in which room was made as often as the policy says within the hour is not taken again."""
    recent = {(one.path, one.run) for one in host.past.reclaimed if one.at >= NOW - 3600}
    times = Counter(path for path, _run in recent)
    assert not [one for one in chosen(host).taken if times[one.path] >= host.policy.runaway]


@settings(max_examples=EXAMPLES)
@given(situations())
def test_a_choice_is_the_same_each_time(host: Situation) -> None:
    """What is shown in a dry run is what is done: nothing but the facts and the policy decides."""
    assert chosen(host) == chosen(host)
