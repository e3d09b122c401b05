"""From a cgroup to the unit that a restart would have to name."""

import pytest

from healer.platforms.processes import Process, belongs, read_process


def process(cgroup: str, name: str = "app", *, pid: int = 100, parent: int = 1, own: bool = False, apart: bool = False) -> Process:
    """Return a process at this place."""
    return Process(pid, 1, parent, own, apart, cgroup, name)


@pytest.mark.parametrize(
    ("cgroup", "expected"),
    [
        ("/system.slice/nginx.service", ("service", "nginx.service")),
        ("/system.slice/system-postgresql.slice/postgresql@15-main.service", ("service", "postgresql@15-main.service")),
        ("/system.slice/big.service/sub/worker", ("service", "big.service")),
        ("/system.slice/dev-disk-by\\x2dlabel.service", ("service", "dev-disk-by\\x2dlabel.service")),
        ("/user.slice/user-0.slice/session-3.scope", ("session", "")),
        ("/user.slice/user-1000.slice/user@1000.service/init.scope", ("user-service", "user@1000.service")),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/x.service", ("user-service", "x.service")),
        ("/system.slice/docker-0123abcd.scope", ("container", "")),
        ("/machine.slice/libpod-0123abcd.scope", ("container", "")),
        ("/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope", ("container", "")),
        ("/system.slice/docker.service", ("service", "docker.service")),
        ("/init.scope", ("manager", "")),
        ("/", ("process", "")),
        ("", ("process", "")),
    ],
)
def test_cgroups(cgroup: str, expected: tuple[str, str]) -> None:
    """The last service in the path is the unit; sessions, users' managers and containers are told apart."""
    assert expected == belongs(process(cgroup))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (process("/init.scope", "systemd", pid=1, parent=0), ("manager", "")),
        (process("/system.slice/ssh.service", "sshd"), ("service", "ssh.service")),
        (process("/system.slice/ssh.service", "sshd", own=True), ("service", "ssh.service")),
        (process("/system.slice/ssh.service", "sshd", parent=44), ("session", "")),
        (process("/system.slice/ssh.service", "sshd", parent=44, own=True), ("own-session", "")),
        (process("/system.slice/system-ssh.slice/ssh@3-1.2.3.4:22-5.6.7.8:9.service", "sshd"), ("session", "")),
        (process("/user.slice/user-0.slice/session-1.scope", "sudo", own=True), ("own-session", "")),
        (process("/system.slice/app.service", apart=True), ("container", "")),
    ],
)
def test_special_places(one: Process, expected: tuple[str, str]) -> None:
    """The listener of sshd is the service, a login's sshd is not; what carries this look is our own session."""
    assert expected == belongs(one)


def test_a_host_inside_a_container_is_no_container_to_itself() -> None:
    """What stands above process 1 in the cgroup path does not count."""
    assert ("service", "nginx.service") == belongs(process("/docker/0123/system.slice/nginx.service"), "/docker/0123/init.scope")


def test_a_line_with_a_field_too_few_is_refused() -> None:
    """A line of the scan that was cut is nonsense."""
    with pytest.raises(ValueError, match="unpack"):
        read_process(["1", "2", "3"])
