"""Keeps secrets out of everything that is written down: one redactor stands before every sink (journal, log, terminal, errors)."""

import base64
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from healer.model.errors import UsageError
from healer.model.secret import Secret

MASK = "***"
SHORTEST = 6
"""Characters. A shorter value would be found in ordinary words, and the mask would tell where it stood."""


class Redactor:
    """Replaces every secret by `***`, also where it was encoded on its way: URL, base64, JSON, shell quotes, hexadecimal."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        """Learn the values. Raises UsageError when one is too short to be hidden."""
        forms = {form for secret in secrets for form in disguises(_long_enough(secret))}
        self.overlap = max((len(form) for form in forms), default=1) - 1
        """How many characters a writer of chunks has to keep back, so that a secret across a border is still found."""
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def clean(self, text: str) -> str:
        """Return the text without any secret."""
        return self._pattern.sub(MASK, text) if self._pattern else text


def disguises(value: str) -> Iterator[str]:
    """Yield the value as it looks in plain text and in each encoding that tools put it through."""
    raw = value.encode()
    yield value
    yield from (quote(value), quote(value, safe=""), quote_plus(value))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield from (shlex.quote(value), repr(value)[1:-1])
    yield from (raw.hex(), raw.hex().upper())
    yield from _base64_parts(raw)


def _base64_parts(raw: bytes) -> Iterator[str]:
    """Yield what is sure to show of the value in base64, for each of the three places in a group where it may begin.

    The characters at both ends that also depend on the neighbours are left out.
    """
    for before in range(3):
        start = (before * 8 + 5) // 6
        end = (before + len(raw)) * 8 // 6
        part = base64.b64encode(bytes(before) + raw).decode()[start:end]
        if len(part) >= SHORTEST:
            yield from (part, part.replace("+", "-").replace("/", "_"))


def _long_enough(secret: Secret) -> str:
    value = secret.reveal()
    if len(value) < SHORTEST:
        message = f"A secret of fewer than {SHORTEST} characters cannot be kept out of logs."
        raise UsageError(message, advice="Choose a longer password.")
    return value
