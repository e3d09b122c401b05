"""What a running command was asked for, before anything heavy is imported."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from healer.cli.options import words
from healer.model.errors import UsageError


@dataclass(frozen=True, slots=True)
class RunRequest:
    """`playbook` is a path, or the name of a bundled one. `save_to` is where a plan is written, empty for nowhere."""

    playbook: str
    extra: Mapping[str, object] = field(default_factory=dict)
    check: bool = False
    saving: bool = False
    save_to: str = ""
    tags: list[str] | None = None
    skip_tags: list[str] | None = None
    yes: bool = False

    @property
    def tag_sets(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return wanted and unwanted tags; commas separate. Raises BadParameter for an option that was given empty."""
        return frozenset(words(self.tags, "--tags")), frozenset(words(self.skip_tags, "--skip-tags"))


def extra_variables(entries: Iterable[str] | None) -> dict[str, object]:
    """Return the variables of `-e`: `key=value` (always text, as in Ansible), `{...}` or `@file`. Raises UsageError for anything else."""
    result: dict[str, object] = {}
    for entry in entries or ():
        result |= _variables(entry)
    return result


def _variables(entry: str) -> dict[str, object]:
    import yaml

    try:
        if entry.startswith("@"):
            loaded = yaml.safe_load(Path(entry[1:]).read_text(encoding="utf-8"))
        elif entry.lstrip().startswith("{"):
            loaded = yaml.safe_load(entry)
        else:
            name, separator, text = entry.partition("=")
            loaded = {name.strip(): text} if separator and name.strip().isidentifier() else None
    except (yaml.YAMLError, OSError) as error:
        raise UsageError(f"-e {entry}: {error.strerror if isinstance(error, OSError) else error}") from error
    if not isinstance(loaded, dict):
        raise UsageError(f"-e {entry}: is neither key=value, nor {{...}}, nor @FILE with a YAML mapping")
    return {str(name): value for name, value in loaded.items()}
