"""What a service manager is to healer: argument lists and the rules of what may be restarted in place."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """A service-manager plug-in. `act` returns the argument list for start, stop, restart or reload of a unit.

    `never_in_place` answers why a unit must not be restarted in place, or "" when it may.
    `order` sorts units: what others need comes first.
    """

    name: str
    act: Callable[[str, str], tuple[str, ...]]
    never_in_place: Callable[[str], str]
    order: Callable[[tuple[str, ...]], tuple[str, ...]]
