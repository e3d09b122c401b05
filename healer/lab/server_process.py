"""Starting the lab's server as a process of its own, which outlives the command that builds the lab."""

import os
import sys
import urllib.request
from pathlib import Path

from healer.lab.base import cache_folder
from healer.lab.processes import detach, recorded, wait_until
from healer.lab.server import LOCAL, PORT
from healer.model.errors import LabError


def start(folder: Path, gateway: str, repository: Path) -> None:
    """Start the server of the lab in `folder` and wait until it answers. Raises LabError with its log when it does not."""
    record, log = folder / "server.pid", folder / "server.log"
    argv = [sys.executable, "-m", "healer.lab.server", str(record), gateway, str(repository), str(cache_folder() / "archive")]
    # The working directory is no longer ours to choose there, so say where this very package is.
    package_root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (package_root, os.environ.get("PYTHONPATH"))))
    detach(argv, record, log, {**os.environ, "PYTHONPATH": path})
    url = f"http://{gateway}:{PORT}/{LOCAL}/dists/stable/InRelease"
    if not wait_until(lambda: answers(url) or recorded(record) is None, 20) or recorded(record) is None:
        raise LabError(f"The lab's server did not start: {log.read_text()[-600:]}", advice="A firewall on this machine may be in the way.")


def answers(url: str) -> bool:
    """Tell whether a file can be had, past any proxy that this machine may use."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False
