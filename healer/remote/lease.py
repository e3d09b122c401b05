"""The host's lease: who may change the host now. The host grants it, counts its epochs, and measures it by its own uptime."""

import re

from healer.model.errors import HostError
from healer.model.job import Lease
from healer.remote.gate import Answer, Gate

HOLDER = re.compile(r"[A-Za-z0-9@._:/+-]{1,200}")


class Leases:
    """Takes, prolongs and gives back the lease of one host."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def take(self, holder: str, seconds: float = 120, over: Lease | None = None) -> Lease:
        """Return the lease in force, the holder's own or a new one with a higher epoch.

        `seconds` are seconds of host uptime. Raises RefusedError while another holder's lease is in force or an act of another runs.
        `over` is a lease that counts as run out already, if it is exactly the one in force: its holder does nothing more with it.
        """
        if not HOLDER.fullmatch(holder):
            raise ValueError(f"a holder is 1 to 200 letters, digits and @._:/+- without blanks, not {holder!r}")
        left = (over.holder, over.boot_id, over.epoch) if over else ()
        return self._lease(holder, seconds, self._gate.ask("lease_take", holder, int(seconds), *left))

    def renew(self, lease: Lease) -> Lease:
        """Prolong the lease by its seconds from now. Raises RefusedError when it is no longer the current one."""
        answer = self._gate.ask("lease_renew", lease.holder, lease.boot_id, lease.epoch, int(lease.seconds))
        return self._lease(lease.holder, lease.seconds, answer)

    def release(self, lease: Lease) -> None:
        """Give it back; without effect when it is no longer the current one."""
        self._gate.ask("lease_release", lease.holder, lease.boot_id, lease.epoch)

    def _lease(self, holder: str, seconds: float, answer: Answer) -> Lease:
        match answer.head.split(" "):
            case ["lease", boot_id, epoch] if epoch.isdigit():
                return Lease(holder=holder, boot_id=boot_id, epoch=int(epoch), seconds=seconds)
        raise HostError(self._gate.host, f"the gate's answer makes no sense: {answer.head[:200]!r}.")
