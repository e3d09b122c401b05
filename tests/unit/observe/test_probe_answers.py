"""The probes against real servers and programs on this machine: what is good, what is bad, and what was never asked."""

import http.server
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from healer.discovery import plugins
from healer.model.command import Command, CommandResult
from healer.model.errors import OutcomeUnknown
from healer.model.facts import Unknown, Verdict
from healer.observe.probes.contract import Answer, Probe
from healer.observe.vantage import ControlVantage
from healer.ports import ByteStream

PROBES = plugins("healer.observe.probes", Probe)


def ask(probe: str, timeout: float = 5.0, **arguments: object) -> Answer:
    """Ask the probe from this machine."""
    return PROBES[probe].ask(ControlVantage(), arguments, timeout)


class Page(http.server.BaseHTTPRequestHandler):
    """Says OK at /, 503 at /sick, sends /old elsewhere, and shows its Host and X-Token headers."""

    def do_GET(self) -> None:
        status = {"/sick": 503, "/old": 301}.get(self.path, 200)
        body = f"all is well at {self.headers['Host']} {self.headers['X-Token']} {self.path}".encode()
        self.send_response(status)
        if self.path != "/until-the-end":
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Location", "/")
        self.end_headers()
        # The body comes later than the heading, as it does on a real network.
        self.wfile.flush()
        threading.Event().wait(0.02)
        self.wfile.write(body if self.command == "GET" else b"")

    do_HEAD = do_GET  # noqa: N815  # http.server asks for this name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Be silent."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate that nobody trusts."""
    path = tmp_path_factory.mktemp("tls") / "pem"
    argv = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    subprocess.run([*argv, "-keyout", str(path), "-out", str(path) + ".crt"], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def served(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve the page until the generator is closed."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def web() -> Iterator[int]:
    """Run a web server in the clear."""
    yield from served()


@pytest.fixture
def secure(certificate: Path) -> Iterator[int]:
    """Run a web server with a certificate that nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    yield from served(context)


@pytest.fixture
def closed() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def mute() -> Iterator[int]:
    """Open a port that accepts in the kernel and never says a word."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen(8)
        yield one.getsockname()[1]


@pytest.fixture
def dripping() -> Iterator[int]:
    """Run a server that sends one byte of a heading every 50 ms and never ends it."""
    stop = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = server.accept()
        with connection:
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    yield server.getsockname()[1]
    stop.set()
    thread.join()
    server.close()


def test_http_good(web: int) -> None:
    """A page with the right status is good, and the answer names the URL without its query."""
    assert Answer(Verdict.GOOD, f"http://127.0.0.1:{web}/a answered 200") == ask("http", url=f"http://127.0.0.1:{web}/a?token=1")


def test_http_wrong_status(web: int) -> None:
    """A page with another status than asked for is bad."""
    assert Answer(Verdict.BAD, f"http://127.0.0.1:{web}/sick answered 503, not 200 or 204") == ask(
        "http", url=f"http://127.0.0.1:{web}/sick", status=[200, 204]
    )


def test_http_does_not_follow(web: int) -> None:
    """A redirect is an answer of its own: good only if it is asked for."""
    assert Verdict.BAD == ask("http", url=f"http://127.0.0.1:{web}/old").verdict
    assert Verdict.GOOD == ask("http", url=f"http://127.0.0.1:{web}/old", status=301).verdict


def test_http_text(web: int) -> None:
    """A page is good only if it holds the text that is asked for; headers reach the server."""
    arguments = {"url": f"http://127.0.0.1:{web}/", "headers": {"Host": "shop.example", "X-Token": "t1"}}
    assert Verdict.GOOD == ask("http", contains="well at shop.example t1 /", **arguments).verdict
    assert Verdict.BAD == ask("http", contains="maintenance", **arguments).verdict


def test_http_other_method(web: int) -> None:
    """The method is the one asked for: the answer to HEAD has no body."""
    assert Verdict.BAD == ask("http", url=f"http://127.0.0.1:{web}/", method="HEAD", contains="well").verdict


def test_https_judges_the_certificate(secure: int) -> None:
    """A certificate that cannot be verified is bad, and good where verifying is switched off."""
    url = f"https://localhost:{secure}/"
    answer = ask("http", url=url)
    assert (Verdict.BAD, True) == (answer.verdict, "TLS failed" in answer.reason)
    assert Verdict.GOOD == ask("http", url=url, verify=False, contains="all is well").verdict


def test_https_body_that_ends_with_the_stream(secure: int) -> None:
    """A body without a length is read to the end of the stream, with or without TLS's farewell."""
    assert Verdict.GOOD == ask("http", url=f"https://localhost:{secure}/until-the-end", verify=False, contains="until-the-end").verdict


def test_https_where_no_tls_is_spoken(web: int) -> None:
    """A server that does not speak TLS is bad when asked over https."""
    assert Verdict.BAD == ask("http", url=f"https://127.0.0.1:{web}/").verdict


def test_http_refused(closed: int) -> None:
    """A refused connection is bad."""
    assert Verdict.BAD == ask("http", url=f"http://127.0.0.1:{closed}/").verdict


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_http_silence(mute: int, scheme: str) -> None:
    """A server that accepts and says nothing is bad when the time is over."""
    assert "did not answer in time" in ask("http", timeout=0.3, url=f"{scheme}://127.0.0.1:{mute}/").reason


def test_http_from_something_else() -> None:
    """A server that speaks another language than HTTP is bad."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            with server.accept()[0] as connection:
                connection.sendall(b"220 mail.example ESMTP\r\n")
                connection.recv(4096)

        greeter = threading.Thread(target=greet)
        greeter.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert Answer(Verdict.BAD, f"{url} does not speak HTTP: BadStatusLine") == ask("http", url=url)
        greeter.join()


def test_a_path_in_a_closed_folder_is_unknown() -> None:
    """A path in a folder that the login may not search is neither there nor absent."""
    result = CommandResult(0, b"hidden\n")
    for state in ("present", "absent"):
        assert Verdict.UNKNOWN == PROBES["path"].ask(Told(result), {"path": "/root/x", "state": state}, 5.0).verdict


def test_http_dripping(dripping: int) -> None:
    """A server that sends a byte now and then cannot stretch the time for the whole answer."""
    assert "did not answer in time" in ask("http", timeout=0.5, url=f"http://127.0.0.1:{dripping}/").reason


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"url": "ftp://127.0.0.1/"},
        {"url": "http://user:secret@127.0.0.1/"},
        {"url": "http://127.0.0.1:99999/"},
        {"url": "http://127.0.0.1/", "status": "200"},
        {"url": "http://127.0.0.1/", "status": []},
        {"url": "http://127.0.0.1/", "timeout": -1},
        {"url": "http://127.0.0.1/", "verify": "no"},
        {"url": "http://no-such-host.invalid/"},
    ],
)
def test_a_question_that_cannot_be_asked_is_unknown(arguments: Mapping[str, object]) -> None:
    """Arguments that make no sense, and names that do not resolve, are unknown and give no secret away."""
    answer = ask("http", **arguments)
    assert (Verdict.UNKNOWN, False) == (answer.verdict, "secret" in answer.reason)


def test_a_header_that_http_forbids_is_not_repeated(web: int) -> None:
    """A header with a line feed is unknown, and its value, which may be a token, is not in the reason."""
    answer = ask("http", url=f"http://127.0.0.1:{web}/", headers={"X-Token": "secret\nX-Other: 1"})
    assert (Verdict.UNKNOWN, False) == (answer.verdict, "secret" in answer.reason)


def test_tcp(mute: int, closed: int) -> None:
    """A port that accepts is good, one that refuses is bad, a port that is none is unknown."""
    verdicts = [ask("tcp", port=port).verdict for port in (mute, closed, 0, "ssh")]
    assert [Verdict.GOOD, Verdict.BAD, Verdict.UNKNOWN, Verdict.UNKNOWN] == verdicts


def test_command() -> None:
    """An exit code that is asked for is good, another is bad, a program that is not there is unknown."""
    assert Verdict.GOOD == ask("command", argv=["true"]).verdict
    assert Verdict.GOOD == ask("command", argv=["sh", "-c", "exit 3"], status=[0, 3]).verdict
    assert Answer(Verdict.BAD, "false ended with status 1, not 0") == ask("command", argv=["false"])
    assert Verdict.UNKNOWN == ask("command", argv=["/no/such/program"]).verdict
    assert Verdict.UNKNOWN == ask("command", argv=["sh", "-c", "exit 127"]).verdict
    assert Verdict.UNKNOWN == ask("command", argv="true").verdict


def test_a_command_that_hangs_is_unknown() -> None:
    """A command that does not end in its time has answered nothing, even if its children keep its output open."""
    assert Verdict.UNKNOWN == ask("command", timeout=0.3, argv=["sh", "-c", "sleep 30 & sleep 30"]).verdict


def test_path(tmp_path: Path) -> None:
    """A path is judged by what is there: file, folder, dangling link, or nothing."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    rows = {("file", "present"), ("file", "file"), (".", "directory"), ("link", "present"), ("none", "absent"), ("no/such", "absent")}
    assert dict.fromkeys(rows, Verdict.GOOD) == {row: ask("path", path=str(tmp_path / row[0]), state=row[1]).verdict for row in rows}
    wrong = {("file", "absent"), ("file", "directory"), ("none", "present"), ("link", "file"), ("link", "absent")}
    assert dict.fromkeys(wrong, Verdict.BAD) == {row: ask("path", path=str(tmp_path / row[0]), state=row[1]).verdict for row in wrong}
    assert Verdict.UNKNOWN == ask("path", path=str(tmp_path), state="red").verdict


class Told:
    """A place where every command ends as told and no stream is had for the given reason."""

    def __init__(self, result: CommandResult | None = None, error: Exception | None = None) -> None:
        self.result, self.error = result, error

    def run(self, command: Command) -> CommandResult:
        if self.error:
            raise self.error
        assert self.result is not None
        return self.result

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        assert self.error is not None
        raise self.error


@pytest.mark.parametrize(
    ("printed", "complaint", "verdict"),
    [
        (b"active\n", b"", Verdict.GOOD),
        (b"reloading\n", b"", Verdict.GOOD),
        (b"activating\n", b"", Verdict.BAD),
        (b"failed\n", b"", Verdict.BAD),
        (b"inactive\n", b"", Verdict.BAD),
        (b"unknown\n", b"", Verdict.UNKNOWN),
        (b"", b"Failed to connect to bus: Connection refused\n", Verdict.UNKNOWN),
    ],
)
def test_unit(printed: bytes, complaint: bytes, verdict: Verdict) -> None:
    """The word of systemd decides, and no word from systemd is no answer."""
    assert verdict == PROBES["unit"].ask(Told(CommandResult(3, printed, complaint)), {"name": "web.service"}, 5.0).verdict


WHOLE = {
    "http": {"url": "http://127.0.0.1/"},
    "tcp": {"port": 22},
    "unit": {"name": "web.service"},
    "command": {"argv": ["true"]},
    "path": {"path": "/etc"},
}


@pytest.mark.parametrize("name", sorted(PROBES))
def test_a_lost_link_is_unknown(name: str) -> None:
    """A link that is lost while a probe asks makes its answer unknown."""
    told = Told(error=OutcomeUnknown("web1", "the link broke"))
    answer = PROBES[name].ask(told, WHOLE[name], 5.0)
    assert (Verdict.UNKNOWN, True) == (answer.verdict, "the link broke" in answer.reason)


@pytest.mark.parametrize("name", ["unit", "command", "path"])
def test_an_unknown_status_is_unknown(name: str) -> None:
    """A command whose status is not known makes the probe's answer unknown."""
    assert Verdict.UNKNOWN == PROBES[name].ask(Told(CommandResult(Unknown("cut"))), WHOLE[name], 5.0).verdict


@pytest.mark.parametrize("name", ["http", "tcp"])
def test_a_forbidden_channel_is_unknown(name: str) -> None:
    """A stream that our way to the host forbids says nothing about the service."""
    assert Verdict.UNKNOWN == PROBES[name].ask(Told(error=PermissionError("administratively prohibited")), WHOLE[name], 5.0).verdict


@pytest.mark.parametrize("name", sorted(PROBES))
def test_no_arguments_is_unknown(name: str) -> None:
    """A probe without its arguments is unknown, never good."""
    assert Verdict.UNKNOWN == ask(name).verdict
