"""From an input to a request."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from trunkline.connect.client import full_url
from trunkline.connect.declaration import Call, get, send
from trunkline.connect.requests import build, fill_in
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import MappingError
from trunkline.model.http import Request
from trunkline.model.json import JSON, JSONObject, loads


def account(**options: JSON) -> Account:
    return Account(options=options, credential=Credential())


def built(call: Call, input: JSONObject, options: Mapping[str, JSON] | None = None) -> Request:
    return build(call, input, account(**(options or {})))


def test_input_is_split_into_path_query_and_body() -> None:
    call = send("PUT", "/contacts/{id}/notes/{note}", query=("notify",), headers=(("version", "3"),))
    request = built(call, {"id": "a b/c?", "note": 7, "notify": True, "text": "hi", "n": None})
    assert request.method == "PUT"
    assert request.url == "/contacts/a%20b%2Fc%3F/notes/7"
    assert request.query == (("notify", "true"),)
    assert request.headers == (("content-type", "application/json"), ("version", "3"))
    assert request.body is not None
    assert loads(request.body) == {"text": "hi", "n": None}


def test_read_sends_no_body() -> None:
    request = built(get("/x", query=("a",)), {"a": "1"})
    assert request.body is None
    assert request.headers == ()


def test_write_without_further_fields_sends_an_empty_object() -> None:
    assert built(send("POST", "/x/{id}"), {"id": "1"}).body == b"{}"
    assert built(send("DELETE", "/x/{id}", body=False), {"id": "1"}).body is None


@pytest.mark.parametrize("value", [None, "", ".", "..", True, 1.5, [], {}])
def test_value_that_would_lead_to_another_path_is_refused(value: JSON) -> None:
    with pytest.raises(MappingError) as caught:
        built(get("/contacts/{contactId}"), {"contactId": value})
    assert caught.value.field == "contactId"


@pytest.mark.parametrize("value", ["../x", "%2e%2e", "a/../b", "#", "?x=1", "\\", "é", "a\nb"])
def test_anything_else_stays_one_path_segment(value: str) -> None:
    request = built(get("/contacts/{id}/notes"), {"id": value})
    segments = request.url.split("/")
    assert len(segments) == 4
    assert not set(segments[2]) & set("/?#\\\n")
    assert segments[2] not in (".", "..")


def test_item_with_a_comma_in_a_list_with_commas_is_refused_and_an_empty_one_left_out() -> None:
    call = replace(get("/cards", query=("ids",)), commas=("ids",))
    assert build(call, {"ids": ["a", "b c"]}, Account(options={}, credential=Credential())).query == (("ids", "a,b c"),)
    assert build(call, {"ids": []}, Account(options={}, credential=Credential())).query == ()
    with pytest.raises(MappingError) as caught:
        build(call, {"ids": ["a", "b,c"]}, Account(options={}, credential=Credential()))
    assert caught.value.field == "ids"


def test_list_stands_in_a_path_or_header_with_commas_where_the_vendor_takes_one() -> None:
    call = replace(get("/cards/{ids}"), commas=("ids", "x-fields"), header_inputs=("x-fields",))
    request = built(call, {"ids": ["a/b", 2, "c,d"], "x-fields": ["name", "size"]})
    assert request.url == "/cards/a%2Fb,2,c%2Cd"
    assert request.headers == (("x-fields", "name,size"),)
    empties: list[JSON] = [[], [""], ["a", None]]
    for empty in empties:
        with pytest.raises(MappingError, match="ids"):
            built(call, {"ids": empty})


def test_list_in_the_query_repeats_its_name() -> None:
    request = built(
        get("/x", query=("ids", "on", "off", "n", "gone")), {"ids": ["a", None, 2], "on": True, "off": False, "n": 1.5, "gone": None}
    )
    assert request.query == (("ids", "a"), ("ids", "2"), ("on", "true"), ("off", "false"), ("n", "1.5"))


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}], [[1]]])
def test_query_value_with_parts_is_refused(value: JSON) -> None:
    with pytest.raises(MappingError) as caught:
        built(get("/x", query=("where",)), {"where": value})
    assert caught.value.field == "where"


def test_value_is_never_repeated_in_an_error() -> None:
    with pytest.raises(MappingError) as caught:
        built(get("/x", query=("where",)), {"where": {"card": "4111111111111111"}})
    assert "4111" not in str(caught.value)


def test_left_out_input_comes_from_the_options() -> None:
    call = send("POST", "/x", options={"locationId": "location"})
    assert fill_in(call, {}, account(location="L1")) == {"locationId": "L1"}
    assert fill_in(call, {"locationId": None}, account(location="L1")) == {"locationId": "L1"}
    assert fill_in(call, {"locationId": "mine"}, account(location="L1")) == {"locationId": "mine"}
    assert fill_in(call, {}, account()) == {}


def test_defaults_say_what_the_vendor_wants_said_every_time() -> None:
    call = Call(
        method="GET",
        path="/x",
        query=("altId", "altType", "limit"),
        options={"altId": "location"},
        defaults={"altType": "location", "limit": 100},
    )
    assert fill_in(call, {"limit": 5}, account(location="L1")) == {"limit": 5, "altId": "L1", "altType": "location"}
    assert built(call, {}, {"location": "L1"}).query == (("altId", "L1"), ("altType", "location"), ("limit", "100"))


def test_input_is_left_as_it_was() -> None:
    input: JSONObject = {"id": "1", "q": "x", "body": {"a": [1]}}
    built(send("POST", "/x/{id}", query=("q",), options={"l": "l"}), input, {"l": "L"})
    assert input == {"id": "1", "q": "x", "body": {"a": [1]}}


def test_query_is_encoded_for_every_server() -> None:
    request = Request(method="GET", url="/x?a=1", query=(("phone", "+1 2"), ("ids[]", "a&b")))
    assert full_url(request, "https://h.example/v1/") == "https://h.example/v1/x?a=1&phone=%2B1%202&ids%5B%5D=a%26b"


def test_path_needs_a_base() -> None:
    with pytest.raises(ValueError, match="base"):
        full_url(Request(method="GET", url="/x"), "")


def test_file_in_no_base64_is_named() -> None:
    call = Call(method="POST", path="/files", body=True, content="multipart/form-data")
    for content in ("no base64", "🌵"):
        with pytest.raises(MappingError) as caught:
            built(call, {"photo": {"base64": content}})
        assert caught.value.field == "photo.base64"
