"""The words on the wire of one command: what is sent to the host's shell, and how its output is told from noise and forgery.

The SSH command line is one constant that sh, bash, zsh, fish and csh read alike; it reads the real script from its input, where
neither `ps` nor the login shell sees it. The script prints a mark with a fresh 128-bit nonce on both streams, runs the command,
and prints a second mark with the exit status. What comes before the first mark is noise (start-up files, banners), what comes
after the second belongs to processes that were left behind. A command cannot forge a mark: the nonce came by the same pipe
before it was started, and is in no variable that it inherits and on no command line.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

BOOTSTRAP = """exec sh -c 'IFS= read -r script && eval "$(printf %b "$script")"'"""
"""No newline, backslash, exclamation mark or quote inside the quotes: csh and fish treat those in their own ways."""

RUN = r"""
unset script nonce word saved status
IFS= read -r nonce || exit 125
saved=${LC_ALL+set}${LC_ALL-}
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
set --
while :; do
  IFS= read -r word || exit 125
  [ "$word" != . ] || break
  word=${word#:}
  case $word in
    *\\*) word=$(printf '%b.' "$word") && word=${word%.} ;;
  esac
  set -- "$@" "$word"
done
case $saved in
  set*) LC_ALL=${saved#set} ;;
  *) unset LC_ALL ;;
esac
printf '%s begin\n' "$nonce" || exit 125
printf '%s begin\n' "$nonce" >&2 || exit 125
(exec "$@")
status=$?
printf '%s end %s\n' "$nonce" "$status" >&2
printf '%s end %s\n' "$nonce" "$status"
exit 0
"""
"""POSIX sh. `read` takes one byte at a time from a pipe, so what follows the words is left for the command.

A link that breaks among the words starts nothing: a command with fewer words may be quite another command.
The subshell's exec finds programs only: builtins such as `exit` or `set` would end the script or show the nonce.
"""

PLAIN = re.compile(rb"[A-Za-z0-9_/.,:=+@%-]*")
STATUS = re.compile(rb"(\d{1,3})\n")
NOISE_KEPT = 4096


def script_line(script: str) -> bytes:
    """Return a static script as the one line that BOOTSTRAP reads."""
    return script.strip("\n").replace("\\", "\\\\").replace("\n", "\\n").encode("ascii") + b"\n"


def word_line(word: bytes) -> bytes:
    """Return one argument as a line: safe characters as they are, every other byte as an octal escape of printf(1)."""
    if PLAIN.fullmatch(word):
        return b":" + word + b"\n"
    return b":" + b"".join(_escape(byte) for byte in word) + b"\n"


def _escape(byte: int) -> bytes:
    single = bytes((byte,))
    return single if PLAIN.fullmatch(single) else b"\\0%03o" % byte


def words_of(argv: Sequence[str]) -> bytes:
    """Return all arguments and the end of the list. Raises ValueError for what no program can be given."""
    if not argv or not argv[0] or argv[0].startswith("-"):
        raise ValueError("a command needs the name of a program first")
    if any("\0" in word for word in argv):
        raise ValueError("an argument cannot hold a NUL character")
    return b"".join(word_line(word.encode("utf-8", "surrogateescape")) for word in argv) + b".\n"


def run_payload(nonce: str, argv: Sequence[str]) -> bytes:
    """Return everything that is sent ahead of the command's own input."""
    return script_line(RUN) + nonce.encode() + b"\n" + words_of(argv)


@dataclass(slots=True)
class Stream:
    """One output stream on its way in: noise, then at most `limit` bytes between the marks, then nothing more.

    With a `sink` the bytes between the marks go there as they come, without limit.
    `noise` keeps the last part of what came before the first mark, to be shown when the mark never comes.
    """

    nonce: str
    limit: int
    noise: bytes = b""
    content: bytearray = field(default_factory=bytearray)
    truncated: bool = False
    begun: bool = False
    status: int | None = None
    sink: Callable[[bytes], None] | None = None
    _rest: bytes = b""

    def feed(self, data: bytes) -> None:
        """Take what has arrived. Bytes after the end mark are dropped."""
        if self.status is not None or not data:
            return
        self._rest += data
        if not self.begun:
            self._look_for_begin()
        if self.begun:
            self._look_for_end()

    def settle(self) -> None:
        """Count what was held back for a mark as content: nothing more will come."""
        if self.begun and self.status is None:
            self._keep(self._rest)
            self._rest = b""

    def _look_for_begin(self) -> None:
        before, mark, after = self._rest.partition(f"{self.nonce} begin\n".encode())
        if mark:
            self.begun, self._rest = True, after
            self.noise = (self.noise + before)[-NOISE_KEPT:]
            return
        held = len(self.nonce) + len(" begin\n") - 1
        self.noise = (self.noise + self._rest[:-held])[-NOISE_KEPT:]
        self._rest = self._rest[-held:]

    def _look_for_end(self) -> None:
        mark = f"{self.nonce} end ".encode()
        at = self._rest.find(mark)
        if at < 0:
            held = len(mark) - 1
            self._keep(self._rest[:-held])
            self._rest = self._rest[-held:]
        elif found := STATUS.match(self._rest, at + len(mark)):
            self._keep(self._rest[:at])
            self._rest, self.status = b"", int(found[1])

    def _keep(self, data: bytes) -> None:
        if self.sink is not None:
            if data:
                self.sink(data)
            return
        room = self.limit - len(self.content)
        self.content += data[:room]
        self.truncated = self.truncated or len(data) > room

    def seen(self) -> bytes:
        """Return the noise, with what may have been the start of a mark: all that the login shell said of its own."""
        return self.noise if self.begun else (self.noise + self._rest)[-NOISE_KEPT:]
