"""What a pass and a watch are carried out with under one command's setting: orders, logins that are kept, who is told, who keeps away."""

import hashlib
import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache

from healer import node
from healer.cli.carrying import Ways, carry, new_run_id
from healer.cli.context import Setting
from healer.cli.live import Showing, view
from healer.cli.screen import console_for_output
from healer.cli.telling import limits_of
from healer.clock import SystemClock
from healer.executors.limits import room_for_logins
from healer.model.errors import LockedError
from healer.model.playbook import Playbook
from healer.model.report import RunReport
from healer.pipeline import Locks, Order, stage
from healer.playbook.load import parse_playbook
from healer.playbook.search import find_playbook
from healer.playbook.trust import read_trusted
from healer.rollout.context import RunInputs
from healer.rollout.doors import Doors
from healer.rollout.planning import steps
from healer.watch.logins import LoginPool
from healer.watch.passing import Means
from healer.watch.unfinished import Unfinished, order_to_resume, whole_or_nothing
from healer.wiring import Access, Listeners, locks_of

Carry = Callable[[Order], RunReport]


@dataclass(frozen=True, slots=True)
class Orders:
    """Makes the orders of a pass or a watch."""

    setting: Setting

    def new(self, playbook: str, hosts: tuple[str, ...], check: bool) -> Order:
        """Return a run of the playbook of that name, for those of the hosts that it is for."""
        setting = self.setting
        path = find_playbook(playbook, inventories=setting.inventory_paths())
        text = read_trusted(path)
        inputs = RunInputs(new_run_id(), setting.inventory(), _parsed(text, str(path)), hosts, check=check)
        return Order(inputs, command_line(), text.decode("utf-8"), held=setting.held())

    def resume(self, one: Unfinished) -> Order:
        """Return the order that goes on with a run that was cut off."""
        return order_to_resume(one, self.setting.inventory(), self.setting.held(), self.setting.holders())


@cache
def _parsed(text: bytes, file: str) -> Playbook:
    return parse_playbook(text, file=file, steps=steps())


def command_line() -> str:
    """Return what was typed."""
    return " ".join(["healer", *(shlex.quote(word) for word in sys.argv[1:])])


def means_of(setting: Setting, stop: threading.Event, pool: LoginPool, *, shown: bool) -> Means:
    """Return what a pass needs. Real runs are `shown` while they go on, dry ones never; every login is the pool's."""
    inventory, orders = setting.inventory(), Orders(setting)
    return Means(
        inventory=inventory,
        hosts=setting.limited(tuple(inventory.hosts), inventory),
        journal=setting.journal,
        clock=SystemClock(stop),
        order=orders.new,
        resume=orders.resume,
        carry=lambda order: carried(order, setting, stop, pool, shown=shown and not order.inputs.check),
        events=setting.events,
        node=node.name(),
        stop=stop,
    )


def carried(order: Order, setting: Setting, stop: threading.Event, pool: LoginPool, *, shown: bool) -> RunReport:
    """Carry an order of a pass out. Raises what the pipeline raises."""
    locks: Locks = locks_of(setting.settings)
    if order.resume:
        # The run's own inventory says how its hosts are reached, so its logins are not the pool's.
        ways = Ways(stop, locks=whole_or_nothing(locks, setting.journal))
    else:
        ways = Ways(stop, through=lambda found: through(found, order, setting, pool), locks=locks, recall_updates=True)
    if not shown:
        return carry(order, setting, ways)
    showing = Showing(setting.common.verbose, order.inputs.check, limits_of(stage(order.inputs)))
    screen = view(console_for_output(err=setting.common.json), showing)
    with screen:
        return carry(order, setting, replace(ways, listeners=Listeners(screen.listen, screen.waiting)))


def through(found: Doors, order: Order, setting: Setting, pool: LoginPool) -> Doors:
    """Return the doors with the pool's logins; what a dry look learns of hosts is kept in the journal, like that of a real run."""
    samples = setting.journal if order.inputs.check else None
    return replace(found, connect=pool.connect, samples=samples)


def logins(setting: Setting) -> LoginPool:
    """Return the pool over this inventory."""
    access = Access(setting.settings, setting.inventory(), setting.become_password)
    return LoginPool(access.connect, access.clock, room_for_logins())


@contextmanager
def alone(setting: Setting) -> Iterator[None]:
    """Be the only pass of this node over these sources. Raises LockedError. The locks of the groups keep other runs away, not this one:
    two passes over one fleet would look twice, and one would wait for the other's work.
    """
    sources = " ".join(setting.sources())
    name = f"pass {hashlib.sha256(sources.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"
    with ExitStack() as held:
        try:
            held.enter_context(locks_of(setting.settings)({name: ()}, "of a pass"))
        except LockedError as error:
            raise LockedError(f"another pass over {sources} is under way: {error.message}", advice="It does what is due.") from error
        yield
