"""Becoming root: the password goes to sudo's own prompt, once, and the command to a root shell only."""

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from healer.model.command import Command
from healer.model.errors import BecomeError
from healer.model.host import Login
from healer.model.secret import Secret
from healer.remote.ssh import SshRemote
from healer.remote.sudo import Answer, Become

Open = Callable[[Login], SshRemote]
PASSWORD = "correct horse"

ID = """#!/bin/sh
[ "$1" = -u ] && { [ -n "$FAKE_ROOT" ] && echo 0 || echo 1000; }
"""

SUDO = """#!/bin/sh
# A stand-in for sudo: its options and prompts, without needing an account to try it on.
echo "called: $*" >> LOG
[ "$1" = -n ] && { echo "sudo: a password is required" >&2; exit 1; }
prompt=$4
echo "We trust you have received the usual lecture." >&2
for try in 1 2 3; do
  printf 'DECORATED' "$prompt" >&2
  IFS= read -r given || exit 1
  echo "given: $given" >> LOG
  if [ "$given" = SECRET ]; then shift 5; FAKE_ROOT=1 exec env FAKE_ROOT=1 "$@"; fi
  echo "Sorry, your answer made me laugh. Try again." >&2
done
exit 1
"""


@pytest.fixture
def guarded(sshd, tmp_path: Path) -> Callable[..., object]:
    """Start a server on which the login is not root and sudo is a program of ours."""

    def start(sudo: str = SUDO, decorated: str = "%s"):
        programs = tmp_path / "programs"
        programs.mkdir()
        log = tmp_path / "sudo.log"
        log.touch()
        text = sudo.replace("LOG", str(log)).replace("SECRET", shlex.quote(PASSWORD)).replace("DECORATED", decorated)
        for name, content in (("id", ID), ("sudo", text)):
            (programs / name).write_text(content)
            (programs / name).chmod(0o755)
        for name in ("sh", "cat", "env"):
            (programs / name).symlink_to(shutil.which(name) or "")
        return sshd(environment=f"PATH={programs}"), log

    return start


AS_ROOT = Command(("sh", "-c", 'echo "root: $FAKE_ROOT"; cat'), stdin=b"input", become=True)


def test_the_password_is_sent_once_and_the_command_runs_as_root(guarded, open_host: Open) -> None:
    """After the right password the command runs in the root shell, with its own input untouched."""
    server, log = guarded()

    result = open_host(server.login(become_password=Secret(PASSWORD))).run(AS_ROOT)

    assert (0, b"root: 1\ninput", b"") == (result.status, result.stdout, result.stderr)
    assert 1 == log.read_text().count("given:")


@pytest.mark.fault("O5")
def test_a_prompt_that_is_wrapped_in_other_words_is_found(guarded, open_host: Open) -> None:
    """sudo-rs puts its own words round the prompt that it is given; ours is still seen."""
    server, _ = guarded(decorated="[sudo: %s] Password: ")

    assert b"root: 1\ninput" == open_host(server.login(become_password=Secret(PASSWORD))).run(AS_ROOT).stdout


@pytest.mark.fault("O5")
def test_a_wrong_password_is_sent_only_once(guarded, open_host: Open) -> None:
    """A second prompt means that the password was wrong: it is not sent again, and sudo's own words are shown."""
    server, log = guarded()

    with pytest.raises(BecomeError, match="made me laugh"):
        open_host(server.login(become_password=Secret("wrong battery"))).run(AS_ROOT)

    assert ["given: wrong battery"] == [line for line in log.read_text().splitlines() if line.startswith("given")]


@pytest.mark.fault("O5")
def test_no_password_asks_sudo_not_to_ask(guarded, open_host: Open) -> None:
    """Without a password sudo is called with -n, and its refusal says what to do."""
    server, log = guarded()

    with pytest.raises(BecomeError, match="a password is required") as caught:
        open_host(server.login()).run(AS_ROOT)

    assert "-K" in caught.value.advice
    assert "called: -n -- sh -c" in log.read_text()


def test_the_password_is_on_no_command_line(guarded, open_host: Open) -> None:
    """Neither sudo's arguments nor its environment hold the password."""
    server, log = guarded(SUDO.replace('"called: $*"', '"called: $* $(env)"'))

    open_host(server.login(become_password=Secret(PASSWORD))).run(AS_ROOT)

    called = log.read_text().split("given:")[0]
    assert "called:" in called
    assert PASSWORD not in called


@pytest.mark.fault("O5")
@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("sudo: sorry, you must have a tty to run sudo", "requiretty"),
        ("deploy is not in the sudoers file.", "sudoers"),
        ("sudo: Account expired, contact your system administrator", "Renew"),
        ("Sorry, user deploy is not allowed to execute '/bin/sh' as root", "Allow"),
    ],
)
def test_a_refusal_shows_the_words_of_sudo_and_a_way_out(guarded, open_host: Open, words: str, advice: str) -> None:
    """Whatever sudo refuses for ends at once in a BecomeError with its words and fitting advice."""
    server, _ = guarded(f"#!/bin/sh\necho {shlex.quote(words)} >&2\nexit 1\n")

    with pytest.raises(BecomeError) as caught:
        open_host(server.login(become_password=Secret(PASSWORD))).run(AS_ROOT)

    assert words in caught.value.message
    assert advice in caught.value.advice


@pytest.mark.fault("O5")
def test_a_host_without_sudo_is_told_apart(guarded, open_host: Open) -> None:
    """Where there is no sudo, the error says so."""
    server, _ = guarded("#!/nonexistent/program\n")

    with pytest.raises(BecomeError, match="not found") as caught:
        open_host(server.login()).run(AS_ROOT)

    assert "Install sudo" in caught.value.advice


def test_a_root_login_needs_no_sudo(sshd, open_host: Open, tmp_path: Path) -> None:
    """When the login is root already, sudo is not called."""
    (tmp_path / "id").write_text("#!/bin/sh\necho 0\n")
    (tmp_path / "id").chmod(0o755)
    (tmp_path / "sudo").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "sudo").chmod(0o755)
    remote = open_host(sshd(environment=f"PATH={tmp_path}:/usr/bin:/bin").login())

    assert [b"done\n", b"done\n"] == [remote.run(Command(("echo", "done"), become=True)).stdout for _ in range(2)]


def test_a_shell_that_is_not_root_gets_no_command() -> None:
    """A readiness mark with another user id than 0 is a refusal."""
    talk = Become(ready="r" * 32, prompt="p" * 32)

    assert Answer.REFUSED == talk.feed(b"r" * 32 + b" 33 sudo\n", b"")
    assert "user id 33" in talk.refusal


def test_the_password_waits_for_the_whole_prompt() -> None:
    """Half a prompt is no prompt: the password goes out when the rest has arrived."""
    talk = Become(ready="r" * 32, prompt="healer-0123:", password=Secret(PASSWORD))

    assert [Answer.WAITING, Answer.PASSWORD] == [talk.feed(b"", b"lecture healer-"), talk.feed(b"", b"0123:")]
