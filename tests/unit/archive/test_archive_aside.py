"""Work on pieces in a thread of its own: in order, never too far ahead, and nothing goes on once it is left."""

import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from healer.archive.aside import AHEAD, Aside

MANY = 20


def bring(work: Callable[[bytes], object], pieces: Iterable[bytes]) -> None:
    """Hand the pieces over."""
    with Aside(work) as aside:
        for piece in pieces:
            aside.feed(piece)


def test_all_pieces_are_worked_on_in_order() -> None:
    """When the block is left every piece was worked on, one after the other, in another thread."""
    seen: list[bytes] = []
    threads: set[str] = set()
    with Aside(lambda piece: (seen.append(piece), threads.add(threading.current_thread().name))) as aside:
        for number in range(MANY):
            aside.feed(b"%d" % number)
    assert [b"%d" % number for number in range(MANY)] == seen
    assert (1, False) == (len(threads), threading.current_thread().name in threads)


def test_no_more_than_a_few_pieces_wait() -> None:
    """Whoever brings pieces faster than they are worked on waits: no more than a few are held at any time."""
    fed, done, held, go_on = [0], [0], list[int](), threading.Event()

    def work(_piece: bytes) -> None:
        go_on.wait(60)
        held.append(fed[0] - done[0])
        done[0] += 1

    def pieces() -> Iterator[bytes]:
        for _ in range(MANY):
            yield b"piece"
            fed[0] += 1
            if fed[0] == AHEAD:
                go_on.set()

    bringing = threading.Thread(target=bring, args=(work, pieces()))
    bringing.start()
    bringing.join(60)
    assert (MANY, True) == (done[0], max(held) <= AHEAD)


def test_what_goes_wrong_is_raised_where_the_pieces_come_from() -> None:
    """The first error is raised by the next piece or at the end, and nothing is worked on after it."""
    seen: list[bytes] = []

    def work(piece: bytes) -> None:
        seen.append(piece)
        raise ValueError(piece)

    with pytest.raises(ValueError, match="first"):
        bring(work, [b"first"])
    with pytest.raises(ValueError, match="second"):
        bring(work, [b"second"] * MANY)
    assert [b"first", b"second"] == seen


def test_who_fails_leaves_nothing_at_work() -> None:
    """The link breaks: what waits is thrown away, what is worked on is waited for, and the link's own error is what is heard."""
    begun, finished = list[bytes](), list[bytes]()
    started, left = threading.Event(), threading.Event()

    def work(piece: bytes) -> None:
        begun.append(piece)
        started.set()
        left.wait(60)
        finished.append(piece)

    def pieces() -> Iterator[bytes]:
        yield b"first"
        yield b"second"
        started.wait(60)
        threading.Timer(0.05, left.set).start()
        raise ConnectionError

    with pytest.raises(ConnectionError):
        bring(work, pieces())
    assert ([b"first"], [b"first"]) == (begun, finished)
