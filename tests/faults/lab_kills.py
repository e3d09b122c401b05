"""A real `healer patch` over two real hosts that is killed with SIGKILL at places of one's choice, and resumed until it is over."""

import signal
import subprocess
from collections.abc import Iterable

from console import PATIENCE, Answer, Console, upgrades

PACKAGE = "healer-demo-lib"
FLEET = ("h1", "h2")


def healer(node: Console, *words: str, dies: str = "") -> Answer:
    """Run a command that may die of a failpoint."""
    done = subprocess.run(
        node.argv(*words, inventory=words[0] != "resume"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**node.environment, "HEALER_FAILPOINT": dies},
        cwd=node.folder,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def patched(node: Console, deaths: Iterable[str]) -> tuple[Answer, int]:
    """Patch the fleet; the run and then each resume dies of the next failpoint, if it comes there. Return the last answer and the deaths."""
    died, left = 0, list(deaths)
    answer = patch(node, left.pop(0) if left else "")
    while answer.code == -signal.SIGKILL:
        died += 1
        begun = (node.folder / "state" / "journal.db").exists() and "no run" not in node.healer("history", inventory=False).text
        dies = left.pop(0) if left else ""
        answer = healer(node, "resume", "--json", dies=dies) if begun else patch(node, dies)
    return answer, died


def patch(node: Console, dies: str) -> Answer:
    """Begin a run."""
    return healer(node, "patch", "--rolling", "--soak", "0", "--yes", "--json", dies=dies)


def versions(node: Console) -> dict[str, list[str]]:
    """Return every upgrade of the package that dpkg ever did on each host."""
    return {name: upgrades(node.lab.host(name), PACKAGE) for name in FLEET}
