"""Addresses and headers as a flow may give them: what would lead elsewhere or break a request is refused."""

from typing import Final
from urllib.parse import unquote

from trunkline.model.errors import MappingError
from trunkline.model.http import Pairs
from trunkline.model.json import JSONObject

_NOT_OURS_TO_SET: Final = frozenset(
    ("host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "keep-alive", "trunkline-depth")
)


def address(url: str) -> str:
    """An absolute http or https address, or a path below the connection's own; raises `MappingError` for anything else."""
    lowered = url.lower()
    if not url.startswith("/") and not lowered.startswith(("https://", "http://")):
        raise MappingError("url must start with https://, http:// or, below the connection's base URL, with /", field="url")
    if url.startswith(("//", "/\\")):
        raise MappingError("url must not name another host in short form", field="url")
    path = url.split("?", 1)[0].split("#", 1)[0].replace("\\", "/")
    if any(unquote(part) in (".", "..") for part in path.split("/")):
        raise MappingError("url must not climb out of its path with dots", field="url")
    return url


def headers_of(given: JSONObject, *, but: frozenset[str] = frozenset()) -> Pairs:
    """Header lines by name; `but` are those this call sets itself. Raises `MappingError` naming the header."""
    headers: list[tuple[str, str]] = []
    for name, value in given.items():
        field = f"headers.{name}"
        lowered = name.lower()
        if lowered in _NOT_OURS_TO_SET or lowered in but:
            raise MappingError(f"the header {lowered} is set by the transport", field=field)
        if not lowered.replace("-", "").replace("_", "").isalnum() or not lowered.isascii():
            raise MappingError("that is not a header name", field=field)
        if isinstance(value, dict | list) or value is None:
            raise MappingError("a header is plain text", field=field)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if not text.isascii() or not text.isprintable():
            raise MappingError("a header holds visible ASCII only", field=field)
        headers.append((lowered, text))
    return tuple(headers)
