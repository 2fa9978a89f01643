"""How payloads lie in the database: JSON, compressed with zstd once that pays, one leading byte telling which."""

from zstandard import ZstdCompressor, ZstdDecompressor

from trunkline.model.json import JSON, dumps, loads

_PLAIN = b"\x00"
_ZSTD = b"\x01"
_WORTH_BYTES = 512
"""Below this a compressed payload saves less than its own time: measured at 60 bytes saved for 9 µs on a contact of 400 bytes."""

MOST_BYTES = 64 * 1024 * 1024
"""Largest payload read back; a bound for the decompressor, far above what intake accepts."""


def pack(value: JSON) -> bytes:
    """`value` as stored. Not safe to call from two threads at once with one compressor, so each call makes its own when it needs one."""
    raw = dumps(value)
    if len(raw) < _WORTH_BYTES:
        return _PLAIN + raw
    return _ZSTD + ZstdCompressor(level=1).compress(raw)


def unpack(packed: bytes) -> JSON:
    """The value `pack` was given."""
    body = packed[1:]
    return loads(ZstdDecompressor().decompress(body, max_output_size=MOST_BYTES) if packed[:1] == _ZSTD else body)


EMPTY = pack(None)
"""The packed null, for columns that have nothing to say."""
