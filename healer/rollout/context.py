"""What is fixed for the length of a play: the frozen inputs of the run, and what of them a template may see."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from healer.inventory.places import place_of
from healer.model.action import Decision
from healer.model.errors import InventoryError, PlaybookError
from healer.model.facts import Verdict
from healer.model.host import Host, Inventory, Value
from healer.model.playbook import Play, Playbook, Task, Where
from healer.model.policy import RolloutPolicy
from healer.playbook.render import Renderer
from healer.playbook.scope import Scope, host_data
from healer.playbook.tags import selected
from healer.ports import Clock
from healer.rollout.windows import Window, window_state
from healer.steps.contract import WindowState

ACT_NAMESPACE = uuid.UUID("6f0d7a52-7a0f-4d1c-9a55-2b8f3b1f6c11")


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What a run was asked to do, frozen: it is written into the first event and read back by resume.

    `extra` are variables given on the command line; they win over all others. `saved` are the decisions of a saved plan, by host and
    address. `saving` is true while such a plan is made. `settled` is what a person said of acts that cannot be asked about: done or redo,
    by host.
    """

    run: str
    inventory: Inventory
    playbook: Playbook
    hosts: tuple[str, ...]
    extra: Mapping[str, Value] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    skip_tags: frozenset[str] = frozenset()
    check: bool = False
    saving: bool = False
    saved: Mapping[str, Mapping[str, Decision]] | None = None
    settled: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlayContext:
    """One play of a run with its rendered policy."""

    inputs: RunInputs
    play: Play
    index: int
    policy: RolloutPolicy
    renderer: Renderer

    def address(self, section: str, number: int) -> str:
        """Return a task's address, stable for a frozen playbook."""
        return f"{self.index}/{section}/{number}"

    def owns(self, address: str) -> bool:
        """Whether the address is one of this play."""
        return address.split("/", maxsplit=1)[0] == str(self.index)

    def act_id(self, host: str, address: str, index: int, attempt: int = 1) -> str:
        """Return the id of an act: the same intent always has the same one, and each attempt at it one of its own."""
        parts = (self.inputs.run, host, address, str(index), *((str(attempt),) if attempt > 1 else ()))
        return str(uuid.uuid5(ACT_NAMESPACE, "\0".join(parts)))

    def selects(self, task: Task) -> bool:
        """Whether `--tags` and `--skip-tags` let the task run."""
        return selected(task.tags | self.play.tags, only=self.inputs.tags, skip=self.inputs.skip_tags)

    def scope(self, host: Host, task: Task | None, data: Mapping[str, Value]) -> Scope:
        """Return what templates of a task may see on a host. What people wrote may hold templates; what hosts said never does."""
        inventory = self.inputs.inventory
        return Scope(
            trusted={**host.variables, **self.play.vars, **(task.vars if task else {})},
            data={**host_data(host, inventory), "healer_run": self.inputs.run, "healer_check_mode": self.inputs.check, **data},
            extra=self.inputs.extra,
            hosts={name: other.variables for name, other in inventory.hosts.items()},
        )

    @staticmethod
    def outer_scope(play: Play, extra: Mapping[str, Value]) -> Scope:
        """Return what templates outside of any host may see: the play's own variables and those of the command line."""
        return Scope(trusted=play.vars, extra=extra)

    def window(self, host: Host, clock: Clock) -> WindowState:
        """Return whether the host's declared window is open now."""
        declared = host.variables.get("window")
        if declared is None:
            return WindowState(Verdict.UNKNOWN, "no window is declared for the host")
        try:
            return window_state(Window.parse(declared), clock.now())
        except ValueError as error:
            raise PlaybookError(f"host {host.name}: variable window: {error}") from error

    def check_windows(self, hosts: Iterable[str]) -> None:
        """Raise InventoryError for a window that cannot be understood, before anything is touched."""
        for name in hosts:
            declared = self.inputs.inventory.hosts[name].variables.get("window")
            try:
                _ = declared is None or Window.parse(declared)
            except ValueError as error:
                where = place_of(self.inputs.inventory, name, ("window",)) or Where()
                message = f"host {name}: variable window: {error}"
                raise InventoryError(message, file=where.file, line=where.line, column=where.column) from error

    def control_file(self, name: str, where: Where) -> Path:
        """Return where a file named in a task lies: beside the playbook, in `files/` or `templates/` there, or absolute."""
        folder = Path(self.inputs.playbook.file).parent
        places = [Path(name)] if Path(name).is_absolute() else [folder / name, folder / "files" / name, folder / "templates" / name]
        for place in places:
            if place.is_file():
                return place
        tried = ", ".join(str(place) for place in places)
        raise PlaybookError(f"the file {name!r} was not found; tried {tried}", file=where.file, line=where.line, column=where.column)
