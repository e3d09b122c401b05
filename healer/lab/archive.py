"""Files of the distribution's archive, fetched by this machine's own apt and kept, so that six hosts download once.

apt-helper(8) fetches, so the machine's proxies, certificates and logins hold here too. Names below `pool/` and `by-hash/`
never change their content and are kept; everything else (the signed Release files) is fetched again each time, which is
what keeps the hosts' package lists fresh. The hosts' apt checks every signature and hash itself: this is a cache, not trust.
"""

import subprocess
import tempfile
import threading
from collections import defaultdict
from pathlib import Path

from healer.lab.shell import last_words
from healer.lab.sources import Archive

APT_HELPER = ("/usr/lib/apt/apt-helper", "-q", "-o", "APT::Sandbox::User=root", "download-file")


class NotFoundHere(Exception):
    """The archive says that there is no such file."""


class NotFetched(Exception):
    """The archive could not be asked; the message is apt's."""


class ArchiveCache:
    """Serves paths `INDEX/...`, where INDEX is the position of a source in the archive."""

    def __init__(self, archive: Archive, folder: Path) -> None:
        """Keep files below `folder`, which is made when the first file comes."""
        self._sources = archive.sources
        self._folder = folder
        self._locks: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)

    def get(self, path: str) -> bytes:
        """Return a file's content. Raises NotFoundHere, NotFetched."""
        index, _slash, rest = path.partition("/")
        if not index.isdigit() or int(index) >= len(self._sources) or ".." in rest.split("/"):
            raise NotFoundHere(path)
        uri = f"{self._sources[int(index)].uri.rstrip('/')}/{rest}"
        if "/by-hash/" not in rest and not rest.startswith("pool/"):
            return self._fetch(uri)
        return self._keep(uri, self._folder / uri.partition("://")[2])

    def _keep(self, uri: str, kept: Path) -> bytes:
        with self._locks[kept]:
            if kept.is_file():
                return kept.read_bytes()
            content = self._fetch(uri)
            kept.parent.mkdir(parents=True, exist_ok=True)
            partial = kept.with_name(f"{kept.name}.part{threading.get_native_id()}")
            partial.write_bytes(content)
            partial.rename(kept)
            return content

    @staticmethod
    def _fetch(uri: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="healer-lab-") as folder:
            target = Path(folder, "file")
            done = subprocess.run([*APT_HELPER, uri, str(target)], capture_output=True, timeout=600, check=False)
            if done.returncode == 0:
                return target.read_bytes()
        words = last_words(done.stdout + done.stderr)
        raise NotFoundHere(uri) if " 404 " in words else NotFetched(words)
