"""Operations made of an endpoint's facts: what is filled is not asked for."""

from trunkline.connect.declaration import Call
from trunkline.connect.endpoints import Endpoints
from trunkline.connect.requests import build
from trunkline.model.connection import Account, Credential
from trunkline.model.json import JSONObject, dumps

_TEXT: JSONObject = {"type": "string"}
_ORDERS: JSONObject = {
    "id": "list-orders",
    "parameters": [{"in": "query", "name": name, "required": True, "schema": _TEXT} for name in ("altId", "altType", "status")],
}
FACTS = b'{\n"sources": [],\n"server": "",\n"endpoints": {\n"GET /orders": %b\n},\n"schemas": {\n}\n}\n' % dumps(_ORDERS)


def test_what_the_connection_or_the_call_fills_is_not_asked_for() -> None:
    operation = Endpoints(FACTS).operation("GET /orders", call={"options": {"altId": "location"}, "defaults": {"altType": "location"}})
    assert operation.input["required"] == ["status"]
    assert isinstance(operation.call, Call)
    account = Account(options={"location": "L1"}, credential=Credential())
    request = build(operation.call, {"status": "paid"}, account)
    assert request.query == (("altId", "L1"), ("altType", "location"), ("status", "paid"))


def test_without_them_everything_needed_is_asked_for() -> None:
    assert Endpoints(FACTS).operation("GET /orders").input["required"] == ["altId", "altType", "status"]
