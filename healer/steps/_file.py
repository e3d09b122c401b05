"""What `copy` and `template` have in common: where a file goes, whose it is, and what must be true of it before it is put there."""

import base64
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from healer.model.action import Act, Action, PutFile
from healer.steps.contract import Arguments


def _octal(value: Any) -> Any:
    """Return the mode with four digits. YAML reads a bare 0644 as the number 420 and a bare 644 as 644: only text is unambiguous."""
    if isinstance(value, str) and re.fullmatch(r"[0-7]{3,4}", value):
        return value.zfill(4)
    raise ValueError("write the mode as octal in quotes, such as '0644'; without quotes YAML reads another number")


def _file_path(path: str) -> str:
    if not path.startswith("/") or path.endswith("/") or "\0" in path:
        raise ValueError("write the absolute path of the file, not of its folder")
    return path


def _checker(text: str) -> str:
    if text and "%s" not in text.split():
        raise ValueError("validate needs %s as a word of its own, in the place of the new file's path")
    return text


class FileArguments(Arguments):
    """Arguments of both. `validate` is a command that must end with 0 before the file is put in place; `%s` is the new file's path."""

    dest: Annotated[str, AfterValidator(_file_path)]
    owner: Annotated[str, Field(min_length=1)] = "root"
    group: Annotated[str, Field(min_length=1)] = "root"
    mode: Annotated[str, BeforeValidator(_octal)] = "0644"
    backup: bool = False
    check_with: Annotated[str, AfterValidator(_checker), Field(alias="validate")] = ""
    disruptive: bool = False


def put(arguments: FileArguments, content: bytes) -> Act:
    """Return the one action that places the content. It changes nothing when content, owner and mode are right already."""
    text, encoding = _encoded(content)
    verb = PutFile(
        path=arguments.dest,
        content=text,
        owner=arguments.owner,
        group=arguments.group,
        mode=arguments.mode,
        encoding="base64" if encoding == "base64" else "utf-8",
        backup=arguments.backup,
        validate=tuple(arguments.check_with.split()),
    )
    summary = f"Put {arguments.dest} in place ({len(content)} bytes, {arguments.owner}:{arguments.group} {arguments.mode})"
    return Act((Action(summary, verb, disruptive=arguments.disruptive),))


def _encoded(content: bytes) -> tuple[str, str]:
    """Return the content as text where it is text, else as base64."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return base64.b64encode(content).decode(), "base64"
    return (base64.b64encode(content).decode(), "base64") if "\0" in text else (text, "utf-8")
