"""One throw-away host: boot it, look inside, pull its plug, freeze it, cut its wire."""

import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from healer.lab import cgroups
from healer.lab.network import INNER_LINK, set_link
from healer.lab.processes import detach, end, recorded, send, wait_until
from healer.lab.shell import last_words
from healer.model.errors import LabError

KEEPER = Path(__file__).with_name("keep_running.sh")
BOOT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class LabHost:
    """A host of a running lab. `second_link` is (our end, bridge) of a jump host's link to the inner network.

    `run` and `read` go in through the host's namespaces, not over SSH: they are a test's own eyes.
    """

    name: str
    address: str
    lab: str
    folder: Path
    bridge: str
    behind_jump: bool = False
    second_link: tuple[str, str] = ("", "")
    log_disk: bool = False
    port: int = 22

    @property
    def known_hosts(self) -> Path:
        """Return the lab's known_hosts file."""
        return self.folder / "known_hosts"

    @property
    def private_key(self) -> Path:
        """Return the key that opens root, ops and opspw on every host of the lab."""
        return self.folder / "id_ed25519"

    @property
    def machine(self) -> str:
        """Return the name that is unique on this machine, while `name` is unique in the lab."""
        return f"{self.lab}-{self.name}"

    @property
    def group(self) -> str:
        """Return the host's control group."""
        return f"healer-lab-{self.machine}"

    @property
    def root(self) -> Path:
        """Return the host's file system as seen from here."""
        return self.folder / "pool" / self.name

    @property
    def link(self) -> str:
        """Return our end of the host's wire."""
        return f"vb-{self.machine}"

    def running(self) -> bool:
        """Tell whether the host has an init and something that restarts it on reboot."""
        return recorded(self._record) is not None and cgroups.init_of(self.group) is not None

    def launch(self) -> None:
        """Switch the host on and return at once. Raises LabError when it is on."""
        if recorded(self._record) is not None:
            raise LabError(f"{self.name} is running already.")
        argv = ["sh", str(KEEPER), str(self._record), self.group, self.link, *self.second_link, *self._nspawn()]
        detach(argv, self._record, self.folder / f"{self.name}.log")

    def start(self) -> None:
        """Switch the host on and wait until it has booted."""
        self.launch()
        self.wait_ready()

    def wait_ready(self, seconds: float = BOOT_SECONDS) -> None:
        """Wait until systemd says that the boot is over and sshd listens. Raises LabError with the console's last words."""
        if not wait_until(self._booted, seconds, every=0.2):
            raise LabError(f"{self.name} did not boot within {seconds:g} s: {last_words(self.logs().encode())}")

    def kill(self) -> None:
        """Pull the plug: every process of the host is killed at once, and nothing starts it again."""
        cgroups.kill_all(self.group)
        # The keeper ends by itself when its host dies; not if the host was just rebooting.
        wait_until(lambda: recorded(self._record) is None, 2)
        end(self._record, patience=0.5)
        cgroups.kill_all(self.group)

    def stop(self, seconds: float = BOOT_SECONDS) -> None:
        """Shut the host down in good order, as `systemctl poweroff` would. Raises LabError when it will not."""
        self.run(["systemctl", "poweroff"])
        if not wait_until(lambda: recorded(self._record) is None, seconds):
            raise LabError(f"{self.name} did not power off within {seconds:g} s.", advice="Use kill().")

    def reboot(self, seconds: float = BOOT_SECONDS) -> None:
        """Reboot from inside and wait until it is up again under another boot id."""
        before = self.boot_id()
        self.run(["systemctl", "reboot"])
        if not wait_until(lambda: self._try_boot_id() not in {"", before}, seconds):
            raise LabError(f"{self.name} did not come back from its reboot within {seconds:g} s.")
        self.wait_ready(seconds)

    def freeze(self) -> None:
        """Stop every process of the host; its kernel still answers TCP handshakes. Undone by thaw."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen host go on."""
        self._signal_all(signal.SIGCONT)

    def cut(self) -> None:
        """Pull the network cable; the host goes on running."""
        set_link(self.link, up=False)

    def join(self) -> None:
        """Plug the network cable back in."""
        set_link(self.link, up=True)

    def run(self, argv: Sequence[str], stdin: bytes = b"", *, timeout: float = 120) -> subprocess.CompletedProcess[bytes]:
        """Run a command as root inside; never raises for its exit code.

        Raises LabError when the host is off, or when the command does not end within `timeout` seconds.
        """
        init = cgroups.init_of(self.group)
        if init is None:
            raise LabError(f"{self.name} is switched off.", advice="Call start() first.")
        inside = ["nsenter", f"--target={init}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"]
        clean = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/root"}
        try:
            return subprocess.run([*inside, *argv], input=stdin, capture_output=True, timeout=timeout, env=clean, check=False)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{self.name}: `{' '.join(argv)}` did not end within {timeout:g} s.") from error

    def read(self, path: str) -> str:
        """Return a file's text as root sees it inside. Raises LabError when it cannot be read."""
        done = self.run(["cat", path])
        if done.returncode:
            raise LabError(f"{self.name}: {last_words(done.stderr)}")
        return done.stdout.decode()

    def write(self, path: str, text: str) -> None:
        """Write a file as root inside. Raises LabError when it cannot be written."""
        done = self.run(["sh", "-c", 'cat >"$1"', "sh", path], text.encode())
        if done.returncode:
            raise LabError(f"{self.name}: {last_words(done.stderr)}")

    def boot_id(self) -> str:
        """Return the kernel's random name for this boot of this host. Raises LabError when the host is off.

        Read through /proc, not by a command inside: systemd stops every process on its way down (SIGSTOP), and nsenter stops
        with its child and is never continued.
        """
        init = cgroups.init_of(self.group)
        try:
            return Path(f"/proc/{init}/root/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError as error:
            raise LabError(f"{self.name} is switched off.", advice="Call start() first.") from error

    def logs(self) -> str:
        """Return everything that the host's console said since the lab came up."""
        path = self.folder / f"{self.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def _record(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def _nspawn(self) -> list[str]:
        binds = [f"--bind={self.folder / 'logs' / self.name}:/var/log"] if self.log_disk else []
        second = [f"--network-veth-extra={self.second_link[0]}:{INNER_LINK}"] if self.second_link[0] else []
        return [
            *("systemd-nspawn", "-q", "-D", str(self.root), "-b", "--register=no", "--keep-unit", "--resolv-conf=off"),
            *("--link-journal=no", f"--network-bridge={self.bridge}", f"--machine={self.machine}", f"--hostname={self.name}"),
            *(*binds, *second),
        ]

    def _booted(self) -> bool:
        if cgroups.init_of(self.group) is None:
            return False
        try:
            state = self.run(["systemctl", "is-system-running"], timeout=5).stdout.strip()
            return state in {b"running", b"degraded"} and b":22 " in self.run(["ss", "-Hltn"], timeout=5).stdout
        except LabError:
            return False

    def _try_boot_id(self) -> str:
        """Return the boot id, or nothing while the host is between two boots."""
        try:
            return self.boot_id()
        except LabError:
            return ""

    def _signal_all(self, number: signal.Signals) -> None:
        """Signal until a second look finds nobody new: a process may fork while the others are being stopped."""
        seen: set[int] = set()
        while new := cgroups.inside(self.group) - seen:
            for pid in new:
                send(pid, number)
            seen |= new
