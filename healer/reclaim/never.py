"""What is never truncated, collapsed, punched or deleted, whatever a policy allows: each with the sentence why.

Names and places are those of the programs' own manuals. A log in name that is data in truth costs its owner the data: PostgreSQL
renamed pg_xlog and pg_clog because administrators deleted "logs". Where a name fits both, it is taken for data.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from healer.reclaim.names import stem

DATABASE_FOLDERS = (
    *("mysql", "mariadb", "redis", "valkey", "mongodb", "mongo", "kafka", "zookeeper", "etcd", "elasticsearch", "opensearch"),
    *("rabbitmq", "prometheus", "influxdb", "cassandra", "clickhouse", "couchdb", "neo4j", "consul", "vault", "nomad", "ceph", "ldap"),
)
POSTGRES_FOLDERS = (
    "wal|xlog|xact|clog|commit_ts|dynshmem|logical|multixact|notify|replslot|serial|snapshots|stat|stat_tmp|subtrans|tblspc|twophase"
)
"""What follows `pg_` in the names of the folders of a PostgreSQL cluster."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`names` and `paths` are regular expressions: one that fits the whole file name, or is found in the path, forbids the file."""

    why: str
    names: str = ""
    paths: str = ""


RULES: tuple[Rule, ...] = (
    Rule(
        "PostgreSQL's own data: without its write-ahead log the cluster cannot start",
        names=r"[0-9A-F]{24}(?:\.partial)?|[0-9A-F]{8}\.history|[0-9A-F]{24}\.[0-9A-F]{8}\.backup",
        paths=rf"/pg_(?:{POSTGRES_FOLDERS})/|^/var/lib/(?:postgresql|pgsql|postgres)/(?!(?:.*/)?(?:pg_)?log/[^/]+$)",
    ),
    Rule("a history or backup label that databases restore from", names=r".+\.(?:history|backup)"),
    Rule(
        "a binary log or redo log of MySQL or MariaDB: PURGE BINARY LOGS removes those that no replica needs",
        names=r"ib_logfile\d+|(?:.*-)?(?:bin|binlog|relay-bin|relay)\.(?:\d+|index|info|state)|binlog\.\d+|.*\.\d{6}"
        r"|aria_log.*|undo_?\d+.*|ibtmp\d*|ibdata\d*|.*\.(?:ibd|ibu|ibt|frm|myd|myi|mad|mai)|.*-bin\.log|#ib_.*",
        paths=r"/#innodb_(?:redo|temp)/",
    ),
    Rule("Redis' data", names=r".*\.(?:aof|rdb)|appendonly\..*|.*\.aof\..*", paths=r"/appendonlydir/"),
    Rule("MongoDB's data", names=r"WiredTiger.*|.*\.wt|mongod\.lock"),
    Rule(
        "a write-ahead log or segment of a data store (Kafka, RocksDB, LevelDB)",
        names=r"\d+\.(?:log|index|timeindex|txnindex|snapshot|ldb|sst)(?:\.(?:deleted|cleaned|swap))?|.*\.(?:index|timeindex)|MANIFEST(?:-\d+)?"
        r"|leader-epoch-checkpoint|OPTIONS-\d+",
    ),
    Rule("a transaction log or snapshot of ZooKeeper or Berkeley DB", names=r"(?:log|snapshot)\.[0-9a-f]+|__db\..*", paths=r"/version-2/"),
    Rule("a write-ahead log or snapshot of etcd or InfluxDB", names=r".*\.(?:wal|snap|snap\.db|tsm|tsi|tssp)"),
    Rule("a search engine's own journal", names=r"translog.*|.*\.(?:tlog|ckp)|tlog\..*", paths=r"/(?:translog|tlog)/"),
    Rule("a write-ahead log", paths=r"/(?:wal|wbl|chunks_head)/"),
    Rule("Cassandra's commit log", names=r"CommitLog-.*", paths=r"/(?:commitlog|commit_log|cdc_raw)/"),
    Rule(
        "a transaction log of a database or of Hadoop",
        names=r"redo\d*\.log|logsegment_.*|S\d{7}\.LOG|db-\d+\.log|neostore.*|(?:edits|fsimage)_.*",
    ),
    Rule(
        "a database",
        names=r".*\.(?:db|db3|sqlite3?|mdb|kdb|bdb|gdbm|tdb|dbf|mdf|ldf|ndf|couch|wt)(?:-wal|-journal|-shm)?|.*-(?:wal|journal|shm)",
    ),
    Rule("a database's own folder", paths=rf"^/var/lib/(?:{'|'.join(DATABASE_FOLDERS)})/"),
    Rule("Dovecot's index of mail", names=r".*\.index\.(?:log|cache)(?:\.\d+)?|dovecot[.-].*index.*|dovecot-uidlist"),
    Rule(
        "a message broker's store",
        names=r".*\.(?:dcd|dcl|rdq)|(?:LATEST|DECISION_TAB)\.LOG|.*\.(?:amq|hq)",
        paths=r"/(?:mnesia|msg_stores?|quorum|kahadb)/",
    ),
    Rule("a git repository's record of its branches", paths=r"\.git/|/logs/(?:refs/|HEAD$)"),
    Rule("systemd's journal: only journalctl may shorten it", names=r".*\.journal~?", paths=r"^/(?:var|run)/log/journal/|/journal/"),
    Rule(
        "a binary record of logins: it is read by position, and its apparent size is not what it takes",
        names=r"(?:wtmp|btmp|utmp|lastlog2?|faillog|tallylog|wtmpdb)(?:[.-].*)?",
    ),
    Rule("the audit trail: auditd keeps it, and the law may ask for it", paths=r"/audit/"),
    Rule("recorded measurements that are read by position", paths=r"^/var/log/(?:sa|sysstat|pcp|atop)/", names=r"sar?\d{2,8}|atop_\d{8}"),
    Rule("mail or a queue", paths=r"^/var/(?:mail|spool)/|/Maildir/"),
    Rule("a container's own log: the source docker_logs looks after it", names=r"[0-9a-f]{64}-json\.log"),
    Rule(
        "a part of a container",
        paths=r"^/var/lib/(?:docker|containers|containerd|kubelet)/|/(?:overlay2?|aufs|devicemapper)/[0-9a-z]+/(?:diff|merged|work)/",
    ),
    Rule("swap space", names=r"swap(?:file)?[0-9]*|swap\.img|.*\.swap"),
    Rule("an image of a disk or machine", names=r".*\.(?:qcow2?|vmdk|vdi|vhdx?|img|raw|iso)", paths=r"^/var/lib/libvirt/images/"),
    Rule(
        "a memory dump, which may still be written: the source cores looks after it",
        names=r"core(?:\.\d+)?|vmcore.*|core\..+\.\d+\.\d+",
        paths=r"^/var/(?:crash|lib/systemd/coredump)/",
    ),
    Rule("a packed copy or dump of data, not a log", names=r".*\.(?:tar|tgz|tbz2?|txz|zip|7z|cpio|sql|dump|bak|rpm|deb|apk)"),
    Rule("memory that looks like a file", paths=r"^/(?:memfd:|dev/|SYSV|anon_hugepage|\[)|^/tmp/\.?(?:ib|ML)[A-Za-z0-9]{6}$"),
)

_COMPILED = tuple(
    (rule.why, re.compile(rule.names or r"(?!)", re.IGNORECASE), re.compile(rule.paths or r"(?!)", re.IGNORECASE)) for rule in RULES
)
_CLUSTER = re.compile(r"(?P<root>/.+)/(?:pg_(?:wal|xlog|xact|clog)|#innodb_redo|appendonlydir|mnesia)/", re.IGNORECASE)


def never(path: str, data_folders: frozenset[str] = frozenset()) -> str:
    """Return why nothing may be taken from this file, or an empty text. `data_folders` are the databases' homes, see `homes`."""
    faces = _faces(PurePosixPath(path).name)
    for why, names, paths in _COMPILED:
        if paths.search(path) or any(names.fullmatch(face) for face in faces):
            return why
    home = next((folder for folder in sorted(data_folders) if path.startswith(f"{folder}/")), "")
    if home and not re.match(r"(?:pg_)?log/[^/]+$", path.removeprefix(f"{home}/")):
        return f"it lies in {home}, a database's own folder"
    return ""


def homes(paths: tuple[str, ...]) -> frozenset[str]:
    """Return the folders in which a database lives, as other files that were seen beside it give away."""
    return frozenset(found["root"] for path in paths if (found := _CLUSTER.match(path)))


def _faces(name: str) -> tuple[str, ...]:
    """Return the name, and what it was before each rotation and compression: `x.db.1.gz` is still a database."""
    faces = [name]
    while (before := stem(faces[-1])) != faces[-1]:
        faces.append(before)
    return tuple(faces)
