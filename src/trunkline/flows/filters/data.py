"""Filters for JSON, encodings and hashes."""

import hashlib
from base64 import b64encode
from typing import Any
from urllib.parse import quote

from trunkline.flows.filters.declaring import MAX_TEXT, MisfitError, filtering, limited, plain_number, text_of, work
from trunkline.model.json import JSON, depth_exceeds, dumps, loads

_TEXT = ("text", "number")
_STRING = ("string",)


@filtering((), _STRING, null=True, example=("{'a': [1, none]} | to_json", '{"a":[1,null]}'))
def to_json(value: JSON) -> str:
    """The value as JSON text."""
    raw = dumps(plain_number(value) if isinstance(value, float) else value)
    work.spend(len(raw))
    return limited(raw.decode())


@filtering(("text",), example=("'[1, 2]' | from_json", [1, 2]))
def from_json(value: str) -> JSON:
    """The value that a JSON text says."""
    try:
        found = loads(limited(value))
    except ValueError as exc:
        raise MisfitError("the text is not JSON") from exc
    if depth_exceeds(found):
        raise MisfitError("the JSON nests too deep")
    return found


@filtering(_TEXT, _STRING, name="hash", example=("'a' | hash", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"))
def sha256(value: Any) -> str:
    """The SHA-256 of the text in hexadecimal: the same text always gives the same."""
    return hashlib.sha256(text_of(value).encode()).hexdigest()


@filtering(_TEXT, _STRING, example=("'a b&c' | url_encode", "a%20b%26c"))
def url_encode(value: Any) -> str:
    """Safe as a part of an address."""
    text = text_of(value)
    if len(text) > MAX_TEXT // 12:
        raise MisfitError("the text is too long for an address")
    return quote(text, safe="")


@filtering(_TEXT, _STRING, example=("'hi' | base64", "aGk="))
def base64(value: Any) -> str:
    """Base64 of the text in UTF-8."""
    return limited(b64encode(text_of(value).encode()).decode("ascii"))
