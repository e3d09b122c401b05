"""Which tasks a run performs by their tags: Ansible's rules, `always`, `never`, `tagged`, `untagged` and `all` included."""

from collections.abc import Set as AbstractSet

RESERVED = frozenset({"all", "always", "never", "tagged", "untagged"})
"""Words with a meaning of their own, whether a task has them or not."""


def selected(tags: AbstractSet[str], *, only: AbstractSet[str] = frozenset(), skip: AbstractSet[str] = frozenset()) -> bool:
    """Whether a task runs. `tags` are its own and its play's; `only` and `skip` are the words of --tags and --skip-tags."""
    return _wanted(tags, only or frozenset({"all"})) and not _unwanted(tags, skip)


def _wanted(tags: AbstractSet[str], only: AbstractSet[str]) -> bool:
    if tags & (only - {"all", "tagged", "untagged"}):
        return True
    if "never" in tags:
        return False
    if "always" in tags or "all" in only:
        return True
    return ("tagged" in only and bool(tags)) or ("untagged" in only and not tags)


def _unwanted(tags: AbstractSet[str], skip: AbstractSet[str]) -> bool:
    if tags & (skip - {"all", "tagged", "untagged"}):
        return True
    if "all" in skip:
        return "always" not in tags or "always" in skip
    return ("tagged" in skip and bool(tags)) or ("untagged" in skip and not tags)
