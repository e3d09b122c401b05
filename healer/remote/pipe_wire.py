"""A shell on this very machine, spoken to by pipes in the same words as one behind SSH."""

import os
import select
import signal
import subprocess
from contextlib import suppress
from typing import IO

from healer.remote.frames import BOOTSTRAP
from healer.remote.wire import Heard

CHUNK = 64 * 1024
LAST_MOMENT = 1.0
"""Seconds that a shell gets to end by itself before its whole process group is killed."""
LOOK = 0.2


class PipeWire:
    """One `sh` as the leader of its own process group."""

    def __init__(self) -> None:
        """Start it. Raises OSError when there is no sh."""
        self._shell = subprocess.Popen(
            ["sh", "-c", BOOTSTRAP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self._input, self._streams = self._shell.stdin, [self._shell.stdout, self._shell.stderr]
        self._open = {stream.fileno() for stream in self._streams if stream}
        for stream in (self._input, *self._streams):
            if stream:
                os.set_blocking(stream.fileno(), False)

    def send(self, data: bytes) -> int:
        """Hand over as much as the pipe takes."""
        if self._input is None or not data:
            return 0
        try:
            return os.write(self._input.fileno(), data)
        except (BlockingIOError, BrokenPipeError):
            return 0

    def end_input(self) -> None:
        """Close the input, once."""
        if self._input is not None:
            self._input.close()
            self._input = None

    def receive(self, seconds: float) -> Heard:
        """Return what is there, or wait for it. The end is when the shell is gone and the pipes are empty."""
        gone = self._shell.poll() is not None
        poll = select.poll()
        for number in self._open:
            poll.register(number, select.POLLIN)
        poll.poll(0 if gone else int(min(seconds, LOOK) * 1000) + 1)
        out, err = (self._read(stream) for stream in self._streams)
        return Heard(out, err, ended=gone and not out and not err)

    def _read(self, stream: IO[bytes] | None) -> bytes:
        if stream is None or stream.fileno() not in self._open:
            return b""
        try:
            data = os.read(stream.fileno(), CHUNK)
        except BlockingIOError:
            return b""
        if not data:
            self._open.discard(stream.fileno())
        return data

    def abandon(self) -> None:
        """Let the shell end; kill it and what it runs when it does not. What it left in the background on purpose lives on."""
        self.end_input()
        for stream in self._streams:
            if stream:
                stream.close()
        try:
            self._shell.wait(LAST_MOMENT)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._shell.pid, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                self._shell.wait(LAST_MOMENT)
