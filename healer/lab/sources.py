"""Where hosts come from: the archive and mirror that this machine's own apt sources name, never one written in code.

Formats: sources.list(5), one-line and deb822. Third parties often publish suites with the release's own name, so the
archive proper is recognised by its keyring or by its having a `-updates` pocket as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

POCKETS = ("", "-updates", "-security")
"""Suffixes to the codename: the release as it came out, its updates, its security updates."""


@dataclass(frozen=True, slots=True)
class Source:
    """One suite at one address. `signed_by` is a keyring file, or empty for apt's default keyrings."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    """The release that hosts run, and the places that serve it: the release itself first, then its update pockets."""

    distribution: str
    codename: str
    sources: tuple[Source, ...]

    @property
    def release(self) -> Source:
        """Return the source that serves the release itself."""
        return self.sources[0]


def one_line(text: str) -> Iterator[Source]:
    """Read `deb [options] uri suite component...` lines; anything else is passed over."""
    for line in text.splitlines():
        words = line.partition("#")[0].replace("[", " [ ", 1).replace("]", " ] ", 1).split()
        if not words or words[0] != "deb":
            continue
        options, rest = _options(words[1:])
        if len(rest) >= 3:
            yield Source(rest[0], rest[1], tuple(rest[2:]), options.get("signed-by", ""))


def deb822(text: str) -> Iterator[Source]:
    """Read stanzas with Types, URIs, Suites, Components and Signed-By; disabled ones are passed over."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in "\n".join(lines).split("\n\n"):
        fields = _fields(stanza)
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes").lower() not in {"no", "false", "0"}:
            yield from _stanza_sources(fields)


def choose(sources: Iterable[Source], distribution: str, codename: str) -> Archive | None:
    """Return the archive of this release, or None when no source serves `codename` with component main."""
    usable = [source for source in sources if "main" in source.components and source.uri.startswith(("http:", "https:"))]
    has_updates = {source.uri for source in usable if source.suite == f"{codename}-updates"}
    chosen: list[Source] = []
    for pocket in POCKETS:
        suites = [source for source in usable if source.suite == codename + pocket]
        suites.sort(key=lambda source: not (f"/{distribution}-archive" in source.signed_by or source.uri in has_updates))
        if not suites and not pocket:
            return None
        chosen.extend(suites[:1])
    return Archive(distribution, codename, tuple(chosen))


def read_archive(root: Path = Path("/")) -> Archive | None:
    """Read the apt sources and os-release below `root`."""
    release = _os_release(root / "etc/os-release")
    apt = root / "etc/apt"
    found: list[Source] = []
    for path in (apt / "sources.list", *sorted(apt.glob("sources.list.d/*.list"))):
        found.extend(one_line(path.read_text()) if path.is_file() else ())
    for path in sorted(apt.glob("sources.list.d/*.sources")):
        found.extend(deb822(path.read_text()))
    return choose(found, release.get("ID", ""), release.get("VERSION_CODENAME", ""))


def _options(words: list[str]) -> tuple[Mapping[str, str], list[str]]:
    if not words or words[0] != "[":
        return {}, words
    end = words.index("]") if "]" in words else len(words)
    pairs = (word.partition("=") for word in words[1:end])
    return {name.lower(): value for name, _equals, value in pairs}, words[end + 1 :]


def _fields(stanza: str) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line[:1].isspace():
            fields[name] = f"{fields.get(name, '')}\n{line.strip()}"
        elif ":" in line:
            name, _colon, value = line.partition(":")
            name = name.lower()
            fields[name] = value.strip()
    return fields


def _stanza_sources(fields: Mapping[str, str]) -> Iterator[Source]:
    signed_by = fields.get("signed-by", "").strip()
    keyring = signed_by if signed_by.startswith("/") and "\n" not in signed_by else ""
    for uri in fields.get("uris", "").split():
        for suite in fields.get("suites", "").split():
            yield Source(uri, suite, tuple(fields.get("components", "").split()), keyring)


def _os_release(path: Path) -> Mapping[str, str]:
    lines = path.read_text().splitlines() if path.is_file() else []
    pairs = (line.partition("=") for line in lines)
    return {name: value.strip("\"'") for name, _equals, value in pairs}
