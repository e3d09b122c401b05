"""What is taken through a writer's descriptor alone, and what is never touched, however full the disk is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from console import Console, finished, sh, wait_for
from lab_cuts import routed
from log_writers import Filler, clean, freed, kept, restored, sha256, sha256_of, used

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

MIB = 2**20


@pytest.fixture
def host(log_lab: Lab) -> Iterator[LabHost]:
    """Return a host, and clean it afterwards."""
    host = log_lab.host("h3")
    clean(host)
    yield host
    clean(host)


@pytest.fixture
def console(log_lab: Lab, tmp_path: Path) -> Console:
    """Return a control node with an empty journal."""
    return Console(tmp_path, log_lab)


def test_a_deleted_log_that_is_still_written(console: Console, host: LabHost) -> None:
    """150 MB of a log without a name come free through its writer's descriptor; the writer lives, and what it wrote is archived whole."""
    filler = Filler(host, "/var/log/shop/app.log", most=150 * MIB).start()
    writer, before = filler.process, sha256(host, filler.path)
    sh(host, f"rm {filler.path}")
    assert used(host) > 50

    answer = console.healer("logs", "-l", "h3", "--over", "50%", "--target", "20%", "--json")

    assert (0, {"h3": "changed"}) == (answer.code, answer.ends), answer.text
    assert used(host) < 20
    assert writer == filler.process
    assert before == sha256_of(restored(console, "h3", filler.path))
    filler.speak()
    wait_for(lambda: "alive" in restored(console, "h3", filler.path).read_bytes()[-10:].decode())


# What each looks like in its folder, and a word of the reason why it stays.
SPARED = {
    "/var/log/lastlog": ("truncate -s 400G {0}; head -c 64k /dev/urandom >>{0}", "a binary record of logins"),
    "/var/log/shop/main/pg_wal/000000010000000000000001": ("fallocate -l 16M {}", "PostgreSQL's own data"),
    "/var/log/shop/kafka/orders-0/00000000000000000000.log": ("fallocate -l 70M {}", "a write-ahead log or segment of a data store (Kafka"),
    "/var/log/shop/planted.log": ("fallocate -l 70M /root/precious; ln -s /root/precious {}", "it is a symbolic link to /root/precious"),
}


def test_what_is_no_log_stays_and_the_plan_says_why(console: Console, host: LabHost) -> None:
    """A sparse lastlog, a write-ahead log, a broker's store, a planted link: `--check` names each with its reason, a pass leaves each."""
    for path, (make, _why) in SPARED.items():
        sh(host, f"mkdir -p {path.rpartition('/')[0]}; {make.format(path)}")
    Filler(host, "/var/log/shop/app.log", most=20 * MIB).start()
    flags = ("-l", "h3", "--over", "20%", "--target", "10%", "--min-size", "64k")
    look = f"stat -c '%n %i %s %b %Y' {' '.join(SPARED)} /root/precious"
    before = sh(host, look)

    said = console.healer("logs", "--check", *flags).text
    done = console.healer("logs", *flags, "--json")

    assert [] == [
        path for path, (_make, why) in SPARED.items() if not re.search(rf"{path}(, [^ ]+)*( and \d+ more)? +{re.escape(why)}", said)
    ]
    assert before == sh(host, look)
    assert "/var/log/shop/app.log" in freed(console, done, "h3")
    sh(host, "truncate -s 0 /var/log/lastlog; rm /root/precious")


@pytest.mark.fault("H13")
def test_a_log_that_is_replaced_between_look_and_act(console: Console, host: LabHost) -> None:
    """While the archive streams, another file gets the log's name: it is another inode, it stays whole, and the host's report says so."""
    sh(host, "mkdir -p /var/log/shop; head -c 80M /dev/urandom >/var/log/shop/app.log.1; echo other >/var/log/shop/other")
    with routed(console, {"h3": True}) as proxies:
        proxy = proxies["h3"]
        proxy.after(proxy.silence, down=20 * MIB)
        run = console.spawn("logs", "--over", "25%", "--target", "20%", "--json")
        wait_for(lambda: proxy.fired == 1)
        sh(host, "cd /var/log/shop && mv app.log.1 saved && ln other app.log.1 && rm other")
        proxy.heal()
        answer = finished(run)

    assert "other" == sh(host, "cat /var/log/shop/app.log.1")
    assert str(80 * MIB) == sh(host, "stat -c %s /var/log/shop/saved")
    assert "/var/log/shop/app.log.1 was left alone" in answer.text
    assert 1 == answer.code, kept(console, "h3")
