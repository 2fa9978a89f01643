"""Operations made of an endpoint's facts: what is filled is not asked for."""

import pytest

from trunkline.connect.declaration import Call
from trunkline.connect.endpoints import Endpoint, Endpoints, Filled
from trunkline.connect.inputs import check
from trunkline.connect.requests import build
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ConfigError, MappingError
from trunkline.model.json import JSON, JSONObject, as_object, dumps

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


def test_what_the_connection_should_fill_and_cannot_is_named_before_anything_is_sent() -> None:
    operation = Endpoints(FACTS).operation("GET /orders", call={"options": {"altId": "location"}, "defaults": {"altType": "location"}})
    check(operation.input, {"status": "paid", "altId": "L1"}, filled=True)
    check(operation.input, {"status": "paid"})
    with pytest.raises(MappingError) as caught:
        check(operation.input, {"status": "paid"}, filled=True)
    assert caught.value.field == "altId"


@pytest.mark.parametrize(("type", "good", "bad"), [("text/csv", "a,b", None), ("multipart/form-data", {"a": 1}, "a")])
def test_needed_body_of_which_nothing_is_described_is_something(type: str, good: JSON, bad: JSON) -> None:
    facts = FACTS.replace(dumps(_ORDERS), dumps({"id": "list-orders", "body": {"type": type, "required": True}}))
    operation = Endpoints(facts).operation("GET /orders")
    check(operation.input, {"body": good})
    with pytest.raises(MappingError) as caught:
        check(operation.input, {"body": bad})
    assert caught.value.field == "body"


def test_vendor_says_once_what_is_filled_in_each_endpoint() -> None:
    def fills(endpoint: Endpoint) -> Filled:
        return Filled(options={"altId": "location"}, defaults={"altType": "location"} if "altType" in endpoint.inputs else {})

    endpoints = Endpoints(FACTS, fills=fills)
    assert endpoints["GET /orders"].inputs == {"altId", "altType", "status"}
    operation = endpoints.operation("GET /orders")
    assert operation.input["required"] == ["status"]
    assert isinstance(operation.call, Call)
    request = build(operation.call, {"status": "paid"}, Account(options={"location": "L1"}, credential=Credential()))
    assert request.query == (("altId", "L1"), ("altType", "location"), ("status", "paid"))
    assert endpoints.operation("GET /orders", call={"options": {"status": "status"}}).input.get("required") is None


def test_without_them_everything_needed_is_asked_for() -> None:
    assert Endpoints(FACTS).operation("GET /orders").input["required"] == ["altId", "altType", "status"]


def _shops(key: str, **more: object) -> Endpoints:
    shop: JSONObject = {"in": "path", "name": "shopId", "required": True, "schema": {"type": "string", "default": "~"}}
    facts: JSONObject = {"id": "shops", "parameters": [shop]}
    text = b'{\n"sources": [],\n"server": "",\n"endpoints": {\n"%b": %b\n},\n"schemas": {\n}\n}\n' % (key.encode(), dumps(facts))
    return Endpoints(text, **more)  # pyright: ignore[reportArgumentType]  # whatever the test says


def _path(endpoints: Endpoints, key: str, options: JSONObject) -> str:
    operation = endpoints.operation(key)
    assert isinstance(operation.call, Call)
    assert "required" not in operation.input
    return build(operation.call, {}, Account(options=options, credential=Credential())).url


def test_name_in_the_path_is_filled_by_the_connection_or_as_the_vendor_says() -> None:
    for key in ("GET /shops/{shopId}/orders", "POST /shops/{shopId}/orders", "GET /shops/{shopId}"):
        endpoints = _shops(key, options={"shopId": "shop"})
        filled = key.split(" ")[1]
        assert _path(endpoints, key, {}) == filled.replace("{shopId}", "~")
        assert _path(endpoints, key, {"shop": "s 1"}) == filled.replace("{shopId}", "s%201")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
def test_write_to_what_the_name_stands_for_must_be_told_which_one(method: str) -> None:
    key = f"{method} /shops/{{shopId}}"
    operation = _shops(key, options={"shopId": "shop"}).operation(key)
    assert operation.input["required"] == ["shopId"]
    assert isinstance(operation.call, Call)
    assert not operation.call.options
    assert not operation.call.defaults


def test_refused_endpoint_is_no_operation_and_says_why() -> None:
    def refuse(endpoint: Endpoint) -> str:
        return "it rings a bell" if endpoint.kind == "write" else ""

    with pytest.raises(ConfigError) as caught:
        _shops("DELETE /shops/{shopId}", refuse=refuse).operation("DELETE /shops/{shopId}")
    assert "it rings a bell" in caught.value.message
    assert _shops("GET /shops/{shopId}", refuse=refuse).operation("GET /shops/{shopId}").kind == "read"


def _of_lists(facts: JSONObject) -> JSONObject:
    endpoints = Endpoints(FACTS.replace(dumps(_ORDERS), dumps({"id": "list-orders", **facts})))
    return as_object(endpoints.operation("GET /orders").input["properties"])


@pytest.mark.parametrize("sent_as", ["query", "application/x-www-form-urlencoded", "application/json"])
def test_list_that_is_needed_and_sent_as_its_items_cannot_be_empty(sent_as: str) -> None:
    numbers: JSONObject = {"type": "array", "items": _TEXT}
    parameters: list[JSON] = [{"in": "query", "name": name, "required": name == "to", "schema": numbers} for name in ("to", "cc")]
    schema: JSONObject = {"type": "object", "properties": {"to": numbers, "cc": numbers}, "required": ["to"]}
    fields = _of_lists({"parameters": parameters} if sent_as == "query" else {"body": {"type": sent_as, "schema": schema}})
    assert fields["to"] == (numbers if sent_as == "application/json" else {**numbers, "minItems": 1})
    assert fields["cc"] == numbers
