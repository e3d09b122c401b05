"""What is given back only where the policy names it: memory dumps, logs of docker's containers, kernels that nobody boots."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from console import Console, sh, wait_for
from log_disks import disk
from log_writers import FOLDER, clean, restored, sha256, sha256_of, used

from healer.lab.machine import LabHost
from healer.lab.packages import DemoPackage
from healer.lab.repository import build, native_architecture

MIB = 2**20
CORES, CONTAINERS = "/var/lib/systemd/coredump", "/var/lib/docker"
RUNS, SPARE, NEWEST = "6.1.0-30-amd64", "6.1.0-31-amd64", "6.1.0-32-amd64"
FORMER = ("6.1.0-28-amd64", "6.1.0-29-amd64")
LITTLE = ("--over", "55%", "--target", "20%", "--min-size", "64k", "--json")

# What docker's daemon is to a look at processes: a name, and a descriptor that appends. Each line is a JSON document. Argument: the log.
DOCKERD = r"""
use strict; use Fcntl;
$0 = "dockerd"; my $n = 0;
sysopen(my $out, $ARGV[0], O_WRONLY | O_CREAT | O_APPEND, 0640) or die $!;
until (-e "/run/numbers/stop") {
    syswrite($out, sprintf("{\"log\":\"%08d %s\\n\",\"stream\":\"stdout\"}\n", ++$n, "x" x 900)) or die $! for 1 .. ($n < 45000 ? 1000 : 4);
    select(undef, undef, undef, 0.05);
}
open(my $told, ">", "/run/numbers/count"); print $told $n; close $told;
sleep 3600;
"""
# What the daemon's program is to a file that is about to be put in place: it says that it can check it, and takes what is offered.
CHECKER = f"""#!/bin/sh
case $* in
    --help) echo '      --validate   Validate daemon configuration and exit' ;;
    "--validate --config-file "*) cp "$3" {FOLDER}/accepted ;;
    *) exit 1 ;;
esac
"""
CHECKERS_PLACE, DAEMON_FILE = "/usr/local/bin/dockerd", "/etc/docker/daemon.json"
MACHINE = """#!/bin/sh
echo none
exit 1
"""
UNAME = f"""#!/bin/sh
[ "$*" = -r ] || exec /usr/bin/uname "$@"
echo {RUNS}
"""
FAKES = ("/usr/local/bin/systemd-detect-virt", "/usr/local/bin/uname")


def test_a_dump_goes_only_where_the_policy_names_cores(log_host: LabHost, log_console: Console) -> None:
    """The plan says that only the policy can give dumps free; where it does, the settled one is archived and gone, the fresh one stays."""
    with disk(log_host, CORES, 64):
        sh(
            log_host,
            f"cd {CORES}; head -c 40M /dev/urandom >core.shop; touch -d '1 hour ago' core.shop; head -c 1M /dev/urandom >core.fresh",
        )
        before = sha256(log_host, f"{CORES}/core.shop")
        flags = ("-l", "h2", *LITTLE)
        answer = log_console.healer("logs", *flags)
        assert 1 == answer.code
        assert "only where the policy lists cores among its sources" in answer.text

        answer = log_console.healer("logs", *flags, "-e", "{logs_sources: [cores]}")

        assert (0, {"h2": "changed"}) == (answer.code, answer.ends), answer.text
        assert "core.fresh" == sh(log_host, f"ls -I lost+found {CORES}")
        assert before == sha256_of(restored(log_console, "h2", f"{CORES}/core.shop"))


def test_a_containers_log_is_cut_off_between_two_lines(log_host: LabHost, log_console: Console) -> None:
    """A log that dockerd appends to is only named until the policy names docker_logs; then it is cut off while it is written: it still begins
    with a whole JSON document, no line is lost, and dockerd is the same. A daemon without a configuration gets one that it has checked."""
    log = f"{CONTAINERS}/containers/0123abcd/0123abcd-json.log"
    flags = ("-l", "h2", *LITTLE[:-1])
    with disk(log_host, CONTAINERS, 80):
        sh(log_host, f"mkdir -p {FOLDER} $(dirname {log})")
        log_host.write(f"{FOLDER}/dockerd", DOCKERD)
        log_host.write(CHECKERS_PLACE, CHECKER)
        sh(log_host, f"chmod +x {CHECKERS_PLACE}")
        log_host.run(["systemd-run", "--quiet", "--unit=numbers-dockerd", "perl", f"{FOLDER}/dockerd", log])
        wait_for(lambda: used(log_host, CONTAINERS) > 60)
        writer = sh(log_host, "systemctl show -p MainPID --value numbers-dockerd")
        said = log_console.healer("logs", "--check", *flags).text
        assert "only where the policy lists docker_logs among its sources" in said

        answer = log_console.healer("logs", *flags, "--json", "--fix", "-e", "{logs_sources: [docker_logs]}")

        assert (0, {"h2": "changed"}) == (answer.code, answer.ends), answer.text
        sh(log_host, f"touch {FOLDER}/stop")
        wait_for(lambda: sh(log_host, f"cat {FOLDER}/count 2>/dev/null") != "")
        assert writer == sh(log_host, "systemctl show -p MainPID --value numbers-dockerd")
        assert 1 < first_number(log_host.run(["head", "-n", "1", log]).stdout)
        whole = restored(log_console, "h2", log).read_bytes().splitlines()
        assert list(range(1, int(log_host.read(f"{FOLDER}/count")) + 1)) == [first_number(line) for line in whole]
        assert log_host.read(f"{FOLDER}/accepted") == log_host.read(DAEMON_FILE), answer.text
        assert {"max-size": "50m", "max-file": "3"} == json.loads(log_host.read(DAEMON_FILE))["log-opts"]
        sh(log_host, f"rm -r {CHECKERS_PLACE} /etc/docker")
        clean(log_host)


def first_number(line: bytes) -> int:
    """Return the number in a line of a container's log; what is no JSON document fails."""
    return int(json.loads(line)["log"].split()[0])


@pytest.fixture
def kernels(log_host: LabHost) -> Iterator[tuple[str, ...]]:
    """Return the packages of five kernels on a host that passes for a machine with a full /boot; the middle one runs."""
    names = tuple(f"linux-image-{release}" for release in (*FORMER, RUNS, SPARE, NEWEST))
    for path, text in zip(FAKES, (MACHINE, UNAME), strict=True):
        log_host.write(path, text)
        sh(log_host, f"chmod +x {path}")
    with disk(log_host, "/boot", 64):
        for name in names:
            install_kernel(log_host, name)
        yield names
        sh(log_host, f"dpkg --purge {' '.join(names)}; rm -f {' '.join(FAKES)}")


def install_kernel(host: LabHost, name: str) -> None:
    """Install a package that has nothing of a kernel but its name and a file of 9 MiB in /boot."""
    image = f"/boot/vmlinuz-{name.removeprefix('linux-image-')}"
    package = DemoPackage(name, "1.0", files={image: bytes(9 * MIB)})
    with tempfile.TemporaryDirectory() as folder:
        deb = Path(folder, "package.deb")
        build(package, native_architecture(), deb)
        done = host.run(["sh", "-c", "cat >/run/package.deb && dpkg -i /run/package.deb; rm /run/package.deb"], deb.read_bytes())
    assert "installed" == sh(host, f"dpkg-query -W -f '${{db:Status-Status}}' {name}"), done.stderr.decode()


def test_kernels_that_nobody_boots(log_host: LabHost, log_console: Console, kernels: tuple[str, ...]) -> None:
    """Where the policy names kernels, a full /boot gets room by purging the oldest; the running one, the newest and one spare stay, also
    when the target is not reached by that."""
    answer = log_console.healer("logs", "-l", "h2", *LITTLE, "-e", "{logs_sources: [kernels]}")

    stays = [name for name in kernels if sh(log_host, f"dpkg-query -W -f '${{db:Status-Status}}' {name}") == "installed"]
    assert [f"linux-image-{release}" for release in (RUNS, SPARE, NEWEST)] == stays, answer.text
    assert f"vmlinuz-{RUNS}\nvmlinuz-{SPARE}\nvmlinuz-{NEWEST}" == sh(log_host, "cd /boot; ls vmlinuz*"), answer.text
    assert (0, {"h2": "changed"}) == (answer.code, answer.ends), answer.text
