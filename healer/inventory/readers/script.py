"""Dynamic inventories: an executable that prints Ansible's inventory JSON when called with --list (and --host NAME)."""

import json
import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from healer.inventory.addresses import problem_with
from healer.inventory.documents import parse_json
from healer.inventory.files import LARGEST
from healer.inventory.readers.contract import ParsedGroup, ParsedSource, Reader
from healer.model.errors import InventoryError

TIMEOUT = 30.0
"""Seconds for one call of the script."""

_EXECUTABLE_STARTS = (b"#!", b"\x7fELF")


def parse(text: str, source: str) -> tuple[ParsedSource, bool]:
    """Return what a script printed for --list, and whether that held the hosts' variables too. Raises InventoryError."""
    data = _mapping(_json(text, source, "--list"), source, "what it printed")
    meta = _mapping(data.get("_meta", {}), source, "_meta")
    passages = [passage for name in data if name != "_meta" for passage in _group(source, name, data[name])]
    variables = _mapping(meta.get("hostvars", {}), source, "_meta.hostvars")
    checked = {host: _mapping(variables[host], source, f"_meta.hostvars.{host}") for host in variables}
    return ParsedSource(source, tuple(passages), checked), "hostvars" in meta


def _group(source: str, name: str, body: Any) -> Iterator[ParsedGroup]:
    shaped = {"hosts": body} if isinstance(body, list) else _mapping(body, source, name)
    if not name or not shaped.keys() & {"hosts", "vars", "children"}:
        raise _error(
            source, f"{name!r} is neither a list of hosts nor a mapping with hosts, vars or children; host variables belong into _meta"
        )
    children = _names(shaped.get("children", []), source, f"{name}.children")
    yield ParsedGroup(
        name, {host: {} for host in _hosts(shaped, source, name)}, variables=_mapping(shaped.get("vars", {}), source, f"{name}.vars")
    )
    for child in children:
        yield ParsedGroup(child)
        yield ParsedGroup(name, children=(child,))


def _hosts(shaped: Mapping[str, Any], source: str, group: str) -> list[str]:
    hosts = _names(shaped.get("hosts", []), source, f"{group}.hosts")
    for host in hosts:
        if problem := problem_with(host):
            raise _error(source, f"{group}.hosts: {problem}")
    return hosts


def _names(value: Any, source: str, what: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise _error(source, f"{what} is not a list of names")
    return value


def _mapping(value: Any, source: str, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _error(source, f"{what} is not a mapping")
    return value


def _json(text: str, source: str, option: str) -> Any:
    try:
        return parse_json(text, source)
    except json.JSONDecodeError as error:
        raise _error(source, f"what it printed for {option} is not JSON (line {error.lineno}: {error.msg})") from error
    except RecursionError as error:
        raise _error(source, f"what it printed for {option} is nested too deep") from error


def _error(source: str, reason: str) -> InventoryError:
    return InventoryError(f"the inventory script failed: {reason}.", file=source, advice=f"Try `{source} --list`.")


def _accepts(path: Path) -> bool:
    """Take what we may execute and the kernel can start: whole disks are mounted with every file executable."""
    if not os.access(path, os.X_OK):
        return False
    with path.open("rb") as file:
        return file.read(4).startswith(_EXECUTABLE_STARTS)


def _read(path: Path) -> ParsedSource:
    _refuse_foreign(path)
    parsed, complete = parse(_output(path, "--list"), str(path))
    if complete:
        return parsed
    hosts = dict.fromkeys(host for group in parsed.groups for host in group.hosts)
    return ParsedSource(parsed.source, parsed.groups, {host: _host_variables(path, host) for host in hosts})


def _host_variables(path: Path, host: str) -> Mapping[str, Any]:
    text = _output(path, "--host", host)
    return _mapping(_json(text, str(path), f"--host {host}"), str(path), f"what it printed for --host {host}") if text.strip() else {}


def _refuse_foreign(path: Path) -> None:
    """Whoever can write the script decides what runs here as us."""
    status = path.stat()
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise InventoryError("is an inventory script that others may write.", file=str(path), advice=f"Run `chmod go-w {path}`.")
    if status.st_uid not in {0, os.geteuid()}:
        raise InventoryError(f"is an inventory script that belongs to user {status.st_uid}, neither root nor you.", file=str(path))


def _output(path: Path, *arguments: str) -> str:
    """Run the script and return what it printed. Output goes to files: a grandchild that keeps a pipe open would hold us for ever."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        status = _run((str(path), *arguments), out, err)
        printed, complaints = _content(out), _content(err).decode(errors="replace").strip()
    if status != 0:
        last = complaints.splitlines()[-1] if complaints else "it said nothing"
        raise _error(str(path), f"{arguments[0]} ended with {status}: {last}")
    if len(printed) > LARGEST:
        raise _error(str(path), f"it printed more than {LARGEST // 1024 // 1024} MiB")
    try:
        return printed.decode()
    except UnicodeDecodeError as error:
        raise _error(str(path), "what it printed is not UTF-8 text") from error


def _run(argv: tuple[str, ...], out: IO[bytes], err: IO[bytes]) -> int:
    try:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
    except OSError as error:
        raise _error(argv[0], f"it cannot be started: {error.strerror}") from error
    try:
        return process.wait(TIMEOUT)
    except subprocess.TimeoutExpired as error:
        raise _error(argv[0], f"{argv[1]} did not end within {TIMEOUT:.0f} s") from error
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(LARGEST + 1)


PLUGIN = Reader(name="script", rank=10, accepts=_accepts, read=_read)
