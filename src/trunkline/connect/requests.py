"""From a declared call, an input and an account to the request that will be sent; pure."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from trunkline.connect.bodies import encoded
from trunkline.connect.declaration import Call
from trunkline.model.connection import Account
from trunkline.model.errors import MappingError
from trunkline.model.http import Pairs, Request
from trunkline.model.json import JSON, JSONObject, dumps

_JSON: Final = "application/json"
_JSON_BODY: Final[Pairs] = (("content-type", _JSON),)
_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")


def fill_in(call: Call, input: JSONObject, account: Account) -> JSONObject:
    """`input` with what it left out taken from the connection's options or the call's defaults, where the call says so."""
    if not call.options and not call.defaults:
        return input
    known = dict(call.defaults or {})
    known.update((name, account.options[option]) for name, option in (call.options or {}).items() if option in account.options)
    missing = {name: value for name, value in known.items() if input.get(name) is None}
    return {**input, **missing} if missing else input


def build(call: Call, input: JSONObject, account: Account) -> Request:
    """The request of `call`; raises `MappingError` naming the input field that does not fit where the call puts it."""
    rest = dict(fill_in(call, input, account))
    literals, names = _template(call.path)
    path = literals[0]
    for name, literal in zip(names, literals[1:], strict=True):
        path += _segment(name, rest.pop(name, None), comma=name in call.commas) + literal
    query: Pairs = ()
    if call.query:
        query = tuple(pair for name in call.query for pair in query_pairs(name, rest.pop(name, None), comma=name in call.commas))
    headers = call.headers
    for name in call.header_inputs:
        given = query_pairs(name, rest.pop(name, None), comma=name in call.commas)
        headers += tuple((name.lower(), value) for _, value in given)
    url = f"{call.host}{path}" if call.host else path
    if not call.body or (call.whole and rest.get("body") is None):
        return Request(method=call.method, url=url, query=query, headers=headers)
    content_type, body = _body(call, rest)
    return Request(method=call.method, url=url, query=query, headers=(*content_type, *headers), body=body)


def _body(call: Call, fields: JSONObject) -> tuple[Pairs, bytes]:
    if call.renames:
        fields = {call.renames.get(name, name): value for name, value in fields.items()}
    body = fields["body"] if call.whole else fields
    if call.content == _JSON:
        return _JSON_BODY, dumps(body)
    content_type, data = encoded(call.content, body)
    return (("content-type", content_type),), data


def _segment(name: str, value: JSON, *, comma: bool) -> str:
    """`value` as one path segment; a list stands in it with commas, where the vendor takes one."""
    if not isinstance(value, list) or not comma:
        return segment(name, value)
    if not value:
        raise MappingError(f"{name} cannot stand in a path: it is empty", field=name)
    return ",".join(segment(name, item) for item in value)


def segment(name: str, value: JSON) -> str:
    """`value` as one path segment; empty ones and dots are refused, since they would lead to another endpoint."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise MappingError(f"{name} must be text to stand in a path, not {_kind(value)}", field=name)
    text = str(value)
    if text in ("", ".", ".."):
        raise MappingError(f"{name} cannot stand in a path: it is {'empty' if not text else 'only dots'}", field=name)
    return quote(text, safe="")


def query_pairs(name: str, value: JSON, *, comma: bool = False) -> Pairs:
    """`value` as query pairs: a list repeats the name (or is one text with commas), null is left out."""
    if value is None:
        return ()
    if isinstance(value, list) and comma:
        items = [_plain(name, item) for item in value if item is not None]
        if any("," in item for item in items):
            raise MappingError(f"{name} has an item with a comma, and commas are what parts its items", field=name)
        return ((name, ",".join(items)),) if items else ()
    if isinstance(value, list):
        return tuple((name, _plain(name, item)) for item in value if item is not None)
    return ((name, _plain(name, value)),)


def _plain(name: str, value: JSON) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise MappingError(f"{name} must be plain to stand in a query, not {_kind(value)}", field=name)


def _kind(value: JSON) -> str:
    match value:
        case None:
            return "missing"
        case bool():
            return "true or false"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return "text"
        case _:
            return "a number"


@lru_cache(maxsize=4096)
def _template(path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The literal pieces of a path and the names between them."""
    pieces = _PLACEHOLDER.split(path)
    return tuple(pieces[::2]), tuple(pieces[1::2])
