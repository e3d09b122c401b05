"""The policy of a host's services as facts read it: a mistake in it leaves a fact unasked, with the place and the words of the mistake."""

from collections.abc import Mapping

from pydantic import ValidationError

from healer.healing.policy import ServicesPolicy, policy_of
from healer.model.host import Value


def policy(variables: Mapping[str, Value]) -> ServicesPolicy:
    """Return the policy of a host with these variables. Raises ValueError with one short line for what makes no sense."""
    try:
        return policy_of(variables)
    except ValidationError as error:
        told = (f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
        raise ValueError("; ".join(told).replace("\n", " ")) from error


def named(variables: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the units and patterns of the policy: the words of facts that look at them. Raises ValueError as `policy`."""
    return tuple(one.unit for one in policy(variables).services)
