"""Cron and systemd of a real control node call healer: what is installed there works by itself, at night, with nobody's environment."""

from collections.abc import Callable, Iterator

import pytest
from console import Answer, sh, wait_for
from control_host import HOME, INVENTORY, PACKAGES, ControlHost, wheels
from patients import sleeper, starts

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

VICTIM = "victim.service"
POLICY = f"services_starved: 100\nservices: [{{unit: {VICTIM}, stays: 2s}}]\n"
FILES = {
    "cron": ("/etc/cron.d/healer",),
    "systemd": ("/etc/systemd/system/healer.service", "/etc/systemd/system/healer.timer"),
}
MINUTELY, DAILY = ("--every", "1m"), ("--every", "1d")
MAILS = "/var/lib/mails"
SENDMAIL = f"#!/bin/sh\n{{ cat; echo '-- end of mail'; }} >>{MAILS}\n"
TOLD = "/var/lib/told"
LISTENER = f"""
import http.server

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open("{TOLD}", "ab") as file:
            file.write(self.rfile.read(int(self.headers["Content-Length"])) + b"\\n")
        self.send_response(200)
        self.end_headers()

http.server.HTTPServer(("127.0.0.1", 8099), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., Lab]) -> Iterator[Lab]:
    """Return a host that can be a control node, and two with a service that nobody but healer starts again."""
    lab = make_lab(3, extra_packages=PACKAGES)
    for host in lab.hosts[1:]:
        sleeper(host, "victim")
    yield lab
    lab.down()


@pytest.fixture(scope="module")
def installed(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> ControlHost:
    """Return the first host with healer on it, in charge of the other two."""
    node = ControlHost(lab, lab.hosts[0])
    node.install(wheels(tmp_path_factory.mktemp("wheels")))
    return node


@pytest.fixture
def node(installed: ControlHost) -> Iterator[ControlHost]:
    """Return the control node with an empty journal; what a test has installed there is gone afterwards, and the services run."""
    sh(installed.host, "rm -rf /root/.local/state/healer")
    installed.policy(POLICY)
    yield installed
    sh(installed.host, "systemctl disable --now healer.timer; systemctl kill -s CONT healer.service; systemctl stop healer.service")
    sh(
        installed.host,
        f"rm -rf {' '.join((*FILES['cron'], *FILES['systemd']))} /etc/systemd/system/healer.service.d; systemctl daemon-reload",
    )
    for host in installed.lab.hosts[1:]:
        sh(host, "systemctl reset-failed; systemctl start victim")


@pytest.fixture
def told(node: ControlHost) -> Iterator[Callable[[], list[str]]]:
    """Return a function that gives the messages which the control node has sent so far: it is set up to send them to itself."""
    node.host.write("/root/listener.py", LISTENER)
    node.host.write("/etc/healer/healer.toml", 'notify = ["json://127.0.0.1:8099/"]\n')
    sh(node.host, f"rm -f {TOLD}; systemd-run -q --unit=listener python3 /root/listener.py")
    wait_for(lambda: sh(node.host, "ss -Htln 'sport = :8099'") != "")
    yield lambda: sh(node.host, f"cat {TOLD}").splitlines()
    sh(node.host, "systemctl stop listener; rm -f /etc/healer/healer.toml")


@pytest.fixture
def victim(node: ControlHost) -> LabHost:
    """Return the host whose service a test may kill."""
    return node.lab.host("h2")


def schedule(node: ControlHost, verb: str, kind: str, *words: str) -> Answer:
    """Run `healer schedule` there."""
    inventory = () if verb == "remove" else ("-i", INVENTORY)
    return node.healer("schedule", verb, f"--{kind}", *words, *inventory)


def written(node: ControlHost, kind: str) -> str:
    """Return the files of the schedule as `show` prints them."""
    return "\n".join(f"==> {path}\n{node.host.read(path)}" for path in FILES[kind])


def kill(host: LabHost) -> int:
    """Kill the service as the kernel would, and return how often it had been started until then."""
    before = starts(host, "victim")
    sh(host, "systemctl kill -s KILL victim")
    return before


@pytest.mark.parametrize("kind", FILES)
def test_what_is_shown_is_what_is_written(node: ControlHost, kind: str) -> None:
    """`show` changes nothing and prints the very bytes that `install` writes, with the healer of this node by its absolute path."""
    shown = schedule(node, "show", kind)
    assert (0, "") == (shown.code, sh(node.host, f"ls {' '.join(FILES[kind])} 2>/dev/null"))
    said = schedule(node, "install", kind)
    assert (0, shown.out, shown.out) == (said.code, said.out, written(node, kind))
    assert f"{HOME}/bin/healer pass --quiet -i {INVENTORY}" in shown.out


@pytest.mark.parametrize("kind", FILES)
def test_a_second_install_changes_nothing(node: ControlHost, kind: str) -> None:
    """What is installed already is not written again, and that is said."""
    look = f"stat -c '%i %y' {' '.join(FILES[kind])}"
    schedule(node, "install", kind, *DAILY)
    before = sh(node.host, look)
    again = schedule(node, "install", kind, *DAILY)
    assert (0, True, before) == (again.code, "nothing was changed" in again.err, sh(node.host, look))


@pytest.mark.parametrize("kind", FILES)
def test_remove_takes_it_away(node: ControlHost, kind: str) -> None:
    """Every file that was written is gone afterwards, systemd knows no timer any more, and a second time there is nothing to remove."""
    schedule(node, "install", kind, *DAILY)
    said = schedule(node, "remove", kind)
    assert (0, [f"removed: {path}" for path in FILES[kind]]) == (said.code, said.err.splitlines())
    assert "" == sh(node.host, f"ls {' '.join(FILES[kind])} 2>/dev/null; systemctl list-timers -q --all healer.timer")
    assert "nothing of healer's is installed" in schedule(node, "remove", kind).err


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_somebody_else_stays(node: ControlHost, kind: str) -> None:
    """A file of that name that healer did not write is neither overwritten nor taken away, and is named."""
    path = FILES[kind][-1]
    node.host.write(path, "# mine\n")
    refused, left = schedule(node, "install", kind), schedule(node, "remove", kind)
    assert (2, "# mine") == (refused.code, sh(node.host, f"cat {path}"))
    assert f"{path} is there, and healer did not write it" in refused.text
    assert f"left alone: {path}" in left.text


def heard(node: ControlHost) -> list[str]:
    """Return what the passes of the timer have printed: the lines in the journal that are not systemd's own."""
    return sh(node.host, "journalctl -q -o cat _SYSTEMD_UNIT=healer.service").splitlines()


def unit(node: ControlHost, name: str) -> str:
    """Return a property of the service as systemd knows it."""
    return sh(node.host, f"systemctl show -p {name} --value healer.service")


def test_systemds_timer_brings_a_killed_service_back(node: ControlHost, victim: LabHost) -> None:
    """The timer begins a pass by itself: a killed service is back, the journal has the short report, and a quiet pass adds nothing to it."""
    before = kill(victim)
    known = len(heard(node))
    schedule(node, "install", "systemd", *MINUTELY)
    assert "healer.timer" in sh(node.host, "systemctl list-timers healer.timer")
    wait_for(lambda: starts(victim, "victim") == before + 1)
    wait_for(lambda: unit(node, "ActiveState") == "inactive")
    told = heard(node)
    assert ("success", "0") == (unit(node, "Result"), unit(node, "ExecMainStatus"))
    assert any("services: work on 1 of 2 hosts" in line for line in told[known:]), told
    quiet = sh(node.host, "systemctl start healer.service; systemctl is-failed healer.service")
    assert ("inactive", told) == (quiet, heard(node))


@pytest.mark.parametrize(("code", "result"), [(3, "success"), (75, "success"), (4, "exit-code")])
def test_what_counts_as_a_failed_unit(node: ControlHost, code: int, result: str) -> None:
    """For systemd the unit has succeeded where work was left (3) or others are at it (75), and failed where a host is out of reach (4)."""
    schedule(node, "install", "systemd", *DAILY)
    dropin = "/etc/systemd/system/healer.service.d"
    sh(node.host, f"mkdir -p {dropin}")
    node.host.write(f"{dropin}/end.conf", f"[Service]\nExecStart=\nExecStart=/bin/sh -c 'exit {code}'\n")
    sh(node.host, "systemctl daemon-reload; systemctl start healer.service")
    assert (str(code), result) == (unit(node, "ExecMainStatus"), unit(node, "Result"))


def at_work(node: ControlHost) -> bool:
    """Tell whether a pass of cron waits for its second or is under way."""
    return sh(node.host, "pgrep -f '[p]ass --quiet'") != ""


def at_rest(node: ControlHost) -> bool:
    """Tell whether every job of cron is over, and its mail handed over: cron's own process for a job is named CRON, and ends last."""
    return sh(node.host, "pgrep -f '[p]ass --quiet|[/]CRON'") == ""


def test_cron_brings_a_killed_service_back(node: ControlHost, victim: LabHost) -> None:
    """The host's own cron begins a pass: a killed service is back, one mail tells of it, and a quiet pass after it sends none."""
    node.host.write("/usr/sbin/sendmail", SENDMAIL)
    sh(node.host, f"chmod 0755 /usr/sbin/sendmail; rm -f {MAILS}")
    before = kill(victim)
    schedule(node, "install", "cron", *MINUTELY)
    wait_for(lambda: starts(victim, "victim") == before + 1)
    wait_for(lambda: at_rest(node))
    mails = sh(node.host, f"cat {MAILS}")
    assert 1 == mails.count("-- end of mail"), mails
    assert "services: work on 1 of 2 hosts" in mails
    wait_for(lambda: at_work(node))
    wait_for(lambda: at_rest(node))
    assert mails == sh(node.host, f"cat {MAILS}")


def test_a_quiet_pass_needs_no_environment_and_prints_nothing(node: ControlHost) -> None:
    """`env -i healer pass --quiet` does all its work with an environment that holds nothing; where nothing is wrong it prints nothing."""
    answer = node.healer("pass", "--quiet", "-i", INVENTORY, bare=True)
    assert (0, "", "") == (answer.code, answer.out, answer.err)


def test_a_bare_environment_heals_too(node: ControlHost, victim: LabHost) -> None:
    """With an environment that holds nothing a killed service is brought back all the same."""
    before = kill(victim)
    answer = node.healer("pass", "--quiet", "-i", INVENTORY, bare=True)
    assert (0, before + 1) == (answer.code, starts(victim, "victim")), answer.text
    assert "services: work on 1 of 2 hosts" in answer.out


def test_a_second_pass_keeps_away_and_names_the_first(node: ControlHost, victim: LabHost) -> None:
    """While the timer's pass is under way another one ends with 75: it names the holder, with --quiet it says nothing. The first goes on."""
    schedule(node, "install", "systemd", *DAILY)
    before = kill(victim)
    sh(node.host, "systemctl start --no-block healer.service")
    wait_for(lambda: sh(node.host, "ss -Htn state established '( dport = :22 )'") != "")
    sh(node.host, "systemctl kill -s STOP healer.service")
    process = unit(node, "MainPID")
    second, quiet = node.healer("pass", "-i", INVENTORY), node.healer("pass", "--quiet", "-i", INVENTORY)
    assert (75, 75, "") == (second.code, quiet.code, quiet.out + quiet.err)
    assert f"another pass over {INVENTORY} is under way" in second.text
    assert process in second.text
    sh(node.host, "systemctl kill -s CONT healer.service")
    wait_for(lambda: unit(node, "ActiveState") == "inactive")
    assert ("success", before + 1) == (unit(node, "Result"), starts(victim, "victim"))


def test_each_incident_is_told_once_and_its_end_once(node: ControlHost, victim: LabHost, told: Callable[[], list[str]]) -> None:
    """A service that healer cannot bring back is told of by one message, by none at the next pass, and by one more when it is over."""
    node.policy(POLICY.replace("stays: 2s", "stays: 2s, heals: 1"))
    sleeper(victim, "victim", before="/bin/false")
    kill(victim)
    try:
        ends = [(passed(node), len(told())), (passed(node), len(told()))]
    finally:
        sleeper(victim, "victim")
    node.healer("ack", victim.name, VICTIM, "-i", INVENTORY)
    ends.append((passed(node), len(told())))
    assert [(1, 1), (1, 1), (0, 2)] == ends
    new, over = told()
    assert ("1 new" in new, "1 resolved" in over) == (True, True), told()
    assert all(f"h2: {VICTIM}" in message for message in (new, over))


def passed(node: ControlHost) -> int:
    """Let a pass go over the fleet and return its exit code."""
    return node.healer("pass", "--quiet", "-i", INVENTORY).code


def test_what_a_bare_pass_leaves_is_for_its_owner_only(node: ControlHost) -> None:
    """The state folder that a first pass of cron makes is open to root alone, whatever umask cron has."""
    node.healer("pass", "--quiet", "-i", INVENTORY, bare=True)
    assert "" == sh(node.host, "find /root/.local/state/healer -perm /077")
