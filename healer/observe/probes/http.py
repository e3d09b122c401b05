"""Whether a web server gives the right answer. Spoken over the vantage's own stream, so that the host needs no client program."""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from healer.clock import SystemClock
from healer.observe.asking import ArgumentError, argument, asked, bad, good, numbers, patience
from healer.observe.probes.contract import Answer, Probe, Vantage
from healer.observe.streams import Deadline, SocketLike, Tls
from healer.ports import ByteStream

BODY_LIMIT = 1024 * 1024
"""Bytes of the body that `contains` is searched in."""

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent and what must come back. `verify` false takes any certificate."""

    url: SplitResult
    method: str
    headers: Mapping[str, str]
    status: tuple[int, ...]
    contains: str
    verify: bool

    @property
    def port(self) -> int:
        """The port of the URL, or its scheme's."""
        return self.url.port or PORTS[self.url.scheme]

    @property
    def target(self) -> str:
        """Path and query, as the request line has them."""
        return (self.url.path or "/") + (f"?{self.url.query}" if self.url.query else "")


def ask(vantage: Vantage, arguments: Mapping[str, object], timeout: float) -> Answer:
    """Request `url` once; good when the status is one of `status` (default 200) and the body holds `contains`.

    Further arguments: `method` (GET), `headers`, `verify` (the certificate, true), `timeout` (seconds for the whole talk). Redirects are
    answers like any other: they are not followed.
    """

    def talk() -> Answer:
        question = read_question(arguments)
        seconds, monotonic = patience(arguments, timeout), SystemClock().monotonic
        moment = monotonic() + seconds
        stream = vantage.dial(question.url.hostname or "", question.port, seconds)
        try:
            return _judge(question, *_exchange(question, Deadline(stream, moment, monotonic)))
        except http.client.HTTPException as error:
            return bad(f"{_shown(arguments)} does not speak HTTP: {type(error).__name__}")
        finally:
            stream.close()

    return asked(talk, _shown(arguments))


def _shown(arguments: Mapping[str, object]) -> str:
    """Return the URL for people, without its query, which may hold a secret; nothing of one that carries a login."""
    url = str(arguments.get("url")).partition("?")[0]
    return "the URL" if "@" in url else url


def read_question(arguments: Mapping[str, object]) -> Question:
    """Return the arguments as a value. Raises ArgumentError."""
    try:
        url = urlsplit(argument(arguments, "url", str))
        usable = url.scheme in PORTS and url.hostname and url.port != 0 and url.username is None
    except ValueError as error:
        raise ArgumentError("the argument url is no URL that can be read") from error
    if not usable:
        raise ArgumentError("the argument url must be http:// or https://, name a host, and carry no login (that belongs in headers)")
    headers = argument(arguments, "headers", dict, default={})
    return Question(
        url=url,
        method=argument(arguments, "method", str, default="GET"),
        headers={str(name): str(text) for name, text in headers.items()},
        status=numbers(arguments, "status", 200),
        contains=argument(arguments, "contains", str, default=""),
        verify=argument(arguments, "verify", bool, default=True),
    )


def _exchange(question: Question, stream: ByteStream) -> tuple[int, bytes]:
    """Send the request and return status and body (as much as is searched)."""
    host = question.url.hostname or ""
    carrier: ByteStream = Tls(stream, _context(verify=question.verify), host) if question.url.scheme == "https" else stream
    connection = http.client.HTTPConnection(host, question.port)
    connection.sock = SocketLike(carrier)
    try:
        connection.request(
            question.method, question.target, headers={"Connection": "close", "User-Agent": "healer"} | dict(question.headers)
        )
    except (ValueError, http.client.InvalidURL) as error:
        # The words of the original error would repeat the header, and headers carry tokens.
        raise ArgumentError("the method, the path or a header holds characters that HTTP forbids") from error
    response = connection.getresponse()
    return response.status, response.read(BODY_LIMIT) if question.contains else b""


def _context(*, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _judge(question: Question, status: int, body: bytes) -> Answer:
    place = _shown({"url": question.url.geturl()})
    if status not in question.status:
        return bad(f"{place} answered {status}, not {' or '.join(str(one) for one in question.status)}")
    if question.contains.encode() not in body:
        return bad(f"{place} answered {status}, but without the text {question.contains!r}")
    return good(f"{place} answered {status}")


PLUGIN = Probe(name="http", ask=ask)
