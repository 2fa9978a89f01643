"""A made-up vendor with a few endpoints, for trying what every simulated vendor does."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from trunkline.connect.endpoints import Endpoints
from trunkline.model.http import Request as Outgoing
from trunkline.model.http import Response
from trunkline.model.json import JSON, JSONObject, as_object, dumps
from trunkline.testing.direct import ask
from trunkline.testing.simulation import Handler, SimulatedVendor

CUSTOMER: JSONObject = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "email": {"type": "string", "format": "email"},
        "grade": {"enum": ["gold", "plain"]},
        "createdAt": {"type": "string", "format": "date-time"},
        "updatedAt": {"type": "string", "format": "date-time"},
        "visits": {"type": "integer"},
    },
}
NOTE: JSONObject = {
    "type": "object",
    "required": ["id", "customerId", "body"],
    "properties": {"id": {"type": "integer"}, "customerId": {"type": "string"}, "body": {"type": "string", "minLength": 1}},
}
BODY: JSONObject = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "email": {"type": ["string", "null"]},
        "grade": {"enum": ["gold", "plain"]},
        "visits": {"type": "integer"},
    },
}
CHANGES: JSONObject = {"type": "object", "properties": BODY["properties"]}


def _object(**fields: JSON) -> JSONObject:
    return {"type": "object", "properties": fields, "required": [*fields]}


def _loose(**fields: JSON) -> JSONObject:
    return {"type": "object", "properties": fields}


def _list(items: JSON) -> JSONObject:
    return {"type": "array", "items": items}


_FILE: JSONObject = {"type": "string", "format": "binary"}


def _answer(schema: JSONObject, status: int = 200) -> JSONObject:
    return {"status": status, "type": "application/json", "schema": schema}


def _body(schema: JSONObject) -> JSONObject:
    return {"type": "application/json", "required": True, "schema": schema}


def _parameter(name: str, schema: JSONObject, place: str = "query", **more: JSON) -> JSONObject:
    return {"name": name, "in": place, "schema": schema, **more}


_TEXT: JSONObject = {"type": "string"}
_WHOLE: JSONObject = {"type": "integer"}
_V1: JSONObject = {"version": "1"}
_ONE = _answer(_object(customer=CUSTOMER))
_LANGUAGE: JSONObject = {"enum": ["en", "de"]}
_CUSTOMERS = _object(customers=_list(CUSTOMER), total=_WHOLE, nextPageToken={"type": ["string", "null"]})
_PICTURE: JSONObject = {"type": "multipart/form-data", "required": True, "schema": _object(file=_FILE, sizes=_list(_WHOLE))}
_ASKED = (
    _parameter("limit", {"type": "integer", "minimum": 1, "maximum": 50, "default": 2}),
    _parameter("pageToken", _TEXT),
    _parameter("grade", {"enum": ["gold", "plain"]}),
    _parameter("ids", _list(_WHOLE), list="comma"),
    _parameter("x-trace", {"type": "string", "minLength": 3}, "header"),
)

FACTS: Mapping[str, JSONObject] = {
    "GET /customers/": {"headers": _V1, "parameters": [*_ASKED], "answer": _answer(_CUSTOMERS), "scopes": ["customers.read"]},
    "POST /customers/": {"headers": _V1, "body": _body(BODY), "answer": {**_ONE, "status": 201}},
    "POST /customers/search": {"body": _body(_loose(limit=_WHOLE, grade=_TEXT)), "answer": {"status": 200}},
    "POST /customers/upsert": {"body": _body(BODY), "answer": _ONE},
    "GET /customers/{customerId}": {"answer": _ONE},
    "PUT /customers/{customerId}": {"body": _body(CHANGES), "answer": _ONE},
    "DELETE /customers/{customerId}": {"answer": _answer(_object(success={"type": "boolean"}))},
    "POST /customers/{customerId}/greet": {"answer": _answer(_object(customer=CUSTOMER, greeted={"type": "boolean"}))},
    "GET /customers/{customerId}/notes": {"answer": _answer(_list(NOTE))},
    "POST /customers/{customerId}/notes": {"body": _body(_object(body=_TEXT)), "answer": _answer(NOTE, 201)},
    "GET /customers/{customerId}/notes/{id}": {
        "parameters": [_parameter("id", _WHOLE, "path", required=True)],
        "answer": _answer(NOTE),
    },
    "DELETE /customers/{customerId}/notes/{id}": {"answer": {"status": 204}},
    "GET /settings": {"answer": _answer(_object(language=_LANGUAGE, seats={"type": "integer", "minimum": 1}))},
    "PUT /settings": {"body": _body(_loose(language=_LANGUAGE)), "answer": _answer(_object(language=_LANGUAGE))},
    "GET /report": {"answer": {"status": 200, "type": "audio/mpeg"}},
    "POST /pictures": {"body": _PICTURE, "answer": _answer(_object(id=_TEXT), 201)},
    "GET /oddity": {"answer": _answer(_object(count=_WHOLE))},
}


def text_of(facts: Mapping[str, JSONObject]) -> bytes:
    """An `endpoints.json` of these facts."""
    lines = b",\n".join(dumps(key) + b": " + dumps({"id": key, **fact}) for key, fact in facts.items())
    return b'{\n"sources": [],\n"server": "https://shop.example",\n"endpoints": {\n' + lines + b'\n},\n"schemas": {\n}\n}\n'


class Shop(SimulatedVendor):
    """Customers and their notes; `/oddity` is answered wrongly on purpose."""

    endpoints = Endpoints(text_of(FACTS))

    def handlers(self) -> Mapping[str, Handler]:
        return {"GET /oddity": lambda request, body: {"count": "three"}, "GET /hidden/{name}": _hidden}


def _hidden(request: Request, _: JSON) -> JSON:
    return {"hidden": request.path_params["name"]}


async def answered(shop: Shop, key: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Response:
    """What the shop answers to `METHOD /path?query`."""
    method, _, url = key.partition(" ")
    sent = {"authorization": shop.token, "version": "1", "content-type": "application/json", **(headers or {})}
    raw = None if body is None else body if isinstance(body, bytes) else dumps(body)
    return await ask(shop, Outgoing(method=method, url=url, headers=tuple(sent.items()), body=raw))


async def told(shop: Shop, key: str, body: Any = None) -> JSONObject:
    """The good answer to it."""
    answer = await answered(shop, key, body)
    assert answer.ok, answer
    return as_object(answer.json())
