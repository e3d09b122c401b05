"""The one server that a lab's hosts talk to: the archive's files and the lab's own repository, over plain HTTP.

It is an HTTP proxy to the hosts' apt (Acquire::http::Proxy), so that no host needs a name server, a route to the outside or
address translation on this machine, and so that package lists carry the same names in every lab. The made-up host name ends
in `.invalid` (RFC 2606): nothing can reach it by accident. It runs as `python -m healer.lab.server FOLDER`.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from healer.lab.archive import ArchiveCache, NotFetched, NotFoundHere
from healer.lab.processes import write_record
from healer.lab.requirements import require

NAME = "archive.healer-lab.invalid"
PORT = 3142
LOCAL = "local"
"""The first part of the path of the lab's own repository; the archive's sources have their number there."""


class LabServer(ThreadingHTTPServer):
    """Answers GET and HEAD for two trees; everything else is 501."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], archive: ArchiveCache, repository: Path | None) -> None:
        """Bind at once; raises OSError when the address is not there or taken."""
        self.archive, self.repository = archive, repository
        super().__init__(address, _Handler)

    def find(self, path: str) -> bytes:
        """Return what a path names. Raises NotFoundHere, NotFetched."""
        tree, _slash, rest = path.partition("/")
        if tree != LOCAL or self.repository is None:
            return self.archive.get(path)
        file = self.repository / rest
        if ".." in rest.split("/") or not file.is_file():
            raise NotFoundHere(path)
        return file.read_bytes()


class _Handler(BaseHTTPRequestHandler):
    server: LabServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the whole file; a Range is allowed to be ignored (RFC 9110, 14.2)."""
        path = unquote(urlsplit(self.path).path).lstrip("/")
        try:
            self._answer(200, self.server.find(path))
        except NotFoundHere:
            self._answer(404, b"not found\n")
        except NotFetched as error:
            self._answer(502, f"{error}\n".encode())

    def do_HEAD(self) -> None:
        """Answer as to GET, without the content."""
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Log nothing: a failure is in the answer, where the host's apt prints it."""

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@contextmanager
def serving(archive: ArchiveCache) -> Iterator[str]:
    """Serve the archive alone to this machine while the block runs; yields the proxy's address for apt."""
    server = LabServer(("127.0.0.1", 0), archive, None)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main(record: Path, address: str, repository: Path, cache: Path) -> None:
    """Serve until SIGTERM. The record is written first, so that whoever cleans up finds this process."""
    write_record(record)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = LabServer((address, PORT), ArchiveCache(require(), cache), repository)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
