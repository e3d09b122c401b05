"""Reads the files that people write for the inventory, within bounds: no binaries, nothing huge, nothing that is not there."""

from pathlib import Path

from healer.model.errors import InventoryError

LARGEST = 16 * 1024 * 1024
"""Bytes. The inventory of ten thousand hosts has about one MiB."""

VAULT_MARK = b"$ANSIBLE_VAULT;"


def read_bytes(path: Path) -> bytes:
    """Return the file's content. Raises InventoryError when it cannot be read, is huge, binary, or encrypted by ansible-vault."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InventoryError(f"cannot be read: {error.strerror}.", file=str(path)) from error
    if len(content) > LARGEST:
        raise InventoryError(f"is larger than {LARGEST // 1024 // 1024} MiB.", file=str(path), advice="Is this an inventory?")
    if b"\0" in content:
        raise InventoryError("is a binary file.", file=str(path), advice="Is this an inventory?")
    if content.startswith(VAULT_MARK):
        raise InventoryError(
            "is encrypted by ansible-vault.",
            file=str(path),
            line=1,
            advice="healer does not decrypt; keep secrets in a 0600 file named by become_password_file.",
        )
    return content


def read_text(path: Path) -> str:
    """Return the file's text. Raises InventoryError as read_bytes does, and with the line when it is not UTF-8."""
    content = read_bytes(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InventoryError("is not UTF-8 text.", file=str(path), line=line) from error
