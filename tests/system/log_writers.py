"""Programs that write numbered lines on a host, each the way that real ones do, and what a log must look like when none is lost."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from console import Answer, Console, sh, wait_for

from healer.lab.machine import LabHost

FOLDER = "/run/numbers"
STOP = f"{FOLDER}/stop"
PORT = 8081
LITTLE = ("--min-size", "64k", "-e", "logs_runaway=100")
"""Small logs count too, and one that is reclaimed over and over within the hour is nothing to wonder at."""

# Arguments: how (append, offset, datagram, requests), where, the least number of lines, lines a second, the file that ends it, the file
# for the count. Each line is one system call, or one message, or one request. perl is on every Debian.
PROGRAM = r"""
use strict; use Fcntl; use Socket; use IO::Socket::INET; use IO::Socket::UNIX;
my ($how, $where, $least, $pace, $stop, $count) = @ARGV;
my ($out, $n, $x) = (undef, 0, "x" x 90);
if ($how eq "append") { sysopen($out, $where, O_WRONLY | O_CREAT | O_APPEND, 0644) or die "$where: $!" }
if ($how eq "offset") { sysopen($out, $where, O_WRONLY | O_CREAT, 0644) or die "$where: $!" }
if ($how eq "datagram") { $out = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $where) or die "$where: $!" }
if ($how eq "requests") { $out = IO::Socket::INET->new(PeerAddr => $where) or die "$where: $!" }
sub answers { my $left = shift; while ($left > 0) { my $line = <$out>; die "no answer" unless defined $line; $left-- if $line =~ /^HTTP/ } }
until ($n >= $least && -e $stop) {
    my $text = "";
    for (1 .. $pace / 50) {
        my $line = sprintf("%08d %s\n", ++$n, $x);
        if ($how eq "requests") { $text .= "GET /?n=" . sprintf("%08d", $n) . " HTTP/1.1\r\nHost: n\r\nUser-Agent: $x\r\n\r\n" }
        elsif ($how eq "datagram") { defined(send($out, "<134>numbers: $line", 0)) or die "send: $!" }
        else { syswrite($out, $line) == length $line or die "write: $!" }
    }
    if ($text) { syswrite($out, $text); answers($pace / 50) }
    select(undef, undef, undef, 0.02);
}
open(my $told, ">", "$count.new"); print $told $n; close $told; rename("$count.new", $count);
sleep 3600;
"""

# Arguments: path, the number of bytes, at most. Numbered lines to the last byte that the disk takes; then it keeps the log open, and says
# how many bytes it wrote.
FILLER = r"""
use strict; use Fcntl;
my ($path, $most, $told) = @ARGV; my ($n, $sum) = (0, 0);
sysopen(my $out, $path, O_WRONLY | O_CREAT | O_APPEND, 0644) or die "$path: $!";
while ($sum < $most) {
    my $text = join("", map { sprintf("%010d %s\n", ++$n, "y" x 1000) } 1 .. 256);
    my $done = syswrite($out, $text, $most - $sum < length $text ? $most - $sum : length $text);
    $done = syswrite($out, "z") unless $done;
    last unless $done;
    $sum += $done;
}
open(my $file, ">", $told); print $file $sum; close $file;
$SIG{USR1} = sub { syswrite($out, "alive\n") };
sleep 3600 while 1;
"""

RSYSLOG = """input(type="imuxsock" Socket="/run/numbers.sock" RateLimit.Interval="0" CreatePath="on")
template(name="numbers" type="string" string="%msg:2:$%\\n")
:programname, isequal, "numbers" action(type="omfile" file="/var/log/numbers-syslog.log" template="numbers")
& stop
"""
NGINX = """log_format numbers '$arg_n $remote_addr [$time_local] "$request" $status "$http_user_agent"';
server { listen 127.0.0.1:8081; keepalive_requests 100000000; access_log /var/log/nginx/numbers.log numbers; location / { return 204; } }
"""


@dataclass(frozen=True)
class Writer:
    """A program that writes to the log `path` of a host; `service` is the unit that has the log open."""

    host: LabHost
    name: str
    how: str
    path: str
    where: str
    service: str

    def start(self, least: int, pace: int) -> "Writer":
        """Begin to write; it goes on until at least so many lines are written and `stop` was called, and then lives on."""
        words = ["perl", f"{FOLDER}/program", self.how, self.where, str(least), str(pace), STOP, f"{FOLDER}/{self.name}.count"]
        unit = f"numbers-{self.name}"
        sh(self.host, f"mkdir -p {FOLDER}; systemctl reset-failed {unit}")
        self.host.write(f"{FOLDER}/program", PROGRAM)
        done = self.host.run(["systemd-run", "--quiet", f"--unit={unit}", *words])
        assert done.returncode == 0, done.stderr
        wait_for(lambda: self.size > 0)
        return self

    @property
    def size(self) -> int:
        """Return the log's apparent size."""
        return int(sh(self.host, f"stat -c %s {self.path} 2>/dev/null || echo 0"))

    @property
    def taken(self) -> int:
        """Return the bytes that the log takes from the disk."""
        return int(sh(self.host, f"echo $(($(stat -c %b {self.path}) * 512))"))

    @property
    def processes(self) -> str:
        """Return who has the log open, as the host's own /proc says: process ids with the time of their start."""
        script = f"find /proc/[0-9]*/fd -lname {self.path} | cut -d/ -f3 | sort -u | while read p; do echo $p $(cut -d' ' -f22 /proc/$p/stat); done"
        return sh(self.host, script)

    @property
    def count(self) -> int:
        """Return how many lines were written in all, when all are written."""
        file = f"{FOLDER}/{self.name}.count"
        wait_for(lambda: sh(self.host, f"cat {file} 2>/dev/null") != "")
        return int(self.host.read(file))


def four_writers(host: LabHost) -> tuple[Writer, ...]:
    """Return a writer that appends, one with an offset of its own, rsyslog with a client and nginx with one; services are set up for it."""
    host.write("/etc/rsyslog.d/numbers.conf", RSYSLOG)
    host.write("/etc/nginx/conf.d/numbers.conf", NGINX)
    assert 0 == host.run(["systemctl", "restart", "rsyslog", "nginx"]).returncode
    return (
        Writer(host, "append", "append", "/var/log/numbers-append.log", "/var/log/numbers-append.log", "numbers-append"),
        Writer(host, "offset", "offset", "/var/log/numbers-offset.log", "/var/log/numbers-offset.log", "numbers-offset"),
        Writer(host, "syslog", "datagram", "/var/log/numbers-syslog.log", "/run/numbers.sock", "rsyslog"),
        Writer(host, "nginx", "requests", "/var/log/nginx/numbers.log", f"127.0.0.1:{PORT}", "nginx"),
    )


def stop(writers: Sequence[Writer]) -> dict[str, int]:
    """End the writing; return how many lines each has written. The programs live on, with their logs open."""
    sh(writers[0].host, f"touch {STOP}")
    return {writer.path: writer.count for writer in writers}


def numbers(file: Path) -> list[int]:
    """Return the numbers of a log's lines, in order; a line that is none of ours fails."""
    return [int(line.split(b" ", 1)[0]) for line in file.read_bytes().splitlines()]


def restored(console: Console, host: str, path: str) -> Path:
    """Bring a log back whole, and return the file."""
    file = console.folder / f"{host}{path.replace('/', '_')}"
    answer = console.healer("logs", "restore", host, path, "-o", str(file), "--force")
    assert 0 == answer.code, answer.text
    return file


def used(host: LabHost, folder: str = "/var/log") -> int:
    """Return how full the folder's disk is in percent, as df says."""
    return int(sh(host, f"df --output=pcent {folder} | tail -n 1").strip("% "))


def used_inodes(host: LabHost) -> int:
    """Return how many of the inodes of /var/log are in use, in percent."""
    return int(sh(host, "df --output=ipcent /var/log | tail -n 1").strip("% "))


def weigh_down(host: LabHost, percent: int) -> None:
    """Fill /var/log to that share with a file that is no log, so that little more is enough to be in trouble."""
    script = f"""set -e; rm -f /var/log/ballast.img; set -- $(df --output=used,avail -k /var/log | tail -n 1)
    fallocate -l $((($1 + $2) * {percent} / 100 - $1))K /var/log/ballast.img; df -k /var/log"""
    assert "ballast" not in sh(host, script)


def clean(host: LabHost) -> None:
    """Take everything away that a test here has put on the host, and let its services open their logs anew."""
    sh(
        host,
        "systemctl stop 'numbers-*'; systemctl reset-failed; rm -rf /run/numbers /etc/rsyslog.d/numbers.conf /etc/nginx/conf.d/numbers.conf",
    )
    sh(host, "rm -rf /var/log/ballast.img /var/log/numbers* /var/log/nginx/numbers* /var/log/shop; systemctl restart rsyslog nginx")


@dataclass(frozen=True)
class Filler:
    """A program that has filled a log and has it still open; it writes a line more when it is asked whether it lives."""

    host: LabHost
    path: str
    most: int = 2**40

    def start(self) -> "Filler":
        """Write until the disk takes no byte more, or the most is written."""
        sh(self.host, f"mkdir -p {FOLDER} $(dirname {self.path})")
        self.host.write(f"{FOLDER}/filler", FILLER)
        words = ["perl", f"{FOLDER}/filler", self.path, str(self.most), f"{FOLDER}/filled"]
        done = self.host.run(["systemd-run", "--quiet", "--unit=numbers-filler", *words])
        assert done.returncode == 0, done.stderr
        wait_for(lambda: sh(self.host, f"cat {FOLDER}/filled 2>/dev/null") != "")
        return self

    @property
    def process(self) -> str:
        """Return the writer's process id, as systemd knows it, and nothing when it has ended."""
        return sh(self.host, "systemctl show -p MainPID --value numbers-filler")

    def speak(self) -> None:
        """Let it write one line more."""
        sh(self.host, "systemctl kill --kill-whom=main -s USR1 numbers-filler")


def sha256(host: LabHost, path: str) -> str:
    """Return the digest of a file of a host."""
    return sh(host, f"sha256sum {path}").split()[0]


def sha256_of(file: Path) -> str:
    """Return the digest of a file of the control node."""
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def freed(console: Console, answer: Answer, host: str) -> dict[str, int]:
    """Return how many bytes of each file came free in a run, as the journal says."""
    told = console.healer("show", str(answer.report["run"]), host, inventory=False).text
    return {path: int(number) for path, number in re.findall(r"(/\S+): (\d+) bytes came free", told)}


def ways(answer: Answer) -> dict[str, str]:
    """Return by which way each numbered log was taken from, as the plan says."""
    lines = answer.report["hosts"][0]["forecast"]
    return dict(found.groups() for line in lines if (found := re.search(r" (/\S*numbers\S*)  (\w+): ", line)))


def kept(console: Console, host: str) -> list[str]:
    """Return the names of the archives of a host, unfinished ones too."""
    return sorted(file.name for file in (console.folder / "state/archive" / host).glob("*")) + sorted(
        file.name for file in (console.folder / "state/archive" / host).glob(".*.part")
    )


def logs_again(host: LabHost, word: str, facility: str = "user") -> None:
    """Wait until what is said to the host's syslog stands in the log of that facility; rsyslog pauses for a while after a full disk."""
    wait_for(lambda: sh(host, f"logger -p {facility}.info {word}; sleep 0.2; grep -c {word} /var/log/{facility}.log") not in ("", "0"))
