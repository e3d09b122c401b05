"""Looking at a thousand simulated hosts: healer beside a bare paramiko loop, and healer with silent hosts among them.

    python -m benchmarks.thousand --hosts 1000 --silent 50 --rounds 3

The simulated hosts are one SSH server on many loopback addresses, which says what a lab host said. A silent host accepts connections and
never says a word.
"""

import argparse
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import labs
from benchmarks.bare import Target
from benchmarks.farm import Farm, address, farm
from benchmarks.measuring import Sample, measured, ratio, rounds, table
from benchmarks.observing import by_bare_loop, by_healer
from healer.lab.wanted import INSTALLED

BARE, HEALER, AMONG = "bare loop", "healer", "healer, silent hosts among them"


def main() -> None:
    """Measure and print."""
    options = _options()
    with (
        labs.hosts(1, options.lab, installed=INSTALLED) as lab,
        tempfile.TemporaryDirectory(prefix="healer-benchmark-") as folder,
        farm(Path(folder), options.servers, lab.hosts[0]) as hosts,
    ):
        samples = _measure(hosts, options)
    print(f"\n{options.hosts} hosts, {options.silent} silent ones, {options.forks} at once, medians of {options.rounds} rounds\n")
    print(table(samples, BARE))
    for name, own in samples.items():
        print(f"{name}: {options.hosts / median(one.wall for one in own):.0f} hosts a second")
    print(f"of the bare loop's hosts a second: {100 * ratio(_walls(samples[BARE]), _walls(samples[HEALER])):.0f} %")
    print(f"slowed by silent hosts: {100 * ratio(_walls(samples[AMONG]), _walls(samples[HEALER])) - 100:+.0f} %")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=1000, help="simulated hosts that answer")
    parser.add_argument("--silent", type=int, default=50, help="hosts among them that say nothing, in the last contest")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--forks", type=int, default=20, help="how many hosts each contestant talks to at once")
    parser.add_argument("--servers", type=int, default=2, help="processes that play the hosts")
    parser.add_argument("--lab", type=Path, help="folder of a lab that is up, instead of one of one host that is brought up; it stays up")
    return parser.parse_args()


def _measure(hosts: Farm, options: argparse.Namespace) -> dict[str, list[Sample]]:
    targets = [Target(address(number), hosts.port) for number in range(options.hosts)]
    whole, mixed = hosts.inventory(options.hosts, 0), hosts.inventory(options.hosts, options.silent)
    contestants = {
        BARE: partial(measured, partial(by_bare_loop, targets, str(hosts.key), options.forks)),
        HEALER: partial(measured, partial(by_healer, whole, options.forks)),
        AMONG: partial(measured, partial(by_healer, mixed, options.forks, silent=options.silent)),
    }
    return rounds(options.rounds, contestants)


def _walls(samples: list[Sample]) -> list[float]:
    return [one.wall for one in samples]


if __name__ == "__main__":
    main()
