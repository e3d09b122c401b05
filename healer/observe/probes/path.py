"""Whether something is there, or gone: files that programs leave as a sign, such as a pid file or a maintenance flag."""

from collections.abc import Mapping

from healer.model.command import Command
from healer.model.facts import Unknown
from healer.observe.asking import ArgumentError, argument, asked, bad, good, patience, unknown
from healer.observe.probes.contract import Answer, Probe, Vantage
from healer.observe.reading import script

KINDS = {
    "present": frozenset({"file", "directory", "link", "other"}),
    "file": frozenset({"file"}),
    "directory": frozenset({"directory"}),
    "absent": frozenset({"absent"}),
}


def ask(vantage: Vantage, arguments: Mapping[str, object], timeout: float) -> Answer:
    """Look at `path`; `state` is present (default), file, directory or absent. `become` asks for root."""

    def question() -> Answer:
        path, state = argument(arguments, "path", str), argument(arguments, "state", str, default="present")
        if state not in KINDS:
            raise ArgumentError(f"the argument state must be one of {', '.join(KINDS)}, not {state!r}")
        argv = ("sh", "-c", script("path_probe.sh"), "healer-probe", path)
        become = argument(arguments, "become", bool, default=False)
        result = vantage.run(Command(argv, timeout=patience(arguments, timeout), become=become))
        if isinstance(result.status, Unknown):
            return unknown(f"{path} could not be looked at: {result.status.reason}")
        return judge(path, state, result.stdout.decode(errors="replace").strip())

    return asked(question, str(arguments.get("path")))


def judge(path: str, state: str, kind: str) -> Answer:
    """Return what was seen against what was asked for."""
    if kind in KINDS[state]:
        return good(f"{path} is {state}")
    if any(kind in kinds for kinds in KINDS.values()):
        return bad(f"{path} is not {state} but {kind}")
    return unknown(f"whether {path} is {state} cannot be seen: {kind or 'no answer'}")


PLUGIN = Probe(name="path", ask=ask)
