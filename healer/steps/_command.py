"""What `command` and `shell` have in common: when they are left out, what counts as a change, and what is told of them."""

import re
import shlex
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from healer.model.action import Act, Action, Run
from healer.steps.contract import Arguments

SKIPPED = 253
"""Exit status of GUARDED when the command was left out. Rare among programs; one that ends with it itself is told as 254."""

GUARDED = f"""\
case $1 in
creates) if [ -e "$2" ] || [ -L "$2" ]; then exit {SKIPPED}; fi ;;
removes) if [ ! -e "$2" ] && [ ! -L "$2" ]; then exit {SKIPPED}; fi ;;
esac
shift 2
"$@"
status=$?
[ "$status" -ne {SKIPPED} ] || exit 254
exit "$status"
"""
"""Runs `"$3" ...` unless $2 is there (creates) or unless it is not (removes). Static: path and command are arguments."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ExitStatus = Annotated[int, Field(ge=0, le=255)]
ExitStatuses = Annotated[
    tuple[ExitStatus, ...], BeforeValidator(lambda value: (value,) if type(value) is int else value), Field(min_length=1)
]


def absolute(path: str) -> str:
    """Return the path. Raises ValueError unless it begins at the root: where a command starts is nobody's to guess."""
    if path and not path.startswith("/"):
        raise ValueError("write an absolute path")
    return path


def without_nul(text: str) -> str:
    """Return the text. Raises ValueError for a NUL, which no argument of a program can hold."""
    if "\0" in text:
        raise ValueError("a NUL character cannot be part of a command")
    return text


Word = Annotated[str, AfterValidator(without_nul)]
Path = Annotated[str, AfterValidator(without_nul), AfterValidator(absolute)]


class CommandArguments(Arguments):
    """Arguments of both. `rc` are the exit codes that are good, `changes` whether (or with which codes) it changed something."""

    chdir: Path = ""
    creates: Path = ""
    removes: Path = ""
    stdin: str = ""
    environment: dict[str, Word] = Field(default_factory=dict)
    timeout: Annotated[float, Field(gt=0)] = 60.0
    rc: ExitStatuses = (0,)
    changes: bool | ExitStatuses = True
    mutating: bool = True
    disruptive: bool | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "CommandArguments":
        if self.creates and self.removes:
            raise ValueError("creates and removes cannot both be given")
        if not self.mutating and self.disruptive:
            raise ValueError("what only looks (mutating: false) cannot be disruptive")
        wrong = [name for name in self.environment if not _NAME.fullmatch(name)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no name of an environment variable")
        return self


def act(arguments: CommandArguments, argv: tuple[str, ...], told: str) -> Act:
    """Return the one action that runs `argv`; `told` is how people would have typed it."""
    guard = next(((word, path) for word, path in (("creates", arguments.creates), ("removes", arguments.removes)) if path), None)
    verb = Run(
        argv=("sh", "-c", GUARDED, "healer", *guard, *argv) if guard else argv,
        stdin=arguments.stdin,
        timeout=arguments.timeout,
        accepted=_accepted(arguments, guarded=guard is not None),
        changed_codes=_changed_codes(arguments, guarded=guard is not None),
        mutating=arguments.mutating,
        environment=arguments.environment,
        directory=arguments.chdir,
    )
    disruptive = arguments.mutating if arguments.disruptive is None else arguments.disruptive
    action = Action(_summary(told, guard), verb, disruptive=disruptive, makes_stale=("*",) if arguments.mutating else ())
    return Act((action,))


def _accepted(arguments: CommandArguments, *, guarded: bool) -> tuple[int, ...]:
    changing = () if isinstance(arguments.changes, bool) else arguments.changes
    return tuple(dict.fromkeys((*arguments.rc, *changing, *((SKIPPED,) if guarded else ()))))


def _changed_codes(arguments: CommandArguments, *, guarded: bool) -> tuple[int, ...] | None:
    """Return the codes that mean a change; None is "whatever it ends with"."""
    if not arguments.mutating or arguments.changes is False:
        return ()
    if arguments.changes is True:
        return arguments.rc if guarded else None
    return arguments.changes


def _summary(told: str, guard: tuple[str, str] | None) -> str:
    line = " ".join(told.split())
    short = line if len(line) <= 100 else f"{line[:97]}..."
    if guard is None:
        return f"Run {short}"
    return f"Run {short} (unless {guard[1]} {'exists' if guard[0] == 'creates' else 'is gone'})"


def split(text: str) -> tuple[str, ...]:
    """Return a command line's words as a shell would split them, with nothing else of a shell's doings. Raises ValueError."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"the quotes of the command do not match ({error})") from error
