"""Every error that healer raises on purpose, in one tree, so that a caller and an exit code can tell them apart.

HealerError                       1   something was tried and did not work
├── UsageError                    2   the command line makes no sense
├── InputError                   65   inventory, playbook, policy or plan cannot be accepted (file, line, column)
│   ├── InventoryError
│   ├── PlaybookError
│   └── PlanError
├── JournalError                 74   the journal cannot be read or written: nothing may be started
├── LockedError                  75   another run holds the locks; names the holder
├── ArchiveError                  1   the control node has no room for an archive, or cannot write it
├── HostError                     1   one host; never ends the run by itself
│   ├── UnreachableError          4   no login was had: nothing was done there
│   │   ├── HostKeyError          4   unknown, changed or revoked key: refused before any authentication
│   │   └── AuthenticationError   4   the host refused our login
│   ├── BecomeError               1   logged in, but root was not to be had
│   ├── RefusedError              1   the host's own gate refused the act (lease, epoch, boot id)
│   ├── BusyError                 3   somebody else holds a lock on the host; names the holder
│   └── OutcomeUnknown            1   the link broke or time ran out after the act was sent: ask the host, never repeat
└── LabError                      1   the lab could not be built, started or removed
"""

from typing import ClassVar


class HealerError(Exception):
    """What happened, what was tried, and what to do now.

    `advice` is one sentence in the imperative; it may be empty where the message already says it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, advice: str = "") -> None:
        """Keep the advice apart from the message, so that a report can set it on its own line."""
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        """Return message and advice as one line for plain output."""
        return f"{self.message} {self.advice}".strip()


class UsageError(HealerError):
    """The words on the command line contradict each other or name nothing."""

    exit_code: ClassVar[int] = 2


class InputError(HealerError):
    """A file that people write cannot be accepted. Lines and columns count from 1; 0 means not known."""

    exit_code: ClassVar[int] = 65

    def __init__(self, message: str, *, file: str = "", line: int = 0, column: int = 0, advice: str = "") -> None:
        """Remember the place, so that editors and people can jump to it."""
        super().__init__(message, advice=advice)
        self.file, self.line, self.column = file, line, column

    def __str__(self) -> str:
        """Return `file:line:column: message advice`, leaving out what is not known."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {super().__str__()}" if place else super().__str__()


class InventoryError(InputError):
    """The inventory, a variable file beside it, or a pattern over it."""


class PlaybookError(InputError):
    """A playbook, a template in it, or a variable that it needs."""


class PlanError(InputError):
    """A saved plan that is damaged, was edited, or belongs to another version."""


class JournalError(HealerError):
    """The journal cannot be trusted to keep an intent, so no act may follow."""

    exit_code: ClassVar[int] = 74


class LockedError(HealerError):
    """Another run works on the same budget groups. The message names who, where and since when."""

    exit_code: ClassVar[int] = 75


class ArchiveError(HealerError):
    """The control node cannot keep what a host would give away: no room within its limits, or its disk fails."""


class HostError(HealerError):
    """Something about one host. The rollout decides what it means for the others."""

    def __init__(self, host: str, message: str, *, advice: str = "") -> None:
        """Name the host first: every line of a report that concerns a host begins with it."""
        super().__init__(message, advice=advice)
        self.host = host

    def __str__(self) -> str:
        """Return `host: message advice`."""
        return f"{self.host}: {super().__str__()}"


class UnreachableError(HostError):
    """No login was had, so it is certain that nothing was done."""

    exit_code: ClassVar[int] = 4


class HostKeyError(UnreachableError):
    """The key that the host (or a jump host) showed is not the known one. No authentication was attempted."""


class AuthenticationError(UnreachableError):
    """The host refused every way of logging in that was offered."""


class BecomeError(HostError):
    """The login worked but sudo did not give root."""


class RefusedError(HostError):
    """The host's gate refused an act: stale lease, older epoch, other boot. Nothing was done."""

    def __init__(self, host: str, message: str, *, advice: str = "", holder: str = "") -> None:
        """`holder` has the lease that is in force, where that is why."""
        super().__init__(host, message, advice=advice)
        self.holder = holder


class BusyError(HostError):
    """A lock on the host is held by somebody else; the message names process and age."""

    exit_code: ClassVar[int] = 3


class OutcomeUnknown(HostError):
    """The act was sent and its result was not seen. Only the host can say whether it happened."""


class LabError(HealerError):
    """A throw-away host could not be built, started, reached or removed."""
