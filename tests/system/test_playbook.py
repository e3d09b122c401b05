"""A user's own playbook, the shipped example for HAProxy, on a real load balancer with real web servers behind it."""

import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from console import ROOT, Answer, Console, sh

from healer.lab.lab import Lab

EXAMPLE = ROOT / "playbooks" / "examples" / "haproxy.yml"
WEB = ("h2", "h3", "h4")
SOCKET = "/run/haproxy/admin.sock"


@pytest.fixture(scope="module")
def lab(make_lab) -> Iterator[Lab]:
    """Return h1 with an HAProxy that neither retries nor asks another server, and three nginx of release 1.0 behind it."""
    lab = make_lab(4, extra_packages=("haproxy", "python3", "socat"))
    servers = "".join(f"  server {name} {lab.host(name).address}:80 check inter 500\n" for name in WEB)
    lab.host("h1").write("/etc/haproxy/haproxy.cfg", HAPROXY + servers)
    sh(lab.host("h1"), "systemctl restart haproxy")
    for name in WEB:
        lab.host(name).write("/etc/nginx/nginx.conf", NGINX)
        sh(lab.host(name), "systemctl restart nginx")
    yield lab
    lab.down()


HAPROXY = f"""\
global
  stats socket {SOCKET} mode 600 level admin
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
  retries 0
frontend shop
  bind :8080
  default_backend web
backend web
"""


NGINX = """\
events {}
http { server { listen 80; location / { return 200 "release 1.0"; } } }
"""


@pytest.fixture(scope="module")
def console(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Console:
    """Return a control node whose inventory has the group `web`."""
    console = Console(tmp_path_factory.mktemp("console"), lab)
    path = console.write_inventory({name: {} for name in ("h1", *WEB)})
    path.write_text(path.read_text() + "[web]\n" + "\n".join(WEB) + "\n")
    return console


def roll_out(console: Console, release: str, *words: str) -> Answer:
    """Run the example as it is, for this lab's load balancer."""
    chosen = ("-e", "balancer=h1", "-e", f"release={release}", "-e", "soak_time=1")
    return console.healer("run", str(EXAMPLE), *chosen, *words, "--json")


def states(lab: Lab) -> dict[str, str]:
    """Return how each web server stands, in HAProxy's own words."""
    rows = sh(lab.host("h1"), f"echo 'show stat' | socat stdio {SOCKET}").splitlines()
    cells = [row.split(",") for row in rows if row.startswith("web,h")]
    return {cell[1]: cell[17] for cell in cells}


def restarts(lab: Lab) -> dict[str, str]:
    """Return what tells one run of each nginx from the next."""
    return {name: sh(lab.host(name), "systemctl show -P InvocationID nginx") for name in WEB}


def releases(lab: Lab) -> dict[str, str]:
    """Return what each web server itself serves."""
    return {name: sh(lab.host(name), "curl -sS http://127.0.0.1/") for name in WEB}


@dataclass
class Client:
    """Somebody who asks the shop again and again, each time over a new connection."""

    url: str
    answers: Counter[str] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        """Ask once and count the answer."""
        try:
            with urllib.request.urlopen(self.url, timeout=10) as answer:
                self.answers[f"{answer.status} {answer.read().decode().split()[-1]}"] += 1
        except (urllib.error.URLError, OSError) as error:
            self.answers[f"failed: {error}"] += 1

    def go_on(self) -> None:
        """Ask until told to stop."""
        while not self.stop.wait(0.02):
            self.ask()


@contextmanager
def shopping(lab: Lab) -> Iterator[Client]:
    """Have a client at the load balancer for as long as this lasts."""
    client = Client(f"http://{lab.host('h1').address}:8080/")
    thread = threading.Thread(target=client.go_on)
    thread.start()
    try:
        yield client
    finally:
        client.stop.set()
        thread.join()


@dataclass(frozen=True)
class RolledOut:
    """Release 2.0 was rolled out under the eyes of a client. `restarted` are the servers whose nginx is another one than before."""

    answer: Answer
    answers: Counter[str]
    restarted: set[str]
    served: dict[str, str]
    states: dict[str, str]


@pytest.fixture(scope="module")
def rolled_out(console: Console) -> RolledOut:
    """Roll release 2.0 out while a client keeps asking."""
    before = restarts(console.lab)
    with shopping(console.lab) as client:
        answer = roll_out(console, "2.0")
    after = restarts(console.lab)
    restarted = {name for name in WEB if before[name] != after[name]}
    return RolledOut(answer, client.answers, restarted, releases(console.lab), states(console.lab))


def test_clients_see_no_failed_request(rolled_out: RolledOut) -> None:
    """All web servers are restarted on a new configuration, one at a time, and every request meanwhile is answered."""
    assert (0, dict.fromkeys(WEB, "changed")) == (rolled_out.answer.code, rolled_out.answer.ends)
    assert {"200 1.0", "200 2.0"} == set(rolled_out.answers)
    assert set(WEB) == rolled_out.restarted


def test_the_template_is_rendered_for_each_host(rolled_out: RolledOut) -> None:
    """Each server serves what the template says with its own name in it, and HAProxy has all of them in service again."""
    assert 0 == rolled_out.answer.code
    assert {name: f"{name} release 2.0" for name in WEB} == rolled_out.served
    assert dict.fromkeys(WEB, "UP") == rolled_out.states


def test_each_server_is_out_of_haproxy_while_it_is_restarted(console: Console, rolled_out: RolledOut) -> None:
    """The story of each host is: drained, restarted, found healthy, undrained, watched."""
    for name in WEB:
        told = console.healer("show", rolled_out.answer.run, name, inventory=False).out
        steps = ["takes a slot", "drained: out of service", "begins: Restart nginx", "health gate: good", "undrained", "watched"]
        places = [told.find(step) for step in steps]
        assert -1 not in places, told
        assert sorted(places) == places, told


def test_a_second_run_drains_and_restarts_nobody(console: Console, rolled_out: RolledOut) -> None:
    """Where the configuration is right already nothing is restarted, and no host is drained."""
    assert 0 == rolled_out.answer.code
    before = restarts(console.lab)
    answer = roll_out(console, releases(console.lab)["h2"].split()[-1])
    assert (0, dict.fromkeys(WEB, "ok"), before) == (answer.code, answer.ends, restarts(console.lab))
    for name in WEB:
        assert "drained" not in console.healer("show", answer.run, name, inventory=False).out


def test_what_an_operator_has_drained_stays_drained(console: Console) -> None:
    """A server that was drained by hand before the run gets the new release and stays drained; the others are put back."""
    sh(console.lab.host("h1"), f"echo 'set server web/h3 state drain' | socat stdio {SOCKET}")
    try:
        answer = roll_out(console, "4.0", "-e", "at_once=2")
        assert (0, dict.fromkeys(WEB, "changed")) == (answer.code, answer.ends)
        assert {"h2": "UP", "h3": "DRAIN", "h4": "UP"} == states(console.lab)
        assert {name: f"{name} release 4.0" for name in WEB} == releases(console.lab)
    finally:
        sh(console.lab.host("h1"), f"echo 'set server web/h3 state ready' | socat stdio {SOCKET}")


def test_check_shows_the_work_and_touches_nothing(console: Console) -> None:
    """`--check` finds work on every server and exits 3; nothing is written, drained or restarted."""
    before = (restarts(console.lab), releases(console.lab), states(console.lab))
    answer = roll_out(console, "5.0", "--check")
    assert (3, dict.fromkeys(WEB, "changed")) == (answer.code, answer.ends)
    assert before == (restarts(console.lab), releases(console.lab), states(console.lab))
