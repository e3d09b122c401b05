"""Which other host is like a host: who is asked when something shall be seen from next door."""

from healer.model.host import Host, Inventory


def neighbour(host: Host, inventory: Inventory) -> str:
    """Return the next other host, in the inventory's order and round again, of the same budget group; without one, of the first of the
    host's groups that has another. Empty when it has no such neighbour.
    """
    own = host.variables.get("budget_group")
    alike = [name for name, one in inventory.hosts.items() if own is not None and one.variables.get("budget_group") == own]
    for circle in (alike, *(inventory.members(group) for group in host.groups)):
        names = [name for name in inventory.hosts if name in circle]
        if host.name in names and len(names) > 1:
            return names[(names.index(host.name) + 1) % len(names)]
    return ""
