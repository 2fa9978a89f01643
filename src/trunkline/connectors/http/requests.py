"""From what a flow asks for to a request, and from its answer to what the flow sees."""

from base64 import b64encode
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from trunkline.connect.given import address, headers_of
from trunkline.connect.requests import query_pairs
from trunkline.model.connection import Account
from trunkline.model.errors import MappingError
from trunkline.model.http import Request, Response
from trunkline.model.json import JSON, JSONObject, as_object, dumps, loads

_BODIES: Final = ("json", "text", "form")


def request_by(default: str) -> Callable[[JSONObject, Account], Request]:
    """What makes the request; `default` is the method when none is asked for."""

    def request(input: JSONObject, account: Account) -> Request:  # noqa: ARG001 - the shape of every crafted call
        """Raises `MappingError` for an address, a header or a body that nobody should send."""
        body, content_type = _body(input)
        headers = headers_of(as_object(input.get("headers")))
        if content_type and not any(name == "content-type" for name, _ in headers):
            headers += (("content-type", content_type),)
        return Request(
            method=str(input.get("method", default)),
            url=address(str(input["url"])),
            query=tuple(pair for name, value in as_object(input.get("query")).items() for pair in query_pairs(name, value)),
            headers=headers,
            body=body,
        )

    return request


def answer(response: Response) -> JSON:
    """The answer as a flow sees it."""
    body, encoding = _content(response)
    headers: JSONObject = dict(response.headers)
    return {"status": response.status, "headers": headers, "body": body, "encoding": encoding}


def _body(input: JSONObject) -> tuple[bytes | None, str]:
    given = [name for name in _BODIES if name in input]
    if len(given) > 1:
        raise MappingError(f"{given[0]} and {given[1]} cannot both be the body", field=given[1])
    match given:
        case ["json"]:
            return dumps(input["json"]), "application/json"
        case ["text"]:
            return str(input["text"]).encode(), "text/plain; charset=utf-8"
        case ["form"]:
            pairs = [pair for name, value in as_object(input["form"]).items() for pair in query_pairs(name, value)]
            return urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        case _:
            return None, ""


def _content(response: Response) -> tuple[JSON, str]:
    if not response.body:
        return None, "none"
    if "json" in response.headers.get("content-type", ""):
        try:
            return loads(response.body), "json"
        except ValueError:
            pass  # it only says that it is JSON; the flow gets the text
    try:
        return response.body.decode(), "text"
    except UnicodeDecodeError:
        return b64encode(response.body).decode(), "base64"
