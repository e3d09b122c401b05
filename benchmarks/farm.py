"""Simulated hosts: a small SSH server on many loopback addresses, which answers an observation with what one real host said.

It lets everybody in and runs nothing: it knows the words of the contestants, the bare loop's `sh -s` and healer's own frames.
"""

import logging
import multiprocessing
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import paramiko
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from benchmarks.observing import STATUS, Asked
from healer.lab.machine import LabHost

PLACEHOLDER = "0" * 32
LINK_FAULTS = (OSError, EOFError, paramiko.SSHException)


@dataclass(frozen=True, slots=True)
class Farm:
    """Where the simulated hosts listen: `port` greets and answers, `silent_port` accepts and says nothing. `key` opens them."""

    folder: Path
    port: int
    silent_port: int

    @property
    def key(self) -> Path:
        """Return the file of the key to log in with."""
        return self.folder / "login"

    def inventory(self, hosts: int, silent: int) -> Path:
        """Write an inventory of so many hosts, with silent ones spread evenly among them, and its known_hosts file."""
        host_key = (self.folder / "host.pub").read_text()
        known = self.folder / "known_hosts"
        known.write_text("".join(f"[{address(number)}]:{self.port} {host_key}" for number in range(hosts)))
        lines = [f"h{number} ansible_host={address(number)} ansible_port={self.port}" for number in range(hosts)]
        for number in reversed(range(silent)):
            place = (number + 1) * hosts // (silent + 1)
            lines.insert(place, f"silent{number} ansible_host={address(hosts + number)} ansible_port={self.silent_port}")
        common = ("[all:vars]", "ansible_user=root", f"ansible_ssh_private_key_file={self.key}", f"known_hosts={known}")
        path = self.folder / f"inventory-{silent}.ini"
        path.write_text("\n".join((*lines, *common)) + "\n")
        return path


def address(number: int) -> str:
    """Return the loopback address of a simulated host."""
    return f"127.77.{number // 250}.{number % 250 + 1}"


@contextmanager
def farm(folder: Path, processes: int, model: LabHost, asked: Asked = STATUS) -> Iterator[Farm]:
    """Serve in so many processes until the block ends; every host says what the `model` says when it is `asked`."""
    for name in ("host", "login"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)], check=True)
    key, canned = paramiko.Ed25519Key.from_private_key_file(str(folder / "host")), _Canned.recorded(model, asked)
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    with _listening() as answering, _listening() as silent:
        context = multiprocessing.get_context("fork")
        workers = [context.Process(target=_serve, args=(answering, key, canned), daemon=True) for _ in range(processes)]
        workers.append(context.Process(target=_say_nothing, args=(silent,), daemon=True))
        for worker in workers:
            worker.start()
        try:
            yield Farm(folder, answering.getsockname()[1], silent.getsockname()[1])
        finally:
            for worker in workers:
                worker.terminate()
                worker.join()


def _listening() -> socket.socket:
    """Listen on every loopback address, and on nothing else."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
    listener.bind(("", 0))
    listener.listen(1024)
    return listener


def _say_nothing(listener: socket.socket) -> None:
    kept = []
    while True:
        kept.append(listener.accept())


def _serve(listener: socket.socket, key: paramiko.PKey, canned: "_Canned") -> None:
    while True:
        link, _ = listener.accept()
        with suppress(*LINK_FAULTS):
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            transport = paramiko.Transport(link)
            transport.daemon = True
            transport.add_server_key(key)
            transport.start_server(threading.Event(), _Host(canned))


@dataclass(frozen=True, slots=True)
class _Canned:
    """What both streams of an observation hold, with the nonce to be put in."""

    out: str
    err: str

    @classmethod
    def recorded(cls, host: LabHost, asked: Asked) -> Self:
        """Ask a real host once."""
        done = host.run(["sh", "-s", "--", *asked.words], asked.script(PLACEHOLDER))
        return cls(done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def under(self, nonce: str) -> tuple[bytes, bytes]:
        """Return both streams under this nonce."""
        return self.out.replace(PLACEHOLDER, nonce).encode(), self.err.replace(PLACEHOLDER, nonce).encode()


class _Host(paramiko.ServerInterface):
    """One login."""

    def __init__(self, canned: _Canned) -> None:
        self._canned = canned

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's signature
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:  # noqa: ARG002 - paramiko's signature
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's signature
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        answer = self._plainly if command == b"sh -s" else self._framed
        threading.Thread(target=_quietly, args=(answer, channel), daemon=True).start()
        return True

    def _plainly(self, channel: paramiko.Channel) -> None:
        out, err = self._canned.under(_nonce_of(_rest(channel)))
        channel.sendall_stderr(err)
        channel.sendall(out)

    def _framed(self, channel: paramiko.Channel) -> None:
        """Answer as the far ends of healer/remote/sudo.py and healer/remote/frames.py do."""
        head = b""
        while head.count(b"\n") < 4:
            head += channel.recv(65536)
        _become, ready, _prompt, _way = head.split(b"\n")[:4]
        channel.sendall(ready + b" 0 login\n")
        _run, outer, rest = (_rest(channel) + b"\n\n").split(b"\n", 2)
        if b"one_round" in rest:
            self._rounds(channel, outer, rest)
            return
        out, err = self._canned.under(_nonce_of(rest))
        channel.sendall_stderr(b"%s begin\n%s%s end 0\n" % (outer, err, outer))
        channel.sendall(b"%s begin\n%s%s end 0\n" % (outer, out, outer))

    def _rounds(self, channel: paramiko.Channel, outer: bytes, rest: bytes) -> None:
        """Say the same again and again, as a resident script does, until nobody listens."""
        nonce, every = _nonce_of(rest), int(rest.partition(b"every=")[2].split()[0])
        out = self._canned.under(nonce)[0] + b"\n%s round\n%80s\n" % (nonce.encode(), b"")
        channel.sendall_stderr(b"%s begin\n" % outer)
        channel.sendall(b"%s begin\n" % outer)
        while not channel.closed:
            channel.sendall(out)
            time.sleep(every)


def _quietly(answer: Callable[[paramiko.Channel], None], channel: paramiko.Channel) -> None:
    with suppress(*LINK_FAULTS):
        answer(channel)
        channel.send_exit_status(0)
        channel.close()


def _rest(channel: paramiko.Channel) -> bytes:
    pieces = []
    while piece := channel.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def _nonce_of(text: bytes) -> str:
    """Return the nonce that an observation's script begins with, after the words of its command where it has some."""
    return text.partition(b"nonce=")[2][: len(PLACEHOLDER)].decode()
