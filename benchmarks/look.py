"""What a look for logs costs a busy host: CPU of all its programs there, beside the barest that asks the kernel for the same.

python -m benchmarks.look --logs 1000 --processes 500 --descriptors 20000 --rounds 5      # as root; in a namespace of its own
python -m benchmarks.look --services --processes 500      # what is read for services in place of logs; on a host that systemd runs
"""

import argparse
import os
import secrets
import signal
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.measuring import Contestants, Sample, command, rounds, table
from healer.observe.collect import all_facts
from healer.observe.sections import arguments, compose, parse_sections, value, words_of

ALL = ("disks", "log_files", "toolbox", "journal_use", "package_cache", "leftovers", "logrotate")
"""What is read for reclaiming, in one round trip."""
SERVICES = ("services", "service_checks", "process_troubles", "load")
"""What is read for services, in one round trip; the first two and the last by every light tick."""
LIGHT = ("services", "service_checks", "load")
BARE = "stat and cat"
INSIDE = "HEALER_BENCHMARK_INSIDE"
POLICY = [{"unit": "ssh", "probes": [{"backlog": 22}, {"unit": "cron"}, {"command": ["true"]}]}, {"unit": "cron"}]
STANDARD = 3
"""Descriptors that every process has from its start."""


def main() -> None:
    """Measure and print, in a process namespace whose only processes are those that are counted."""
    options = _options()
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        namespace = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
        os.execvp("unshare", [*namespace, sys.executable, "-m", "benchmarks.look", *sys.argv[1:]])
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        logs = _write_logs(Path(name), options.logs)
        _hold(logs, options.processes, options.descriptors)
        count = _count()
        with tempfile.TemporaryDirectory() as scripts:
            contestants = _for_services(Path(scripts)) if options.services else _contestants(name, Path(scripts))
            samples = rounds(options.rounds, contestants)
    print(f"\n{options.logs} logs, {count}, medians of {options.rounds} rounds\n\n{table(samples, BARE)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, default=1000, help="log files")
    parser.add_argument("--processes", type=int, default=500)
    parser.add_argument("--descriptors", type=int, default=20000, help="of all processes together")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--services", action="store_true", help="read what is read for services")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="where the logs are written; on a disk")
    return parser.parse_args()


def _write_logs(folder: Path, count: int) -> list[Path]:
    logs = [folder / f"service-{number % 50}" / f"{number:04}.log" for number in range(count)]
    for log in logs:
        log.parent.mkdir(exist_ok=True)
        log.write_bytes(b"x" * 20_000)
    return logs


def _hold(logs: list[Path], processes: int, descriptors: int) -> None:
    """Start processes that hold logs open until this one ends: every second descriptor appends, the others read."""
    each = descriptors // processes - STANDARD
    for process in range(processes):
        if os.fork() == 0:
            for number in range(each):
                os.open(logs[(process * each + number) % len(logs)], os.O_WRONLY | os.O_APPEND if number % 2 else os.O_RDONLY)
            signal.pause()


def _count() -> str:
    processes = [one for one in Path("/proc").iterdir() if one.name.isdigit()]
    descriptors = sum(1 for one in processes for _ in (one / "fd").iterdir())
    return f"{len(processes)} processes, {descriptors} descriptors"


def _contestants(folder: str, scripts: Path) -> Contestants:
    bare = f"find {folder} -type f -printf '%D %i %b %p\\n'; stat -L -c '%d %i %n' /proc/[0-9]*/fd/*; cat /proc/[0-9]*/maps"
    present = [name for name in ALL if name in all_facts()]
    return {
        BARE: partial(command, ["sh", "-c", f"{{ {bare}; }} >{scripts}/bare 2>&1; :"], {}),
        "`log_files`": partial(_look, ["log_files"], folder, scripts / "log_files"),
        f"all {len(present)} facts": partial(_look, present, folder, scripts / "all"),
    }


def _for_services(scripts: Path) -> Contestants:
    """Return a light tick and a full look, beside the barest that asks the kernel and systemd for the same."""
    bare = "systemctl list-units --state=failed; systemctl show ssh.service cron.service; cat /proc/[0-9]*/stat /proc/pressure/*; ss -ltn"
    return {
        BARE: partial(command, ["sh", "-c", f"{{ {bare}; }} >{scripts}/bare 2>&1; :"], {}),
        "a light tick": partial(_look, list(LIGHT), "", scripts / "light"),
        f"all {len(SERVICES)} facts": partial(_look, list(SERVICES), "", scripts / "all"),
    }


def _look(names: list[str], folder: str, file: Path) -> Sample:
    """Run the script of these facts as a host would, and read what it says. Raises SystemExit where a reading was not had."""
    facts = [all_facts()[name] for name in names]
    variables = {"logs_paths": [folder] if folder else [], "services": POLICY, "services_tries": 1}
    words = {fact.name: found for fact in facts if isinstance(found := words_of(fact, variables), tuple)}
    nonce = secrets.token_hex(16)
    file.write_text(compose(nonce, facts, words))
    sample = command(["sh", str(file), *arguments(facts, words)], {})
    sections = parse_sections(nonce, str(sample.result), "")
    readings = {fact.name: value(fact, sections[fact.name]) for fact in facts}
    if names == ["log_files"] and folder not in str(readings["log_files"]):
        raise SystemExit(f"the logs were not seen: {str(readings['log_files'])[:500]}")
    return sample


if __name__ == "__main__":
    main()
