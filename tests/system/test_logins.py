"""Every way in: as root, with and without a sudo password, through a jump host, on the machine itself; and the ways that stay shut."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from console import ROOT, Answer, Console, sh, upgrades, version

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

PACKAGE = "healer-demo-reboot"
GUEST = "/opt/healer"


@pytest.fixture(scope="module")
def lab(make_lab) -> Iterator[Lab]:
    """Return hosts on which an update waits that asks for a reboot; h6 is reached through h1 only, and h5 has a Python."""
    lab = make_lab(6, behind_jump=1, installed=(f"{PACKAGE}=1.0",), extra_packages=("haproxy", "python3", "socat"))
    lab.publish(PACKAGE, "1.1")
    yield lab
    lab.down()


@pytest.fixture
def console(lab: Lab, tmp_path: Path) -> Console:
    """Return a control node with an empty journal."""
    return Console(tmp_path, lab)


def patch(console: Console, *words: str, stdin: str = "") -> Answer:
    """Patch without booting and without watching afterwards: what is tried here is the way in."""
    return console.healer("patch", "--soak", "0", "--reboot", "never", "--json", *words, stdin=stdin)


def patched(host: LabHost) -> list[str]:
    """Return what was done to the host."""
    return upgrades(host, PACKAGE)


def passwords_in(console: Console) -> list[Path]:
    """Return the files of the control node's state that hold the sudo password."""
    secret = console.lab.sudo_password.encode()
    return [path for path in (console.folder / "state").rglob("*") if path.is_file() and secret in path.read_bytes()]


def test_as_root(console: Console) -> None:
    """Logged in as root no sudo is needed, and a machine without sudo would do."""
    console.write_inventory({"h1": {}}, ansible_user="root")
    answer = patch(console)
    assert (0, {"h1": "changed"}) == (answer.code, answer.ends)
    assert ["1.0 1.1"] == patched(console.lab.host("h1"))


def test_as_a_user_with_passwordless_sudo(console: Console) -> None:
    """A plain user becomes root by `sudo -n`; the lease and jobs on the host are root's all the same."""
    host = console.lab.host("h2")
    console.write_inventory({"h2": {}}, ansible_user="ops")
    answer = patch(console)
    assert (0, {"h2": "changed"}) == (answer.code, answer.ends)
    assert ["1.0 1.1"] == patched(host)
    assert "root 700" == sh(host, "stat -c '%U %a' /var/lib/healer")


def test_with_the_sudo_password_asked_for(console: Console) -> None:
    """`-K` without a terminal takes the password from one line of standard input, and writes it nowhere."""
    console.write_inventory({"h3": {}}, ansible_user="opspw")
    answer = patch(console, "-K", stdin=f"{console.lab.sudo_password}\n")
    assert (0, {"h3": "changed"}) == (answer.code, answer.ends)
    assert ["1.0 1.1"] == patched(console.lab.host("h3"))
    assert [] == passwords_in(console)
    assert console.lab.sudo_password not in answer.text


def test_with_the_sudo_password_in_a_file(console: Console) -> None:
    """A file that only its owner may read gives the password; the same file readable by others is refused with exit code 65."""
    secret = console.folder / "sudo"
    secret.touch(mode=0o600)
    secret.write_text(f"{console.lab.sudo_password}\n")
    console.write_inventory({"h4": {}}, ansible_user="opspw", become_password_file=secret)
    secret.chmod(0o644)
    refused = console.healer("patch")
    assert 65 == refused.code
    assert "must be for its owner alone" in refused.err
    assert [] == patched(console.lab.host("h4"))
    secret.chmod(0o600)
    answer = patch(console)
    assert (0, {"h4": "changed"}) == (answer.code, answer.ends)
    assert ["1.0 1.1"] == patched(console.lab.host("h4"))
    assert [] == passwords_in(console)


def test_a_wrong_sudo_password_is_told_per_host_and_nothing_is_done(console: Console) -> None:
    """Each host says that sudo refused the password; exit code 1, no package, no job, and nobody counts as unreachable."""
    hosts = [console.lab.host(name) for name in ("h3", "h5")]
    before = [patched(host) for host in hosts]
    jobs = [sh(host, "ls /var/lib/healer/jobs 2>/dev/null") for host in hosts]
    console.write_inventory({"h3": {}, "h5": {}}, ansible_user="opspw")
    answer = patch(console, "-K", stdin="not the password\n")
    assert (1, {"h3": "failed", "h5": "failed"}) == (answer.code, answer.ends)
    for host in answer.report["hosts"]:
        assert "sudo" in host["reason"]
        assert "password" in host["reason"]
    assert before == [patched(host) for host in hosts]
    assert jobs == [sh(host, "ls /var/lib/healer/jobs 2>/dev/null") for host in hosts]


def test_through_a_jump_host(console: Console) -> None:
    """A host that this machine cannot reach is patched through another one."""
    inner = console.lab.host("h6")
    console.write_inventory({"h1": {}, "h6": {"proxy_jump": "h1"}}, ansible_user="ops")
    answer = patch(console, "-l", "h6")
    assert (0, {"h6": "changed"}) == (answer.code, answer.ends)
    assert ["1.0 1.1"] == patched(inner)


def test_a_jump_host_must_be_known_too(console: Console) -> None:
    """Where the jump host's own key is not written down, nobody logs in to it, nor to the host behind it: exit code 4."""
    jump, inner = console.lab.host("h1"), console.lab.host("h6")
    known = console.folder / "known_hosts"
    known.write_text("".join(line for line in jump.known_hosts.read_text().splitlines(True) if line.startswith(f"{inner.address} ")))
    console.write_inventory({"h1": {}, "h6": {"proxy_jump": "h1"}}, known_hosts=known)
    before = [logins(jump), logins(inner)]
    answer = patch(console, "-l", "h6")
    assert (4, {"h6": "unreachable"}) == (answer.code, answer.ends)
    assert before == [logins(jump), logins(inner)]


def test_an_unknown_host_is_refused_before_any_login(console: Console) -> None:
    """A host whose key nobody has written down gets no login attempt: exit code 4, and the way to trust it is named."""
    host = console.lab.host("h2")
    nobody = console.folder / "known_hosts"
    nobody.touch()
    console.write_inventory({"h2": {}}, known_hosts=nobody)
    before = logins(host)
    answer = patch(console)
    assert (4, {"h2": "unreachable"}) == (answer.code, answer.ends)
    assert "healer trust h2" in answer.text
    assert before == logins(host)


@pytest.mark.fault("N13")
def test_a_changed_host_key_is_refused_before_any_login(console: Console) -> None:
    """A host that shows another key than the one written down gets no login attempt, and is not to be trusted by a flag: exit code 4."""
    h1, h2 = console.lab.hosts[:2]
    swapped = console.folder / "known_hosts"
    swapped.write_text(h1.known_hosts.read_text().replace(f"{h2.address} ", "- ").replace(f"{h1.address} ", f"{h2.address} "))
    console.write_inventory({"h2": {}}, known_hosts=swapped, host_key_policy="accept-new")
    before = logins(h2)
    answer = patch(console)
    assert (4, {"h2": "unreachable"}) == (answer.code, answer.ends)
    assert "another host key" in answer.text or "has changed" in answer.text
    assert before == logins(h2)


def logins(host: LabHost) -> str:
    """Return how many logins the host's sshd has accepted or refused so far; its own log is the witness."""
    return sh(host, "grep -cE 'Accepted|Failed|Invalid user' /var/log/auth.log")


@pytest.fixture(scope="module")
def control_host(lab: Lab) -> LabHost:
    """Return a lab host that healer itself is installed on: this checkout and this interpreter's libraries, copied into it."""
    host = lab.host("h5")
    theirs = sh(host, "python3 -c 'import sys; print(*sys.version_info[:2], sep=\".\")'")
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert ours == theirs, f"the lab's host has Python {theirs}, and the libraries of this Python {ours} cannot be lent to it"
    libraries = Path(pytest.__file__).parents[1]
    ignore = shutil.ignore_patterns("__pycache__", "ansible", "ansible_core-*", "ansible_test", "mypy", "pip", "hypothesis")
    shutil.copytree(libraries, host.root / GUEST.lstrip("/") / "lib", ignore=ignore)
    for folder in ("healer", "playbooks"):
        shutil.copytree(ROOT / folder, host.root / GUEST.lstrip("/") / folder, ignore=ignore)
    return host


def test_on_the_machine_itself(control_host: LabHost) -> None:
    """With `connection=local` healer patches the machine that it runs on without any SSH, and never boots it, whatever is asked."""
    control_host.write("/root/inventory.ini", "localhost connection=local window=always\n")
    before, boot = logins(control_host), control_host.boot_id()
    words = "python3 -m healer patch --rolling --reboot always --soak 0 -i /root/inventory.ini"
    done = control_host.run(["sh", "-c", f"cd /root && PYTHONPATH={GUEST}:{GUEST}/lib COLUMNS=300 {words}"], timeout=200)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "1.1" == version(control_host, PACKAGE)
    assert (boot, before) == (control_host.boot_id(), logins(control_host))
    assert "the control node is never rebooted by healer" in " ".join(done.stdout.decode().split())
