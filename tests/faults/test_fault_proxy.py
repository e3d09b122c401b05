"""The proxy that breaks links keeps its own promises: a fault test is worth as much as the fault it makes."""

import socket
import threading
from collections.abc import Iterator

import pytest
from fault_proxy import FaultProxy

SAID = bytes(range(256)) * 64


@pytest.fixture
def echo() -> Iterator[int]:
    """Return the port of a server that sends back whatever it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(peer: socket.socket) -> None:
        with peer:
            try:
                while data := peer.recv(65536):
                    peer.sendall(data)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(peer,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield int(listener.getsockname()[1])
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def proxy(echo: int) -> Iterator[FaultProxy]:
    """Return a proxy in front of it."""
    with FaultProxy(echo) as started:
        yield started


def dialled(proxy: FaultProxy) -> socket.socket:
    """Return a connection through the proxy that waits for nothing longer than 20 s."""
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=20)


def heard(link: socket.socket, count: int) -> bytes:
    """Read so many bytes, or what there is until the end."""
    found = b""
    while len(found) < count and (more := link.recv(count - len(found))):
        found += more
    return found


def talked(link: socket.socket) -> None:
    """Say all, and hear all of it again."""
    link.sendall(SAID)
    heard(link, len(SAID))


def test_without_faults_it_only_carries(proxy: FaultProxy) -> None:
    """Bytes pass both ways unchanged and are counted, and an end of input is handed on."""
    with dialled(proxy) as link:
        link.sendall(SAID)
        link.shutdown(socket.SHUT_WR)
        assert SAID == heard(link, len(SAID) + 1)
    assert {"up": len(SAID), "down": len(SAID)} == proxy.passed


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_fault_happens_at_its_very_byte(proxy: FaultProxy, way: str) -> None:
    """A reset after 1000 bytes of one way lets exactly 1000 pass on it."""
    proxy.after(proxy.reset, **{way: 1000})
    with dialled(proxy) as link, pytest.raises(ConnectionResetError):
        talked(link)
    assert (1000, 1) == (proxy.passed[way], proxy.fired)


def test_a_cut_is_an_end_of_file(proxy: FaultProxy) -> None:
    """FIN, not RST: the reader sees the end."""
    proxy.after(proxy.cut, seconds=0.1)
    with dialled(proxy) as link:
        assert b"" == link.recv(1)


def test_silence_keeps_the_connection_and_its_bytes(proxy: FaultProxy) -> None:
    """Nothing comes while the link is silent, and all of it comes when it is healed."""
    with dialled(proxy) as link:
        link.sendall(b"first")
        assert b"first" == heard(link, 5)
        proxy.silence("down")
        link.sendall(b"second")
        link.settimeout(0.3)
        with pytest.raises(TimeoutError):
            link.recv(1)
        proxy.heal()
        link.settimeout(20)
        assert b"second" == heard(link, 6)


def test_new_connections_are_turned_away_while_old_ones_live(proxy: FaultProxy) -> None:
    """A refusal hits who comes, not who is there."""
    with dialled(proxy) as old:
        old.sendall(b"here")
        assert b"here" == heard(old, 4)
        proxy.turn_away()
        with pytest.raises(ConnectionResetError), dialled(proxy) as late:
            late.recv(1)
        old.sendall(b"still")
        assert b"still" == heard(old, 5)
        proxy.heal()
        with dialled(proxy) as later:
            later.sendall(b"back")
            assert b"back" == heard(later, 4)


def test_a_slow_link_loses_nothing(proxy: FaultProxy) -> None:
    """Throttled and late, every byte comes in its order."""
    proxy.slow(rate=40_000, delay=0.01)
    with dialled(proxy) as link:
        link.sendall(SAID)
        assert SAID == heard(link, len(SAID))
