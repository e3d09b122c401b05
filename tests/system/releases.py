"""New versions of the lab's demo packages, always newer than any that an earlier test has published."""

import itertools

from healer.lab.lab import Lab

_MINOR = itertools.count(2)


def release(lab: Lab, *packages: str) -> str:
    """Publish a new version of these packages as a security update and return it; hosts see it after their next refresh."""
    version = f"1.{next(_MINOR)}"
    for package in packages:
        lab.publish(package, version)
    return version
