"""A value that must never be shown: passwords and passphrases travel through healer in this wrapper only."""

import hmac


class Secret:
    """Prints as `***` wherever it ends up and compares in constant time.

    `reveal()` is called at the one place that hands the value to its destination, never before.
    Not pickled, not serialised: the journal and plan codecs refuse it by having no rule for it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Wrap the plain value."""
        self._value = value

    def reveal(self) -> str:
        """Return the plain value."""
        return self._value

    def __repr__(self) -> str:
        """Hide the value."""
        return "***"

    def __eq__(self, other: object) -> bool:
        """Compare without telling by time how much was right."""
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        """Hash by type only: a hash of the value would help to guess it."""
        return hash(Secret)

    def __reduce__(self) -> str:
        """Refuse to be pickled."""
        raise TypeError("a secret is never serialised")
