"""Bodies that are not plain JSON: forms, parts with files, and files by themselves."""

from base64 import b64decode, b64encode
from mimetypes import guess_type
from typing import Final
from urllib.parse import urlencode

from trunkline.model.errors import MappingError
from trunkline.model.http import Response
from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject, as_object, dumps

_TEXTS: Final = ("text/", "application/xml", "application/json", "application/csv")


def encoded(content: str, body: JSON) -> tuple[str, bytes]:
    """The media type with its parameters, and `body` written in it; raises `MappingError` naming the field that does not fit."""
    if content == "application/x-www-form-urlencoded":
        return content, urlencode([(name, _plain(item)) for name, item in _pairs(as_object(body))]).encode()
    if content.startswith("multipart/"):
        return _parts(content, as_object(body))
    if "json" in content:
        return content, dumps(body)
    if isinstance(body, str):
        return content, body.encode()
    _, media_type, data = _file("body", as_object(body))
    return (media_type if "*" in content else content), data


def file_of(response: Response) -> JSONObject:
    """An answer that is a file: `content_type`, `size_bytes`, and `text` or `base64`."""
    content_type = response.headers.get("content-type", "application/octet-stream")
    told: JSONObject = {"content_type": content_type, "size_bytes": len(response.body)}
    if content_type.startswith(_TEXTS):
        try:
            return {**told, "text": response.body.decode()}
        except UnicodeDecodeError:
            pass  # it only says that it is text
    return {**told, "base64": b64encode(response.body).decode()}


def _parts(content: str, fields: JSONObject) -> tuple[str, bytes]:
    """RFC 7578. The boundary is made of the content, so that equal inputs give equal bytes."""
    boundary = f"part-{digest(dumps(fields))}"
    lines: list[bytes] = []
    for name, value in _pairs(fields):
        head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
        if _is_file(value):
            filename, media_type, data = _file(name, as_object(value))
            head += f'; filename="{_quoted(filename)}"\r\nContent-Type: {media_type}'
        else:
            data = _plain(value).encode()
        lines += [f"--{boundary}".encode(), head.encode(), b"", data]
    return f"{content}; boundary={boundary}", b"\r\n".join([*lines, f"--{boundary}--".encode(), b""])


def _pairs(fields: JSONObject) -> list[tuple[str, JSON]]:
    """Fields by name; a list repeats its name, null is left out."""
    pairs: list[tuple[str, JSON]] = []
    for name, value in fields.items():
        pairs += [(name, item) for item in (value if isinstance(value, list) else [value]) if item is not None]
    return pairs


def _plain(value: JSON) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return dumps(value).decode() if isinstance(value, dict | list) else str(value)


def _is_file(value: JSON) -> bool:
    return isinstance(value, dict) and ("base64" in value or "text" in value)


def _file(field: str, value: JSONObject) -> tuple[str, str, bytes]:
    """Name, media type and content; what an operation that gives a file answered fits as it is."""
    filename = str(value.get("filename") or "file")
    content_type = str(value.get("content_type") or guess_type(filename)[0] or "application/octet-stream")
    if not content_type.isprintable():
        raise MappingError(f"{field}.content_type is no media type", field=f"{field}.content_type")
    if "base64" not in value:
        return filename, content_type, str(value.get("text", "")).encode()
    try:
        return filename, content_type, b64decode(str(value["base64"]), validate=True)
    except ValueError as exc:  # a letter that is none of its alphabet, or none of ASCII
        raise MappingError(f"{field}.base64 is no base64", field=f"{field}.base64") from exc


def _quoted(text: str) -> str:
    """As HTML says a form does it: quotes and line ends are percent-encoded."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
