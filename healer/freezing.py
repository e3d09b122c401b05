"""A run's inputs as texts that the journal and plan files keep, and back. Secrets never get in: they are left out by name.

What comes back is the very inventory and playbook that the run began with, whatever has become of the files since.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import NoneType
from typing import Any

from pydantic import TypeAdapter

from healer.inventory.login_variables import ALIASES
from healer.model.action import Decision
from healer.model.host import Host, Inventory
from healer.model.redact import MASK
from healer.playbook.load import parse_playbook
from healer.rollout.context import RunInputs
from healer.rollout.planning import steps

SECRET_NAME = re.compile(r"(?:^|_)(?:password|passwd|pass|passphrase|secret|token|api_?key)$", re.IGNORECASE)
"""What people call variables that hold a secret. A name is all that can be known of the ones that healer does not use itself."""
SECRET_VARIABLES = frozenset((*ALIASES["become_password"], *ALIASES["password"], "ansible_ssh_private_key_passphrase"))


@cache
def _inventories() -> TypeAdapter[Any]:
    return TypeAdapter(Inventory)


@cache
def _decisions() -> TypeAdapter[Any]:
    return TypeAdapter(dict[str, dict[str, Decision]])


def without_secrets(inventory: Inventory) -> Inventory:
    """Return the inventory with every variable left out of which a name says that it holds a secret, also deep inside of it."""

    def public(variables: Mapping[str, object]) -> dict[str, object]:
        return {name: value for name, value in variables.items() if not holds_secret(name, value)}

    hosts = {name: replace(host, variables=public(host.variables)) for name, host in inventory.hosts.items()}
    groups = {name: replace(group, variables=public(group.variables)) for name, group in inventory.groups.items()}
    return replace(inventory, hosts=hosts, groups=groups)


def holds_secret(name: str, value: object) -> bool:
    """Whether the variable is called like a secret, or something in it is. Switches (`require_password: true`) are none."""
    if isinstance(value, Mapping):
        return _is_secret_name(name) or any(holds_secret(str(key), item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return any(holds_secret(name, item) for item in value)
    return _is_secret_name(name) and not isinstance(value, (bool, NoneType))


def _is_secret_name(name: str) -> bool:
    return name in SECRET_VARIABLES or SECRET_NAME.search(name) is not None


def with_secrets(frozen: Inventory, current: Inventory) -> Inventory:
    """Return the frozen inventory with the secrets that its hosts have in the current one, and with what was masked because of them."""

    def complete(host: Host) -> Host:
        now = current.hosts.get(host.name)
        masked = {name for name, value in host.variables.items() if MASK in repr(value)}
        secrets = {name: value for name, value in now.variables.items() if name in masked or holds_secret(name, value)} if now else {}
        return replace(host, variables={**host.variables, **secrets})

    return replace(frozen, hosts={name: complete(host) for name, host in frozen.hosts.items()})


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def documents_of(inputs: RunInputs, playbook_text: str) -> dict[str, str]:
    """Return the frozen inputs by name, as JSON texts but for the playbook, which is kept as it was written."""
    options = {
        "hosts": inputs.hosts,
        "extra": dict(inputs.extra),
        "tags": sorted(inputs.tags),
        "skip_tags": sorted(inputs.skip_tags),
        "playbook_file": inputs.playbook.file,
        "sources": inputs.inventory.sources,
    }
    documents = {
        "inventory": _inventories().dump_json(without_secrets(inputs.inventory)).decode(),
        "playbook": playbook_text,
        "options": json.dumps(options, sort_keys=True, default=str),
    }
    if inputs.saved is not None:
        documents["saved"] = dump_decisions(inputs.saved)
    return documents


def inputs_of(run: str, documents: Mapping[str, str]) -> RunInputs:
    """Return the inputs that `documents_of` froze. Raises PlaybookError when the playbook's step arguments are no longer known."""
    options = json.loads(documents["options"])
    return RunInputs(
        run=run,
        inventory=_inventories().validate_json(documents["inventory"]),
        playbook=parse_playbook(documents["playbook"].encode(), file=options["playbook_file"], steps=steps()),
        hosts=tuple(options["hosts"]),
        extra=options["extra"],
        tags=frozenset(options["tags"]),
        skip_tags=frozenset(options["skip_tags"]),
        saved=load_decisions(documents["saved"]) if "saved" in documents else None,
    )


def dump_decisions(saved: Mapping[str, Mapping[str, Decision]]) -> str:
    """Return decisions by host and address as JSON."""
    return str(_decisions().dump_json({host: dict(one) for host, one in saved.items()}).decode())


def load_decisions(text: str) -> dict[str, dict[str, Decision]]:
    """Return what `dump_decisions` wrote. Raises ValueError on anything else."""
    decisions: dict[str, dict[str, Decision]] = _decisions().validate_json(text)
    return decisions
