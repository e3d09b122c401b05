"""Asks the real ansible-inventory about many inventories at the price of one start: a fork of the
loaded program answers each, for Ansible keeps what it read in globals.

Reads a JSON list of {"sources", "playbook_dir", "patterns"} from stdin, prints a JSON list of {"list", "graph", "patterns"}.
"""

import json
import multiprocessing
import os
import sys
import tempfile

from ansible.cli.inventory import InventoryCLI
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.utils.display import Display


def answer(case: dict) -> dict:
    """Return what Ansible makes of one inventory."""
    arguments = ["ansible-inventory", "--list", *(word for source in case["sources"] for word in ("-i", source))]
    if case["playbook_dir"]:
        arguments += ["--playbook-dir", case["playbook_dir"]]
    cli = InventoryCLI(arguments)
    cli.parse()
    cli.loader, cli.inventory, cli.vm = cli._play_prereqs()
    top = cli.inventory.groups["all"]
    return {
        "list": json.loads(cli.dump(cli.json_inventory(top))),
        "graph": "\n".join(cli._graph_group(top)),
        "patterns": {pattern: chosen(cli.inventory, pattern) for pattern in case["patterns"]},
    }


def chosen(inventory: object, pattern: str) -> list[str] | str:
    """Return the hosts that Ansible chooses, or its complaint."""
    try:
        return [host.name for host in inventory.get_hosts(pattern)]
    except AnsibleError as error:
        return str(error)


def main() -> None:
    """Answer all cases, from an empty folder, so that nothing beside the caller counts."""
    Display.warning = Display.deprecated = Display.error_as_warning = lambda *_, **__: None
    init_plugin_loader([])
    InventoryManager(DataLoader(), ["warm,"]).get_hosts()
    cases = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)
        with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
            answers = pool.map(answer, cases, chunksize=1)
        os.chdir("/")
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
