"""What has changed since a run began: a resumed run goes on with the inventory and the playbook that it froze, and says so."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from healer.freezing import digest_of, documents_of
from healer.model.errors import InputError
from healer.model.host import Inventory
from healer.playbook.trust import read_trusted
from healer.rollout.context import RunInputs


def drifts(inputs: RunInputs, playbook: str, current: Inventory | None) -> Iterator[str]:
    """Yield a sentence for each input that is not as it was when the run began with this text of its playbook.

    `inputs` are the frozen ones, completed by today's secrets; `current` None means that the inventory cannot be read now.
    """
    file = inputs.playbook.file
    now = _text(Path(file))
    if now is None:
        yield f"the playbook {file} is not there any more"
    elif now != playbook:
        yield f"the playbook {file} was changed after the run had begun"
    sources = ", ".join(inputs.inventory.sources)
    if current is None:
        yield f"the inventory {sources} cannot be read any more"
    elif _inventory_digest(inputs, current) != _inventory_digest(inputs, inputs.inventory):
        yield f"the inventory {sources} was changed after the run had begun"


def _text(file: Path) -> str | None:
    try:
        return read_trusted(file).decode("utf-8", "replace")
    except InputError:
        return None


def _inventory_digest(inputs: RunInputs, inventory: Inventory) -> str:
    """Digest what a run freezes: neither secrets nor where the text came from."""
    same_place = replace(inventory, sources=inputs.inventory.sources, notes=inputs.inventory.notes)
    return digest_of(documents_of(replace(inputs, inventory=same_place), "")["inventory"])
