"""The faults that healer must survive, a row each. A test says with `@pytest.mark.fault("N1")` which rows it shows."""

from types import MappingProxyType

ROWS = MappingProxyType({
    # The link
    "N1": "the connection is reset in the middle of an upgrade",
    "N2": "the link breaks between handing an act to the host and its beginning",
    "N3": "the link breaks after an act has ended and before its result was read",
    "N4": "both directions go silent (half-open TCP)",
    "N5": "one direction goes silent",
    "N6": "the SSH server or the whole host is frozen",
    "N7": "sshd is upgraded under the run: old logins live, new ones are refused for a while",
    "N8": "a banner that never comes, comes slowly, or comes after many other lines",
    "N9": "key exchange, login or opening a channel hangs",
    "N10": "sshd drops logins because too many begin at once (MaxStartups)",
    "N11": "one session per connection (MaxSessions 1)",
    "N12": "sshd punishes sources that behave badly (PerSourcePenalties)",
    "N13": "a host key that changed, is unknown, is revoked, or is signed by an authority",
    "N14": "a jump host that is somebody else",
    "N15": "the jump host dies under running work",
    "N16": "names that resolve slowly, not at all, or to another address",
    "N17": "one machine under two names",
    "N18": "a very slow link",
    "N19": "agents with many keys, keys with passphrases",
    "N20": "a server that offers only weak algorithms",
    # What hosts print, and sudo
    "O1": "100 MB on both output streams at once",
    "O2": "output that is binary, one endless line, or full of control characters",
    "O3": "no output for a long time, or a byte a second",
    "O4": "login shells that print, or that are no POSIX shell",
    "O5": "sudo that asks, refuses, insults, lectures, or wants a terminal",
    "O6": "a child in the background that keeps the output open",
    "O7": "output that looks like healer's own marks",
    # The control node
    "C1": "killed at any step (kill -9)",
    "C2": "SIGTERM, Ctrl-C once and twice, a closed terminal",
    "C3": "the control node reboots, and process ids come again",
    "C4": "two controllers at once, on one node and on two",
    "C5": "a controller is stopped, another takes over, the first wakes up",
    "C6": "clocks that jump, summer time, a wrong time zone",
    "C7": "no space left for journal, logs or temporary files",
    "C8": "a file system that fails when it is asked to write",
    "C9": "few file descriptors or threads",
    "C10": "a journal on a network file system",
    "C11": "a journal of a newer version, a migration that was cut",
    "C12": "cron: overlapping runs, an empty environment",
    "C13": "inventory, playbook or plan edited during a run or before its resume",
    "C14": "a defect in a step, a probe or a listener",
    "C15": "a connection whose closing hangs",
    # The database
    "D1": "the journal is locked by another process",
    "D2": "the database server restarts or is away for minutes",
    "D3": "the link to the database breaks during a commit",
    "D4": "deadlocks and serialization failures",
    "D5": "a lock whose owner is dead",
    "D6": "killed while writing, a copy taken in the middle of a write",
    "D7": "a damaged journal",
    "D8": "a connection pooler in front of the database",
    # The host
    "H1": "power is lost in the middle of dpkg",
    "H2": "another process holds the package locks, for a while or for ever",
    "H3": "a broken repository: 404, bad signature, expired, wrong hash, unsigned",
    "H4": "half-configured packages before the run",
    "H5": "packages that ask: configuration files, debconf, licences",
    "H6": "disk or inodes full, before and during",
    "H7": "the host never comes back from its reboot",
    "H8": "the host comes back after the run has given up on it",
    "H9": "back with the old kernel, the same boot id, or none",
    "H10": "a reboot that did not happen, or that happens again and again",
    "H11": "a service that fails after its restart, at once or a minute later",
    "H12": "a service that does not stop",
    "H13": "log files that change under the hands of who shortens them",
    "H14": "the host kills the job for want of memory",
    "H15": "no systemd, no Python, a bare shell",
    "H16": "a host under heavy load",
    "H17": "an administrator upgrades at the same time",
    "H18": "a job folder that somebody else has made or changed",
    "H19": "a host whose clock is years off",
    "H20": "a database cluster whose standby is no better than its primary",
    # Fleet and engine
    "F1": "a third of the hosts fail",
    "F2": "a group loses its quorum while it is being healed",
    "F3": "a worker process dies, freezes, or loses the network",
    "F4": "work that is delivered twice, late or out of order",
    "F5": "a region is unreachable",
    "F6": "forged, altered or repeated work",
    "F7": "two versions of healer at once",
    "F8": "a worker is drained",
    "F9": "thousands of hosts with all of it at once",
})  # fmt: skip

NIGHTLY = frozenset(["N12", "N15", "N18", "O3", "C8", "D2", "D3", "D7", "D8", "H12", "H15", "H16", "H19", "F7", "F9"])
"""Rows that a run by hand may show instead of the test command."""

NO_WORKERS = "There is one engine so far, threads in one process; nothing is handed to other machines."

NO_POSTGRESQL = "A journal on PostgreSQL is not part of the tests so far."

NOT_SHOWN = MappingProxyType({
    "F3": NO_WORKERS,
    "F4": NO_WORKERS,
    "F5": NO_WORKERS,
    "F6": NO_WORKERS,
    "F7": NO_WORKERS,
    "F8": NO_WORKERS,
    "F9": "Each fault is tried by itself and in pairs, a thousand simulated hosts only with hosts that say nothing (see benchmarks).",
    "D2": NO_POSTGRESQL,
    "D3": NO_POSTGRESQL,
    "D8": NO_POSTGRESQL,
    "F2": "healer heals no groups yet; a rollout that finds its budget used up ends (see F1).",
    "H20": "healer does not touch database clusters yet.",
})  # fmt: skip
"""Why a row has no test."""
