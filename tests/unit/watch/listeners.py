"""Services that take notifications, on this machine: one that speaks HTTP, one that speaks SMTP, one that never answers."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@contextmanager
def web(status: int = 200) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Give the port of a web server that answers every POST with this status, and the messages that it got."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        try:
            yield server.server_port, got
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def mail() -> Iterator[tuple[int, list[str]]]:
    """Give the port of a mail server, and the mails that it took."""
    got: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=_take_mail, args=(listening, got), daemon=True)
        thread.start()
        yield listening.getsockname()[1], got
        thread.join(10)


def _take_mail(listening: socket.socket, got: list[str]) -> None:
    peer, _ = listening.accept()
    with peer, peer.makefile("rwb") as talk:

        def say(line: str) -> None:
            talk.write(line.encode() + b"\r\n")
            talk.flush()

        say("220 here")
        while not (word := talk.readline().upper()).startswith((b"QUIT", b"DATA")):
            say("250 yes" if word else "")
        if word.startswith(b"DATA"):
            say("354 go on")
            got.append("".join(iter(lambda: talk.readline().decode(), ".\r\n")))
            say("250 kept")
            talk.readline()
        say("221 bye")


@contextmanager
def silent() -> Iterator[int]:
    """Give the port of a server that lets callers in and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as listening:
        yield listening.getsockname()[1]
