"""What a step wants done on one host. The verbs are a closed set that only the engine performs; a new verb is a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from healer.model.files import Handle, Span
from healer.model.services import ServiceJudgement


@dataclass(frozen=True, slots=True)
class Run:
    """A short command in the foreground. Exit codes other than `accepted` are bad. `changed_codes` None means: it always changes.

    `mutating` false means that it only looks: no gate, no lease, no intent that would have to be asked for later.
    """

    argv: tuple[str, ...]
    stdin: str = ""
    timeout: float = 60.0
    accepted: tuple[int, ...] = (0,)
    changed_codes: tuple[int, ...] | None = None
    mutating: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str = ""
    verb: Literal["run"] = "run"


@dataclass(frozen=True, slots=True)
class Job:
    """A long act that must outlive the SSH link: a package transaction. Runs detached, is polled, can be attached to again.

    `script` is static shell text, `arguments` its parameters. `exit_meanings` gives words for exit codes worth telling;
    codes in `busy_codes` mean that somebody else holds a lock, and nothing was done. A `patient` job is never killed, because half of
    it would be worse than a late one: after `timeout` it is no longer waited for, and its outcome is not known.

    A `convergent` script looks first at what is there and does only what is missing. When the host says that it was cut off (power was
    lost, it was killed), it is begun anew under an id of its own, with HEALER_ATTEMPT in its environment: 2, 3.
    """

    script: str
    arguments: tuple[str, ...] = ()
    stdin: str = ""
    timeout: float = 3600.0
    accepted: tuple[int, ...] = (0,)
    busy_codes: tuple[int, ...] = ()
    changed_codes: tuple[int, ...] | None = None
    exit_meanings: Mapping[int, str] = field(default_factory=dict)
    patient: bool = False
    convergent: bool = False
    verb: Literal["job"] = "job"


@dataclass(frozen=True, slots=True)
class PutFile:
    """Place a file whole, by temporary name and rename, only when content, owner or mode differ. `mode` is octal text such as 0644."""

    path: str
    content: str
    owner: str = "root"
    group: str = "root"
    mode: str = "0644"
    encoding: Literal["utf-8", "base64"] = "utf-8"
    backup: bool = False
    validate: tuple[str, ...] = ()
    verb: Literal["put_file"] = "put_file"


@dataclass(frozen=True, slots=True)
class Reboot:
    """Boot the host and prove it by three witnesses. `expected_kernel` empty means: not judged. Times are seconds."""

    expected_kernel: str = ""
    timeout: float = 600.0
    stay_up: float = 10.0
    verb: Literal["reboot"] = "reboot"


@dataclass(frozen=True, slots=True)
class Relogin:
    """Prove that a second, fresh login works while the first is still open."""

    timeout: float = 60.0
    verb: Literal["relogin"] = "relogin"


@dataclass(frozen=True, slots=True)
class ProbeUntil:
    """Ask a probe until it is good or the time is over. `probe` names a probe plug-in, `arguments` its parameters.

    `origin` is `host` (through the host's SSH channel), `control`, or an inventory host's name.
    `delay` are seconds before the first question.
    """

    probe: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    origin: str = "host"
    timeout: float = 30.0
    interval: float = 1.0
    consecutive: int = 1
    delay: float = 0.0
    verb: Literal["probe_until"] = "probe_until"


@dataclass(frozen=True, slots=True)
class CallPython:
    """Call a function of the user's own file with a fabric.Connection. Cannot be asked about after a crash: the host is held then.

    What has not ended after `timeout` seconds is no longer waited for, and its outcome is not known.
    """

    file: str
    function: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    digest: str = ""
    timeout: float = 3600.0
    verb: Literal["call_python"] = "call_python"


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Read facts again and judge them by the step's own `verify`: the proof that an act worked.

    Where that says that it may yet become good, it is asked again, every `every` seconds, for so many seconds of `patience`.
    """

    facts: tuple[str, ...] = ()
    patience: float = 0.0
    every: float = 5.0
    verb: Literal["look_again"] = "look_again"


@dataclass(frozen=True, slots=True)
class Archive:
    """Keep a copy of the span, compressed and proved by its sha256; nothing on the host is changed by it, so it can be done again at will.

    It is kept in `folder` on the host, on another file system than the span's, or, empty, on the control node, to which it is streamed.
    The result's detail says `kept` (the file), `where` (control or host), `sha256` and `length` of the raw bytes, `stored` bytes, and
    `mark`, the sha256 of the last raw MiB.
    """

    span: Span
    folder: str = ""
    timeout: float = 3600.0
    verb: Literal["archive"] = "archive"


@dataclass(frozen=True, slots=True)
class Gather:
    """Read what would be lost by the next act, and keep it: evidence. It changes nothing on the host, so it can be done again at will.

    `script` is static shell text that only reads, `arguments` its parameters. After `timeout` seconds what came so far is kept. At most
    `limit` bytes are kept, the first of them, redacted, as the result's `output`; an incomplete one is good all the same, and says so:
    evidence never stands in the way of the cure.
    """

    script: str
    arguments: tuple[str, ...] = ()
    timeout: float = 20.0
    limit: int = 256 * 1024
    verb: Literal["gather"] = "gather"


FreeMethod = Literal["collapse", "punch", "freeze", "delete", "truncate"]


@dataclass(frozen=True, slots=True)
class Free:
    """Give the blocks of the span back, once; what it is done to is identified again in the same breath.

    `collapse` takes the span out of the file's head, so that what follows moves to the front. `punch` leaves a hole of the same length.
    `freeze` stops the `writers` (append writers only, all of them) for at most two seconds, and moves what lies beyond the span to the
    front meanwhile. `truncate` cuts the file off whole: what was written since the span was read is lost, and the result says how much
    that was as far as it was seen (`lost`). `delete` takes the name away of a file that nobody has open and that ends where the span ends.
    With a `mark` the last MiB of the span must still have this sha256; the engine fills it in from the archive of the same span.
    The result's detail says `freed` bytes and the `method`.
    """

    span: Span
    method: FreeMethod
    timeout: float = 120.0
    writers: tuple[Handle, ...] = ()
    mark: str = ""
    verb: Literal["free"] = "free"


Verb = Run | Job | PutFile | Reboot | Relogin | ProbeUntil | CallPython | LookAgain | Archive | Free | Gather


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do on one host.

    `summary` is a sentence for people in the imperative. `disruptive` actions are preceded by the drain. `makes_stale` are facts
    that must be read again afterwards (`*` all). `undo` is what a person would type to take it back, or empty.
    `unit` is set by restarts so that they can be counted; `rung` too where it is a try to bring the unit back (model/services: Rung).
    """

    summary: str
    verb: Verb
    disruptive: bool = True
    makes_stale: tuple[str, ...] = ("*",)
    undo: str = ""
    unit: str = ""
    rung: str = ""


@dataclass(frozen=True, slots=True)
class Owe:
    """Something that should be done and may not be done now (a reboot outside its window); shown until it is paid.

    `waits` is true when time alone brings the permission (a declared window opens): the run then ends with work left.
    `items` are what exactly is owed, where that can be told one by one: units to be restarted, files to be merged.
    """

    kind: str
    detail: str
    waits: bool = False
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skip:
    """Nothing is to be done, and why. `owes` are debts that the skip leaves behind; `pays` are kinds of debt that are none any more.

    `judged` is what was decided of services, here and in the other decisions: it is kept where it is news.
    """

    reason: str
    owes: tuple[Owe, ...] = ()
    pays: tuple[str, ...] = ()
    judged: tuple[ServiceJudgement, ...] = ()
    decision: Literal["skip"] = "skip"


@dataclass(frozen=True, slots=True)
class Refuse:
    """The step will not act on this host, and why: the host fails (or is skipped by name) without having been touched.

    `terminal` is the state in which the host ends: `failed`, `busy`, `skipped`, or `refused` (it differs from a saved plan; that says
    nothing about the others, so that they go on).
    """

    reason: str
    terminal: Literal["failed", "busy", "skipped", "refused"] = "failed"
    judged: tuple[ServiceJudgement, ...] = ()
    decision: Literal["refuse"] = "refuse"


@dataclass(frozen=True, slots=True)
class Act:
    """Actions to perform in order. `results` are values for `register`; `versions` are the package versions that this act
    installs (what a canary freezes); `forecast` are lines for the plan; `owes` are debts that remain after the act, and `pays` are
    kinds of debt that are none any more when all of it was good. `incurs` are debts that the act itself brings about and a later task
    pays: they are written down before it, so that whoever is cut off in between leaves them in sight."""

    actions: tuple[Action, ...]
    results: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    forecast: tuple[str, ...] = ()
    owes: tuple[Owe, ...] = ()
    pays: tuple[str, ...] = ()
    incurs: tuple[Owe, ...] = ()
    judged: tuple[ServiceJudgement, ...] = ()
    decision: Literal["act"] = "act"


Decision = Act | Skip | Refuse
