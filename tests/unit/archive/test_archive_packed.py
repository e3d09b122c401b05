"""Archives are unpacked while they arrive and when they are read, whichever way they are packed."""

import gzip
from pathlib import Path

import pytest
import zstandard

from healer.archive.packed import PIECE, NotPacked, Unpacking, open_packed
from healer.archive.packed import RAW as MARK

RAW = b"".join(b"line %d\n" % number for number in range(20_000))
PACKED = {".gz": gzip.compress(RAW), ".zst": zstandard.ZstdCompressor(level=1).compress(RAW)}


@pytest.mark.parametrize("ending", PACKED)
@pytest.mark.parametrize("step", [1, 1000, 1_000_000])
def test_the_raw_bytes_come_out_in_order(ending: str, step: int) -> None:
    """However the stream is cut into pieces, the raw bytes are handed on whole and in order, and the kind is told by the first ones."""
    out = bytearray()
    unpacking = Unpacking(out.extend)
    for start in range(0, len(PACKED[ending]), step):
        unpacking.feed(PACKED[ending][start : start + step])
    assert (RAW, ending) == (bytes(out), unpacking.ending)


@pytest.mark.parametrize("log", [RAW, b"x", b"healer: raw\n", gzip.compress(RAW)], ids=["lines", "a byte", "the mark", "an archive"])
@pytest.mark.parametrize("step", [1, 1000, 1_000_000])
def test_what_comes_as_it_is_is_packed_here(log: bytes, step: int) -> None:
    """Whatever a log that comes raw begins with, it is handed on as it is, and what is stored unpacks to the same."""
    out, stored = bytearray(), bytearray()
    unpacking = Unpacking(out.extend, stored.extend)
    for start in range(0, len(MARK + log), step):
        unpacking.feed((MARK + log)[start : start + step])
    unpacking.end()
    again = zstandard.ZstdDecompressor().stream_reader(bytes(stored)).read()
    assert (log, log, ".zst") == (bytes(out), again, unpacking.ending)


@pytest.mark.parametrize("ending", PACKED)
def test_what_comes_packed_is_stored_as_it_came(ending: str) -> None:
    """An archive is not packed anew."""
    stored = bytearray()
    unpacking = Unpacking(lambda _raw: None, stored.extend)
    unpacking.feed(PACKED[ending][:3])
    unpacking.feed(PACKED[ending][3:])
    unpacking.end()
    assert PACKED[ending] == bytes(stored)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_a_log_of_nothing_but_holes_is_unpacked_in_bounded_pieces(pack: object) -> None:
    """Zeros shrink to a thousandth; no piece is larger than the bound all the same."""
    sizes: list[int] = []
    Unpacking(lambda raw: sizes.append(len(raw))).feed(pack(bytes(50_000_000)))  # type: ignore[operator]
    assert (50_000_000, True) == (sum(sizes), max(sizes) <= PIECE)


@pytest.mark.parametrize("data", [b"plain text", b"\x1f\x8bnot gzip at all", b"\x28\xb5\x2f\xfdnot zstd at all"])
def test_what_is_not_packed_is_refused(data: bytes) -> None:
    """Bytes that are no archive are an error, not an empty log."""
    with pytest.raises(NotPacked):
        Unpacking(lambda _raw: None).feed(data)


def test_more_than_one_gzip_stream_is_refused() -> None:
    """Bytes behind the end belong to nobody."""
    with pytest.raises(NotPacked, match="more arrived"):
        Unpacking(lambda _raw: None).feed(PACKED[".gz"] + b"more")


@pytest.mark.parametrize("ending", PACKED)
def test_a_kept_archive_is_read_raw(ending: str, tmp_path: Path) -> None:
    """An archive is opened by its ending and gives its raw bytes."""
    file = tmp_path / f"log{ending}"
    file.write_bytes(PACKED[ending])
    with open_packed(file) as raw:
        assert RAW == raw.read()


@pytest.mark.parametrize("ending", PACKED)
def test_a_damaged_archive_is_told(ending: str, tmp_path: Path) -> None:
    """An archive that was damaged raises instead of giving other bytes."""
    file = tmp_path / f"log{ending}"
    file.write_bytes(PACKED[ending][:20] + b"xxxx" + PACKED[ending][24:])
    with pytest.raises(NotPacked, match="cannot be unpacked"), open_packed(file) as raw:
        raw.read()
