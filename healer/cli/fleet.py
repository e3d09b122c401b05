"""Asks every chosen host the same question at once, for the commands that only look."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from healer.cli.context import Setting
from healer.model.errors import HostError
from healer.model.host import Host
from healer.ports import Remote
from healer.wiring import Access, executor_of

Result = TypeVar("Result")


def chosen(setting: Setting) -> tuple[Host, ...]:
    """Return the hosts that the limit leaves. Raises UsageError when it leaves none, InventoryError when there is none to begin with."""
    inventory = setting.inventory()
    return tuple(inventory.hosts[name] for name in setting.limited(tuple(inventory.hosts), inventory))


def ask_all(setting: Setting, hosts: tuple[Host, ...], ask: Callable[[Remote], Result]) -> Mapping[str, Result | HostError]:
    """Log in to each host, ask, hang up. What goes wrong with a host is its answer."""
    access = Access(setting.settings, setting.inventory(), setting.become_password)
    for host in hosts:
        access.login(host)
    with executor_of(setting.settings) as executor:
        futures = {host.name: executor.submit(lambda host=host: _ask(access, host, ask)) for host in hosts}  # type: ignore[misc]
        return {name: future.result() for name, future in futures.items()}


def _ask(access: Access, host: Host, ask: Callable[[Remote], Result]) -> Result | HostError:
    try:
        remote = access.connect(host)
    except HostError as error:
        return error
    try:
        return ask(remote)
    except HostError as error:
        return error
    finally:
        remote.close()
