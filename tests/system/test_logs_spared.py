"""What is never touched, however full the disk is."""

import re

import pytest
from console import Console, finished, sh, wait_for
from lab_cuts import routed
from log_writers import Filler, freed, kept

from healer.lab.machine import LabHost

MIB = 2**20


# What each looks like in its folder, and a word of the reason why it stays.
SPARED = {
    "/var/log/lastlog": ("truncate -s 400G {0}; head -c 64k /dev/urandom >>{0}", "a binary record of logins"),
    "/var/log/shop/main/pg_wal/000000010000000000000001": ("fallocate -l 16M {}", "PostgreSQL's own data"),
    "/var/log/shop/kafka/orders-0/00000000000000000000.log": ("fallocate -l 70M {}", "a write-ahead log or segment of a data store (Kafka"),
    "/var/log/shop/planted.log": ("fallocate -l 70M /root/precious; ln -s /root/precious {}", "it is a symbolic link to /root/precious"),
}


def test_what_is_no_log_stays_and_the_plan_says_why(log_console: Console, log_host: LabHost) -> None:
    """A sparse lastlog, a write-ahead log, a broker's store, a planted link: `--check` names each with its reason, a pass leaves each."""
    for path, (make, _why) in SPARED.items():
        sh(log_host, f"mkdir -p {path.rpartition('/')[0]}; {make.format(path)}")
    Filler(log_host, "/var/log/shop/app.log", most=20 * MIB).start()
    flags = ("-l", "h2", "--over", "20%", "--target", "10%", "--min-size", "64k")
    look = f"stat -c '%n %i %s %b %Y' {' '.join(SPARED)} /root/precious"
    before = sh(log_host, look)

    said = log_console.healer("logs", "--check", *flags).text
    done = log_console.healer("logs", *flags, "--json")

    assert [] == [
        path for path, (_make, why) in SPARED.items() if not re.search(rf"{path}(, [^ ]+)*( and \d+ more)? +{re.escape(why)}", said)
    ]
    assert before == sh(log_host, look)
    assert "/var/log/shop/app.log" in freed(log_console, done, "h2")
    sh(log_host, "truncate -s 0 /var/log/lastlog; rm /root/precious")


@pytest.mark.fault("H13")
def test_a_log_that_is_replaced_between_look_and_act(log_console: Console, log_host: LabHost) -> None:
    """While the archive streams, another file gets the log's name: it is another inode, it stays whole, and the host's report says so."""
    sh(log_host, "mkdir -p /var/log/shop; head -c 80M /dev/urandom >/var/log/shop/app.log.1; echo other >/var/log/shop/other")
    with routed(log_console, {"h2": True}) as proxies:
        proxy = proxies["h2"]
        proxy.after(proxy.silence, down=20 * MIB)
        run = log_console.spawn("logs", "--over", "25%", "--target", "20%", "--json")
        wait_for(lambda: proxy.fired == 1)
        sh(log_host, "cd /var/log/shop && mv app.log.1 saved && ln other app.log.1 && rm other")
        proxy.heal()
        answer = finished(run)

    assert "other" == sh(log_host, "cat /var/log/shop/app.log.1")
    assert str(80 * MIB) == sh(log_host, "stat -c %s /var/log/shop/saved")
    assert "/var/log/shop/app.log.1 was left alone" in answer.text
    assert 1 == answer.code, kept(log_console, "h2")
