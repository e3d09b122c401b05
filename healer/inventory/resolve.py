"""From `-i` to one frozen Inventory: read every source, read the variable files for what they name, merge."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from healer.inventory.graph import build
from healer.inventory.merge import VariableFiles, VariableFolder, merge
from healer.inventory.readers.contract import ParsedSource
from healer.inventory.sources import is_host_list, path_of, read_source
from healer.inventory.variable_files import read_folder
from healer.model.errors import UsageError
from healer.model.host import Inventory


def load_inventory(sources: Sequence[str], *, playbook_dir: Path | None = None) -> Inventory:
    """Return the inventory of all sources, merged in their order.

    `playbook_dir` is the folder whose group_vars and host_vars stand above those beside the inventory. Raises InventoryError with
    file, line and reason for everything that Ansible would pass over with a warning, UsageError without any source. An inventory
    without hosts is accepted; whether that makes sense is the command's question.
    """
    if not sources or not all(source.strip() for source in sources):
        raise UsageError(
            "An inventory's name is empty." if sources else "No inventory was given.",
            advice="Name one with `-i FILE`, or a list of hosts with `-i web1,web2`.",
        )
    parsed = [part for source in sources for part in read_source(source)]
    files, notes = _variable_files(parsed, sources, playbook_dir)
    return resolve(parsed, files, notes=notes)


def resolve(parsed: Sequence[ParsedSource], files: VariableFiles | None = None, *, notes: Sequence[str] = ()) -> Inventory:
    """Return the inventory that the sources and variable files make together. Pure; raises InventoryError for what contradicts itself."""
    told = [note for source in parsed for note in source.notes]
    return merge(build(parsed), files or VariableFiles(), (source.source for source in parsed), [*told, *notes])


def _variable_files(parsed: Sequence[ParsedSource], sources: Sequence[str], playbook_dir: Path | None) -> tuple[VariableFiles, list[str]]:
    graph = build(parsed)
    notes: dict[str, None] = {}

    @cache
    def read(folder: Path) -> VariableFolder:
        found, told = read_folder(folder, graph.groups, graph.hosts)
        notes.update(dict.fromkeys(told))
        return found

    beside = [_folder_of(path_of(source)) for source in sources if source and not is_host_list(source)]
    inventory = tuple(read(folder) for folder in beside)
    return VariableFiles(inventory, read(playbook_dir.resolve()) if playbook_dir else VariableFolder()), list(notes)


def _folder_of(path: Path) -> Path:
    return (path if path.is_dir() else path.parent).resolve()
