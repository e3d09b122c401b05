"""What counts as changed since a run began: the texts that it froze, and neither secrets nor who wrote them down."""

from dataclasses import replace
from pathlib import Path

import pytest

from healer.cli.drift import drifts
from healer.freezing import documents_of, inputs_of, with_secrets
from healer.journal.redacting import redacted
from healer.model.events import RunStarted
from healer.model.host import Host, Inventory
from healer.model.redact import Redactor
from healer.model.secret import Secret
from healer.playbook.load import parse_playbook
from healer.rollout.context import RunInputs
from healer.rollout.planning import steps

TEXT = "- hosts: all\n  tasks: [{command: work}]\n"
VARIABLES = {"become_password": "s3cret", "banner": "the word is s3cret", "ports": [1, 2], "nested": {"deep": True}}


def begun(folder: Path, inventory: Inventory) -> RunInputs:
    """Return a run's inputs as its journal has them, secrets blanked out, completed by today's inventory."""
    file = folder / "play.yml"
    file.write_text(TEXT)
    file.chmod(0o600)
    inputs = RunInputs("r1", inventory, parse_playbook(TEXT.encode(), file=str(file), steps=steps()), tuple(inventory.hosts))
    started = RunStarted("healer run", str(file), "", "", inputs.hosts, "me", documents_of(inputs, TEXT))
    kept = redacted(started, Redactor((Secret("s3cret"),)))
    assert isinstance(kept, RunStarted)
    frozen = inputs_of("r1", kept.documents)
    return replace(frozen, inventory=with_secrets(frozen.inventory, inventory))


@pytest.fixture
def inventory() -> Inventory:
    """Return an inventory with a secret that stands in another variable too."""
    return Inventory({"a": Host("a", VARIABLES, ("all",))}, {}, sources=("hosts.ini",))


def test_what_is_as_it_was_is_no_change(tmp_path: Path, inventory: Inventory) -> None:
    """The same texts are no change, although the journal has no secrets and blanked them out elsewhere."""
    assert [] == list(drifts(begun(tmp_path, inventory), TEXT, inventory))


@pytest.mark.fault("C13")
def test_a_variable_that_differs_is_a_change(tmp_path: Path, inventory: Inventory) -> None:
    """Another value of a host's variable is told, and by which source."""
    now = replace(inventory, hosts={"a": Host("a", {**VARIABLES, "ports": [1, 3]}, ("all",))})
    assert ["the inventory hosts.ini was changed after the run had begun"] == list(drifts(begun(tmp_path, inventory), TEXT, now))


def test_a_new_password_is_no_change(tmp_path: Path, inventory: Inventory) -> None:
    """Secrets are read anew at every resume, so another one changes nothing that was frozen."""
    now = replace(inventory, hosts={"a": Host("a", {**VARIABLES, "become_password": "other"}, ("all",))})
    assert [] == list(drifts(begun(tmp_path, inventory), TEXT, now))


def test_what_is_gone_is_told(tmp_path: Path, inventory: Inventory) -> None:
    """A playbook that is not there any more and an inventory that cannot be read are both told."""
    inputs = begun(tmp_path, inventory)
    (tmp_path / "play.yml").unlink()
    assert ["is not there any more", "cannot be read any more"] == [" ".join(one.split()[3:]) for one in drifts(inputs, TEXT, None)]
