"""What is never touched, by name and place."""

import pytest

from healer.reclaim.never import RULES, homes, never

NEVER = """
/var/lib/postgresql/15/main/pg_wal/000000010000000000000001
/srv/cluster/pg_xlog/000000010000000A000000FF.partial
/srv/cluster/pg_xact/0000
/srv/cluster/pg_clog/0001
/var/lib/pgsql/data/base/1/2601
/var/lib/pgsql/data/postgresql.log
/srv/archive/00000002.history
/srv/archive/000000010000000000000001.00000028.backup
/srv/archive/shop.backup
/var/log/mysql/mysql-bin.000001
/var/log/mysql/mysql-bin.index
/var/log/mysql/mysql-bin.000001.gz
/var/log/mysql/relay-bin.000007
/var/log/mysql/host1-relay-bin.000007
/var/log/mysql/binlog.000003
/srv/db/ib_logfile0
/srv/db/#innodb_redo/#ib_redo10
/srv/db/aria_log.00000001
/srv/db/undo_001
/srv/db/ibtmp1
/srv/db/shop/orders.ibd
/var/lib/mysql/host1.log
/var/log/redis/appendonly.aof
/var/log/redis/appendonlydir/appendonly.aof.1.incr.aof
/var/log/redis/dump.rdb
/var/log/mongo/WiredTigerLog.0000000001
/var/log/mongo/journal/x.log
/var/log/kafka/orders-0/00000000000000000000.log
/var/log/kafka/orders-0/00000000000000000000.timeindex
/var/log/kafka/orders-0/000.log
/var/log/zookeeper/version-2/log.300000001
/var/log/zookeeper/snapshot.2ff
/var/log/etcd/member/wal/0000000000000000-0000000000000000.wal
/var/log/etcd/member/snap/0000000000000001-0000000000000002.snap
/var/log/es/nodes/0/indices/x/0/translog/translog-3.tlog
/var/log/cassandra/CommitLog-7-1.log
/srv/oracle/redo01.log
/srv/hadoop/fsimage_0001
/var/log/store/000123.log
/var/log/store/MANIFEST-000004
/var/log/influx/_00001.wal
/var/log/app/state.db
/var/log/app/state.db-wal
/var/log/app/state.sqlite3-journal
/var/log/app/state.db.1.gz
/home/anna/Maildir/dovecot.index.log
/var/log/mail/dovecot.index.log.2
/var/log/mnesia/rabbit/LATEST.LOG
/var/log/prometheus/wal/00000003
/srv/git/x.git/logs/refs/heads/main
/srv/app/.git/logs/HEAD
/var/log/journal/abc/system.journal
/var/log/journal/abc/system@0005-1.journal~
/var/log/wtmp
/var/log/btmp.1
/var/log/lastlog
/var/log/faillog
/var/log/tallylog
/var/run/utmp
/var/log/audit/audit.log.1
/var/log/sa/sa21
/var/log/sysstat/sa20261123
/var/log/pcp/pmlogger/web1/20261123.0
/var/mail/root
/var/spool/rsyslog/fwd.00000001
/var/lib/docker/overlay2/abc/diff/var/log/app.log
/var/lib/docker/containers/0f/app.log
/srv/docker/0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f-json.log
/srv/swapfile
/srv/vm/disk0.qcow2
/var/log/disk.img
/var/crash/vmcore
/var/log/core
/var/log/core.4711
/var/log/backup-20261123.tar.gz
/var/log/shop.sql.gz
/memfd:log
/dev/shm/app.log
/tmp/ibAb12Cd
""".strip().splitlines()

LOGS = """
/var/log/syslog
/var/log/messages-20261123
/var/log/app.log
/var/log/app.log.1
/var/log/app.log.2.gz
/var/log/nginx/access.log
/var/log/kern.log
/var/log/mysql/error.log
/var/log/redis/redis-server.log
/var/log/postgresql/postgresql-15-main.log
/var/lib/pgsql/data/log/postgresql-Mon.log
/var/lib/pgsql/data/pg_log/postgresql-Mon.log
/var/log/kafka/server.log
/srv/app/logs/catalina.out
/var/log/corefile.log
""".strip().splitlines()


@pytest.mark.parametrize("path", NEVER)
def test_data_is_never_touched(path: str) -> None:
    """A file whose name or place is that of data is never touched, and the sentence says why."""
    assert never(path)


@pytest.mark.parametrize("path", LOGS)
def test_a_log_is_not_taken_for_data(path: str) -> None:
    """Ordinary logs, those of databases among them, are not on the list."""
    assert "" == never(path)


def test_every_rule_is_proved() -> None:
    """Each rule of the list forbids at least one of the paths above."""
    told = {never(path) for path in NEVER}
    assert [] == [rule.why for rule in RULES if rule.why not in told]


def test_a_database_gives_its_home_away() -> None:
    """What lies in the folder beside a write-ahead log is a database's too, wherever it is; only its folder of logs is not."""
    seen = homes(("/srv/data/pg_wal/x", "/var/log/app.log"))
    assert frozenset({"/srv/data"}) == seen
    assert "it lies in /srv/data, a database's own folder" == never("/srv/data/postgresql.log", seen)
    assert "" == never("/srv/data/log/postgresql-Mon.log", seen)
    assert "" == never("/srv/database.log", seen)
