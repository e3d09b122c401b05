"""Becoming root: what is said to sudo, and what its answer means.

The password goes out only when sudo has printed a prompt that we made up for this one occasion, and only once: a second prompt
means that it was wrong. The command goes out only when a shell that is root has printed its own mark. Everything here is pure; the
prompts of sudo-rs, which wraps ours in words of its own, are found too, because only our part is looked for.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from healer.model.secret import Secret
from healer.remote.frames import script_line

BECOME = r"""
unset script ready prompt way
IFS= read -r ready && IFS= read -r prompt && IFS= read -r way || exit 125
root='printf "%s %s %s\n" "$1" "$(id -u)" "$2" && IFS= read -r script && eval "$(printf %b "$script")"'
if [ "$(id -u)" = 0 ]; then exec sh -c "$root" healer "$ready" login; fi
case $way in
  password) exec sudo -k -S -p "$prompt" -- sh -c "$root" healer "$ready" sudo ;;
  *) exec sudo -n -- sh -c "$root" healer "$ready" sudo ;;
esac
"""

HEARD_KEPT = 16384
SHELL = re.compile(rb" (\d+) (login|sudo)\n")
"""What follows the nonce when a shell is there: its user id, and whether the login was root's already."""

ADVICE = (
    ("not found", "Install sudo there, or log in as root."),
    ("must have a tty", "Take `requiretty` out of its sudoers, or add `Defaults:USER !requiretty`."),
    ("not in the sudoers", "Add the account to sudoers there."),
    ("not allowed to", "Allow the account to run sh as root in sudoers there."),
    ("may not run", "Allow the account to run sh as root in sudoers there."),
    ("expired", "Renew the account or its password there."),
    ("password is required", "Give the sudo password with -K, or allow the account NOPASSWD in sudoers there."),
    ("authentication is required", "Give the sudo password with -K, or allow the account NOPASSWD in sudoers there."),
)


class Answer(StrEnum):
    """How far sudo has come."""

    WAITING = "waiting"
    PASSWORD = "password"  # noqa: S105 - a state, not a password
    ROOT = "root"
    REFUSED = "refused"


@dataclass(slots=True)
class Become:
    """The talk with sudo of one command. `ready` and `prompt` are fresh nonces; feed() says what to do next."""

    ready: str
    prompt: str
    password: Secret | None = None
    was_root: bool = False
    refusal: str = ""
    _asked: int = 0
    _out: bytes = b""
    _err: bytes = b""
    _words: bytes = field(default=b"")

    def opening(self) -> bytes:
        """Return what is sent first. It holds no secret."""
        way = "password" if self.password else "ask-nothing"
        return script_line(BECOME) + f"{self.ready}\n{self.prompt}\n{way}\n".encode()

    def password_line(self) -> bytes:
        """Return the password as sudo reads it."""
        return (self.password.reveal() if self.password else "").encode() + b"\n"

    def feed(self, out: bytes, err: bytes) -> Answer:
        """Take what has arrived and say what to do: wait, send the password now, send the command, or give up."""
        self._out = (self._out + out)[-HEARD_KEPT:]
        self._err = (self._err + err)[-HEARD_KEPT:]
        for after in self._out.split(self.ready.encode())[1:]:
            if found := SHELL.match(after):
                return self._arrived(int(found[1]), found[2] == b"login")
        prompt = self.prompt.encode()
        if prompt not in self._err:
            return Answer.WAITING
        before, _, self._err = self._err.partition(prompt)
        self._words += before
        self._asked += 1
        return self._prompted()

    def _arrived(self, uid: int, login: bool) -> Answer:
        self.was_root = login
        if uid == 0:
            return Answer.ROOT
        self.refusal = f"sudo gave user id {uid} instead of root"
        return Answer.REFUSED

    def _prompted(self) -> Answer:
        if self.password and self._asked == 1:
            return Answer.PASSWORD
        self.refusal = "the sudo password was not accepted" if self.password else "sudo asks for a password"
        return Answer.REFUSED

    def words(self) -> str:
        """Return what sudo said in its own words, without our prompt and empty lines, at most a few lines."""
        said = (self._words + b"\n" + self._err).decode("utf-8", "replace").replace(self.prompt, "")
        lines = [re.sub(r"^\[sudo: ?\]\s*", "", line.strip()) for line in said.splitlines()]
        return " / ".join(line for line in lines[-6:] if line)


def advice(words: str, *, password_given: bool) -> str:
    """Return what a person can do about sudo's refusal."""
    lowered = words.lower()
    for sign, what in ADVICE:
        if sign in lowered:
            return what
    return "Check the sudo password." if password_given else "Try `sudo -n true` there by hand."
