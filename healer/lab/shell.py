"""One way to run the control machine's own tools, so that every failure reads the same."""

import subprocess
from collections.abc import Callable, Sequence

from healer.model.errors import LabError

Progress = Callable[[str], None]
"""Is told one line for people whenever a slow thing begins."""


def silent(_line: str) -> None:
    """Be the progress of a caller who wants none."""


def run(argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 300) -> bytes:
    """Return standard output; raise LabError with the tool's last words when it fails."""
    try:
        done = subprocess.run(list(argv), input=stdin, capture_output=True, timeout=timeout, check=False)
    except FileNotFoundError as error:
        raise LabError(f"{argv[0]} is not installed.", advice="Run `python -m healer.lab.requirements`.") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"`{' '.join(argv)}` did not end within {timeout:g} s.") from error
    if done.returncode:
        raise LabError(f"`{' '.join(argv)}` failed ({done.returncode}): {last_words(done.stderr or done.stdout)}")
    return done.stdout


def succeeds(argv: Sequence[str]) -> bool:
    """Run for the effect, and tell whether it worked. For clean-up, where the thing may be gone already."""
    return subprocess.run(list(argv), stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def stream(argv: Sequence[str], progress: Progress) -> None:
    """Run a slow tool and hand on every line that it prints; raise LabError with the last ones when it fails."""
    lines: list[str] = []
    with subprocess.Popen(
        list(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                progress(lines[-1])
        except BaseException:
            # Leaving the block waits for the tool, and an interrupted caller wants it gone.
            process.terminate()
            raise
    if process.returncode:
        raise LabError(f"{argv[0]} failed ({process.returncode}): {' | '.join(lines[-8:])}")


def last_words(output: bytes, count: int = 600) -> str:
    """Return the end of a tool's output as text fit for a message."""
    return output.decode(errors="replace").strip()[-count:]
