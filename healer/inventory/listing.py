"""The inventory as `ansible-inventory --list` and `--graph` show it, so that both programs can be compared. Pure.

Variables are shown as they are, passwords too, as Ansible does: what stands in plain in a file is no secret any more.
"""

from collections.abc import Iterator, Mapping
from datetime import date, time

from healer.model.host import Inventory, Value

INTERNAL = frozenset(
    {
        "ansible_async_path",
        "ansible_collection_name",
        "ansible_config_file",
        "ansible_dependent_role_names",
        "ansible_diff_mode",
        "ansible_facts",
        "ansible_forks",
        "ansible_inventory_sources",
        "ansible_limit",
        "ansible_play_batch",
        "ansible_play_hosts",
        "ansible_play_hosts_all",
        "ansible_play_role_names",
        "ansible_playbook_python",
        "ansible_role_name",
        "ansible_role_names",
        "ansible_run_tags",
        "ansible_skip_tags",
        "ansible_verbosity",
        "ansible_version",
        "group_names",
        "groups",
        "hostvars",
        "inventory_dir",
        "inventory_file",
        "inventory_hostname",
        "inventory_hostname_short",
        "play_hosts",
        "playbook_dir",
        "role_name",
        "role_names",
        "role_path",
        "role_uuid",
    }
)
"""Names that Ansible sets itself: what an inventory says about them is never shown."""


def as_json(inventory: Inventory) -> dict[str, Value]:
    """Return what `ansible-inventory --list` prints, ready for json.dumps. Groups without hosts and children are left out."""
    listed: dict[str, Value] = {name: body for name in inventory.groups if (body := _group(inventory, name))}
    hosts = {name: _shown(inventory.hosts[name].variables) for name in inventory.members("all")}
    listed["_meta"] = {"hostvars": {name: variables for name, variables in hosts.items() if variables}, "profile": "inventory_legacy"}
    return listed


def as_graph(inventory: Inventory) -> str:
    """Return what `ansible-inventory --graph` prints, without a newline at the end."""
    return "\n".join(_lines(inventory, "all", 0))


def _group(inventory: Inventory, name: str) -> dict[str, Value]:
    group = inventory.groups[name]
    hosts = () if name == "all" else group.hosts
    return {key: list(names) for key, names in (("hosts", hosts), ("children", group.children)) if names}


def _shown(variables: Mapping[str, Value]) -> dict[str, Value]:
    return {name: _plain(value) for name, value in variables.items() if name not in INTERNAL}


def _plain(value: Value) -> Value:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, (date, time)) else value


def _lines(inventory: Inventory, name: str, depth: int) -> Iterator[str]:
    yield _indented(f"@{name}:", depth)
    for child in inventory.groups[name].children:
        yield from _lines(inventory, child, depth + 1)
    if name != "all":
        for host in inventory.groups[name].hosts:
            yield _indented(host, depth + 1)


def _indented(text: str, depth: int) -> str:
    return "  |" * depth + "--" + text if depth else text
