"""What the cases of failing hosts have in common: playbooks that strike several hosts in one run, and looks inside the hosts."""

from collections.abc import Callable
from subprocess import Popen

from console import Answer, Console, finished, sh, wait_for
from host_record import host_record

from healer.lab.machine import LabHost

AT_ONCE = ("--canary", "0", "--max-unavailable", "100%", "--max-failures", "9", "--soak", "0", "--reboot", "never")
"""Options of `healer patch` with which every host goes at the same time and no failure stops the others."""


def written(console: Console, tasks: str, **rolling: object) -> str:
    """Write a playbook with these tasks, for all hosts at once unless `rolling` says otherwise, and return its path."""
    words = {"max_unavailable": "100%", "canary": 0, "soak": 0, "max_failures": 9, **rolling}
    lines = [f"    {key}: {value}" for key, value in words.items()]
    body = "\n".join(f"    {line}" for line in tasks.strip().splitlines())
    path = console.folder / "case.yml"
    path.write_text(f"- name: Case\n  hosts: all\n  become: true\n  rolling:\n{chr(10).join(lines)}\n  tasks:\n{body}\n")
    path.chmod(0o600)
    return str(path)


def when(process: "Popen[str]", happens: Callable[[], bool]) -> None:
    """Wait until it happens. A run that is over meanwhile is told with what it said."""
    wait_for(lambda: happens() or process.poll() is not None)
    assert process.poll() is None, finished(process).text


def configuring(host: LabHost, package: str) -> bool:
    """Tell whether dpkg runs the package's script right now. Others name its file too: a look at the host reads what scripts restart."""
    return sh(host, f"pgrep -f '[/]{package}[.]postinst configure'") != ""


def printed(host: LabHost, run: str = "") -> str:
    """Return what acts have printed on the host, of one run or of all."""
    return "".join(act.output for act in host_record(host).acts if act.begun is not None and run in act.begun.holder)


def reason(answer: Answer, host: str) -> str:
    """Return why a host ended as it did, on one line."""
    return " ".join(next(row["reason"] for row in answer.report["hosts"] if row["host"] == host).split())


def whole(host: LabHost) -> bool:
    """Tell whether dpkg has nothing to complain about."""
    return sh(host, "dpkg --audit; ls /var/lib/dpkg/updates") == ""
