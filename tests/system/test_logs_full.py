"""A disk without a free byte, or without a free inode: one pass makes room, and the host's services log again."""

from console import Console, sh
from log_writers import Filler, logs_again, restored, sha256, sha256_of, used, used_inodes

from healer.lab.machine import LabHost


def test_a_disk_filled_to_the_last_byte(log_console: Console, log_host: LabHost) -> None:
    """Not one byte fits on it; one pass brings it under its target, the writer lives, syslog writes again, and the log is whole."""
    filler = Filler(log_host, "/var/log/shop/app.log").start()
    before, writer = sha256(log_host, filler.path), filler.process
    assert "0" == sh(log_host, "echo more >/var/log/shop/more.log; stat -c %s /var/log/shop/more.log; rm /var/log/shop/more.log")

    answer = log_console.healer("logs", "-l", "h2", "--json")

    assert (0, {"h2": "changed"}) == (answer.code, answer.ends), answer.text
    assert used(log_host) <= 75
    assert writer == filler.process
    logs_again(log_host, "written-again")
    assert before == sha256_of(restored(log_console, "h2", filler.path))


def test_a_disk_filled_to_the_last_inode(log_console: Console, log_host: LabHost) -> None:
    """Not one file can be made on it; one pass archives and deletes rotated logs until it is under its target, and new logs begin."""
    sh(
        log_host,
        "rm -f /var/log/local5.log; mkdir -p /var/log/shop; n=1; while echo turn $n >/var/log/shop/app.log.$n; do n=$((n + 1)); done",
    )
    assert 100 == used_inodes(log_host)
    log_host.write("/etc/rsyslog.d/numbers.conf", "local5.* /var/log/local5.log\n")
    log_host.run(["systemctl", "restart", "rsyslog"])
    before = set(sh(log_host, "cd /var/log/shop; ls").split())

    answer = log_console.healer("logs", "-l", "h2", "--over", "90%", "--target", "85%", "--json")

    assert (0, {"h2": "changed"}) == (answer.code, answer.ends), answer.text
    assert used_inodes(log_host) <= 85
    logs_again(log_host, "written-again", "local5")
    gone = sorted(before - set(sh(log_host, "cd /var/log/shop; ls").split()))
    assert gone
    assert f"turn {gone[0].rpartition('.')[2]}\n" == restored(log_console, "h2", f"/var/log/shop/{gone[0]}").read_text()
    sh(log_host, "rm -f /var/log/local5.log")
