"""What a run does when it is told to stop: the first signal ends it in good order, the second one at once.

A hangup is nobody's impatience: whoever closes a terminal or ends a login session sends it beside other signals, and often twice.
Nothing is lost either way: an act's intent is in the journal before it is sent, and what was begun goes on at the host until a resume asks.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED, TERMINATED = 130, 143
STOPPING = b"\nstopping: nothing new is begun; jobs on hosts go on. Once more to leave at once.\n"
SHOW_CURSOR = b"\x1b[?25h"


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[list[int]]:
    """Set `stop` at the first signal and leave at the second that is no hangup; gives the list of the signals that came.

    A signal that the caller has us ignore (nohup, a shell's background job) stays ignored.
    """
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        again = number != signal.SIGHUP and any(earlier != signal.SIGHUP for earlier in received)
        received.append(number)
        if again:
            _leave(number)
        if number == signal.SIGHUP:
            _lose_terminal()
        if len(received) > 1:
            return
        # Not from here: the thread that this handler interrupts may itself hold the event's lock.
        threading.Thread(target=stop.set, name="healer-stop", daemon=True).start()
        _say(STOPPING)

    heard = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in heard}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_code_of(received: list[int]) -> int:
    """Return what a run exits with that was stopped by these signals."""
    return TERMINATED if received and received[0] != signal.SIGINT else INTERRUPTED


def _leave(number: int) -> None:
    """Die of the signal, as the shell that waits for us expects; the live table has hidden the cursor."""
    for descriptor in (1, 2):
        with suppress(OSError):
            if os.isatty(descriptor):
                os.write(descriptor, SHOW_CURSOR)
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def _lose_terminal() -> None:
    """Say the rest to nobody: the terminal was closed, and every further word to it would be an error."""
    with suppress(OSError):
        nobody = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            if os.isatty(descriptor) or not _can_write(descriptor):
                os.dup2(nobody, descriptor)
        os.close(nobody)


def _can_write(descriptor: int) -> bool:
    """Whether anything can still be said there: a hung-up terminal is a terminal no more."""
    try:
        os.write(descriptor, b"")
    except OSError:
        return False
    return True


def _say(text: bytes) -> None:
    """Write past the buffers: a handler may have come in the middle of another print."""
    with suppress(OSError):
        os.write(2, text)
