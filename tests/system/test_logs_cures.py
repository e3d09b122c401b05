"""What keeps a disk from filling again, put in place on a real host: shown first, checked, the old file kept, and it does what it says."""

from collections.abc import Iterator

import pytest
from console import Console, sh, wait_for
from log_writers import NGINX, PORT, Writer, stop, weigh_down

from healer.lab.machine import LabHost

LOG = "/var/log/shop/numbers.log"
STANZA, OLD_STANZA = "/etc/logrotate.d/healer-shop-numbers-log", "/etc/logrotate.d/rsyslog"
CAP = "/etc/systemd/journald.conf.d/50-healer.conf"
FLAGS = ("-l", "h2", "--over", "50%", "--target", "49%", "--min-size", "64k", "-e", "logs_runaway=100")
FILES = f"cd /etc && sha256sum logrotate.d/* logrotate.d/*~ {CAP} 2>/dev/null"


@pytest.fixture
def nginx(log_host: LabHost) -> Iterator[Writer]:
    """Return nginx, which writes to a log that no stanza covers; syslog and the journal have grown too, on a disk that is half full."""
    log_host.write("/etc/nginx/conf.d/numbers.conf", NGINX.replace("/var/log/nginx", "/var/log/shop"))
    sh(log_host, "mkdir -p /var/log/shop; systemctl restart nginx")
    weigh_down(log_host, 42)
    sh(log_host, "head -c 5M /dev/urandom | base64 -w 900 | logger -t numbers; journalctl --sync")
    yield Writer(log_host, "nginx", "requests", LOG, f"127.0.0.1:{PORT}", "nginx").start(20_000, 5_000)
    sh(log_host, f"rm -f {STANZA} {CAP}; mv {OLD_STANZA}.healer-*~ {OLD_STANZA}; systemctl restart systemd-journald")


def test_a_cure_is_shown_put_in_place_once_and_holds(log_host: LabHost, log_console: Console, nginx: Writer) -> None:
    """`--check` shows three diffs and changes nothing; `--fix` puts them in place and keeps the old file; again it changes nothing; logrotate
    and journald take them, and nginx writes to the new file without being restarted."""
    stop((nginx,))
    before, old, writers = sh(log_host, FILES), log_host.read(OLD_STANZA), nginx.processes

    said = log_console.healer("logs", "--check", *FLAGS).text

    assert [True] * 3 == [f"+++ {path}" in said for path in (STANZA, OLD_STANZA, CAP)], said
    assert before == sh(log_host, FILES)

    answer = log_console.healer("logs", "--fix", *FLAGS, "--json")
    after = sh(log_host, FILES)

    assert (0, {"h2": "changed"}) == (answer.code, answer.ends), answer.text
    assert old == sh(log_host, f"cat {OLD_STANZA}.healer-*~") + "\n"
    assert {"maxsize 100M"} == {line.strip() for line in set(log_host.read(OLD_STANZA).splitlines()) - set(old.splitlines())}
    assert "0" == sh(log_host, "logrotate -d /etc/logrotate.conf >/run/numbers/told 2>&1; echo $?; grep ^error: /run/numbers/told")

    # What journald began anew is no second reason to make room.
    sh(log_host, "rm /var/log/ballast.img")
    again = log_console.healer("logs", "--fix", *FLAGS, "--json")

    assert (0, {"h2": "ok"}, after) == (again.code, again.ends, sh(log_host, FILES)), again.text
    sh(log_host, f"logrotate -f {STANZA}; systemctl restart systemd-journald")
    wait_for(lambda: writers == nginx.processes)
    assert "0" == sh(log_host, f"stat -c %s {LOG}; ls {LOG}.1 >/dev/null || echo not rotated")
    assert "max 64.0M" in sh(log_host, "journalctl --sync; journalctl -u systemd-journald -o cat | grep 'System Journal' | tail -n 1")
