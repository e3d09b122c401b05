"""Whether something accepts connections. A hung program passes too, for the kernel accepts in its place: ask it something to be sure."""

from collections.abc import Mapping

from healer.observe.asking import ArgumentError, argument, asked, good, patience
from healer.observe.probes.contract import Answer, Probe, Vantage


def ask(vantage: Vantage, arguments: Mapping[str, object], timeout: float) -> Answer:
    """Connect to `port` (of `host`, by default 127.0.0.1 as seen from the vantage) and hang up."""
    address = str(arguments.get("host", "127.0.0.1"))

    def question() -> Answer:
        port = argument(arguments, "port", int)
        if not 0 < port < 65536:
            raise ArgumentError(f"{port} is no port")
        vantage.dial(address, port, patience(arguments, timeout)).close()
        return good(f"{address}:{port} accepts connections")

    return asked(question, f"{address}:{arguments.get('port')}")


PLUGIN = Probe(name="tcp", ask=ask)
