"""A TCP proxy that does to a connection what networks do: cuts it, resets it, goes silent, slows down; on command or at a byte or a time.

It knows nothing of what it carries. One thread with an event loop of its own; every method may be called from any thread.
"""

import asyncio
import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

UP, DOWN = "up", "down"
"""The two ways: from the client to the server, and back."""
CHUNK = 32 * 1024
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER that makes close() send a reset."""


@dataclass(eq=False)
class Link:
    """One connection that goes through the proxy."""

    near: socket.socket
    far: socket.socket
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def close(self, loop: asyncio.AbstractEventLoop, *, reset: bool) -> None:
        """End both halves, politely or not. The loop forgets them first: the next connection may get the same numbers."""
        for end in (self.near, self.far):
            if end.fileno() < 0:
                continue
            loop.remove_reader(end)
            loop.remove_writer(end)
            if reset:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            end.close()


@dataclass(frozen=True)
class Mark:
    """A fault that waits for a number of bytes on one way."""

    way: str
    at: int
    fault: Callable[[], None]


class FaultProxy:
    """Stands in front of `address:target` on a port of its own on the loopback interface. Use it as a context.

    While a way is silent its bytes are kept and come when it is healed, as TCP would send them again. `passed` counts the bytes of each
    way over all connections, `came` the connections, `accepted` those that were let in, and `fired` the planned faults that have happened.
    """

    def __init__(self, target: int, address: str = "127.0.0.1") -> None:
        """Listen at once."""
        self._target = address, target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self.passed, self.accepted, self.fired = {UP: 0, DOWN: 0}, 0, 0
        self._links: set[Link] = set()
        self._marks: list[Mark] = []
        self._turned_away: Callable[[int], bool] = lambda _number: False
        self._rate, self._delay = 0.0, 0.0
        self._greeting: tuple[bytes, ...] = ()
        self._gap = 0.0
        self._last = {UP: 0.0, DOWN: 0.0}
        self.came = 0
        self._loop = asyncio.new_event_loop()
        self._open = {UP: asyncio.Event(), DOWN: asyncio.Event()}
        for way in self._open.values():
            way.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._tell(lambda: self._spawn(self._serve()))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.cut()
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._listener.close()
        self._loop.close()

    # What a test commands, or plans.

    def cut(self) -> None:
        """End all connections by FIN."""
        self._tell(lambda: self._drop(reset=False))

    def reset(self) -> None:
        """End all connections by RST."""
        self._tell(lambda: self._drop(reset=True))

    def silence(self, *ways: str) -> None:
        """Let nothing pass any more on these ways, on both by default; connections stay open."""
        self._tell(lambda: [self._open[way].clear() for way in ways or (UP, DOWN)])

    def heal(self) -> None:
        """Let everything pass again: what was kept, and new connections."""
        self._tell(self._heal)

    def turn_away(self, which: Callable[[int], bool] = lambda _number: True) -> None:
        """Reset new connections as soon as they come, by default all; `which` is asked with their number. The old ones live."""
        self._tell(lambda: setattr(self, "_turned_away", which))

    def greet(self, *lines: bytes, gap: float = 0.0) -> None:
        """Say these lines to every new connection before the server is heard, `gap` seconds before each of them."""
        self._tell(lambda: (setattr(self, "_greeting", lines), setattr(self, "_gap", gap)))

    def slow(self, *, rate: float = 0.0, delay: float = 0.0) -> None:
        """Pass at most `rate` bytes a second on each way (0: any number); what comes after a pause comes `delay` seconds late."""
        self._tell(lambda: (setattr(self, "_rate", rate), setattr(self, "_delay", delay)))

    def after(self, fault: Callable[[], None], *, up: int = 0, down: int = 0, seconds: float = 0.0) -> None:
        """Plan a fault: after so many more bytes on one way, exactly, or after so many seconds."""
        if seconds:
            self.later(seconds, lambda: self._fire(fault))
        else:
            way, more = (UP, up) if up else (DOWN, down)
            self._tell(lambda: self._marks.append(Mark(way, self.passed[way] + more, fault)))

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Do something in so many seconds that counts as no fault, such as healing."""
        self._tell(lambda: self._loop.call_later(seconds, what))

    def forget(self) -> None:
        """Take back every planned fault that waits for bytes."""
        self._tell(self._marks.clear)

    # How it is done.

    def _tell(self, work: Callable[[], object]) -> None:
        """Do it in the loop's thread, and wait until it is done."""
        if threading.current_thread() is self._thread:
            work()
            return
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (work(), done.set()))
        if not done.wait(30):
            raise TimeoutError("the fault proxy does not answer")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _end(self) -> None:
        current = [task for task in self._tasks if not task.done()]
        for task in current:
            task.cancel()
        await asyncio.gather(*current, return_exceptions=True)

    def _heal(self) -> None:
        self._turned_away = lambda _number: False
        for way in self._open.values():
            way.set()

    def _fire(self, fault: Callable[[], None]) -> None:
        self.fired += 1
        fault()

    def _drop(self, *, reset: bool) -> None:
        links, self._links = self._links, set()
        for link in links:
            for task in link.tasks:
                task.cancel()
            link.close(self._loop, reset=reset)

    async def _serve(self) -> None:
        for number in itertools.count(1):
            near, _ = await self._loop.sock_accept(self._listener)
            self.came = number
            if self._turned_away(number):
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                near.close()
            else:
                self._spawn(self._join(near))

    async def _join(self, near: socket.socket) -> None:
        far = socket.socket()
        far.setblocking(False)
        try:
            for line in self._greeting:
                await asyncio.sleep(self._gap)
                await self._loop.sock_sendall(near, line)
            await self._loop.sock_connect(far, self._target)
        except (OSError, asyncio.CancelledError):
            far.close()
            near.close()
            return
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.accepted += 1
        link = Link(near, far)
        self._links.add(link)
        link.tasks += [self._spawn(self._pump(link, near, far, UP)), self._spawn(self._pump(link, far, near, DOWN))]

    async def _pump(self, link: Link, source: socket.socket, sink: socket.socket, way: str) -> None:
        try:
            while data := await self._loop.sock_recv(source, CHUNK):
                await self._pass(data, sink, way)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            if link in self._links:
                self._links.discard(link)
                link.close(self._loop, reset=True)

    async def _pass(self, data: bytes, sink: socket.socket, way: str) -> None:
        """Hand the bytes on, and let each planned fault happen at its own byte."""
        while data:
            await self._open[way].wait()
            first = min((mark for mark in self._marks if mark.way == way), key=lambda mark: mark.at, default=None)
            room = len(data) if first is None else max(0, first.at - self.passed[way])
            piece, data = self._piece(data[:room]), data[len(self._piece(data[:room])) :]
            if piece:
                await self._pace(len(piece), way)
                await self._loop.sock_sendall(sink, piece)
                self._last[way] = self._loop.time()
                self.passed[way] += len(piece)
            if first is not None and self.passed[way] >= first.at and first in self._marks:
                self._marks.remove(first)
                self._fire(first.fault)
                await asyncio.sleep(0)

    def _piece(self, data: bytes) -> bytes:
        """Return what goes at once: all of it, or a tenth of a second's share where the link is slow."""
        return data[: max(1, int(self._rate / 10))] if self._rate else data

    async def _pace(self, size: int, way: str) -> None:
        if self._delay and self._loop.time() - self._last[way] > self._delay:
            await asyncio.sleep(self._delay)
        if self._rate:
            await asyncio.sleep(size / self._rate)


@contextlib.contextmanager
def silent_port() -> Any:
    """Give a port that accepts connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
