"""What it costs to watch: the control node's share of a core for light ticks, and a look at the services of a large fleet.

    python -m benchmarks.ticks --followed 100 --seconds 120 --hosts 1000

The simulated hosts are one SSH server on many loopback addresses, which says what a lab host said; it is not counted.
"""

import argparse
import os
import signal
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

from benchmarks import labs
from benchmarks.farm import farm
from benchmarks.measuring import measured
from benchmarks.observing import Asked
from healer.cli.context import prepare
from healer.cli.means import logins, means_of
from healer.cli.options import Common
from healer.cli.watches import FACTS, watch_over
from healer.lab.wanted import INSTALLED
from healer.rollout.planning import steps
from healer.verify.gates import GATE_FACTS
from healer.watch.passing import looked_after

LIGHT = 10.0
WARM = 45.0
"""Seconds until all hosts are logged in to and the first pass is over."""


def main() -> None:
    """Measure and print."""
    options = _options()
    asked = Asked(tuple(sorted({*steps()["heal"].needs, *FACTS, *GATE_FACTS, "identity"})))
    with (
        labs.hosts(1, options.lab, installed=INSTALLED) as lab,
        tempfile.TemporaryDirectory(prefix="healer-benchmark-") as folder,
        farm(Path(folder), options.servers, lab.hosts[0], asked) as hosts,
    ):
        os.environ["HEALER_STATE_DIR"] = folder
        share = measured(partial(_ticks, hosts.inventory(options.followed, 0), options.seconds)).result
        print(f"light ticks of {options.followed} hosts every {LIGHT:g} s: {share:.2f} % of a core")
        sample = measured(partial(_looked, hosts.inventory(options.hosts, 0), options.forks))
        print(f"services of {options.hosts} hosts: {sample.wall:.1f} s, {sample.cpu:.1f} s CPU, {sample.memory:.0f} MB: {sample.result}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--followed", type=int, default=100, help="hosts that are watched")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long the ticks are measured")
    parser.add_argument("--hosts", type=int, default=1000, help="hosts that a pass looks at")
    parser.add_argument("--forks", type=int, default=20)
    parser.add_argument("--servers", type=int, default=2, help="processes that play the hosts")
    parser.add_argument("--lab", type=Path, help="folder of a lab that is up, instead of one of one host that is brought up; it stays up")
    return parser.parse_args()


def _ticks(inventory: Path, seconds: float) -> float:
    """Watch, and return the percent of a core that it took once everybody was heard."""
    taken: list[float] = []

    def count() -> None:
        time.sleep(WARM)
        before = time.process_time()
        time.sleep(seconds)
        taken.append(100 * (time.process_time() - before) / seconds)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=count, daemon=True).start()
    watch_over(Common(inventory=[str(inventory)]), LIGHT, 3600.0)
    return taken[0]


def _looked(inventory: Path, forks: int) -> str:
    """Look at the services of all hosts as a pass does."""
    setting = prepare(Common(inventory=[str(inventory)], forks=forks))
    with logins(setting) as pool:
        return looked_after(means_of(setting, threading.Event(), pool, shown=False), "services", check=True).words


if __name__ == "__main__":
    main()
