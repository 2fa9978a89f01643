"""The simulated workspace is as strict as the vendor."""

import pytest

from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.connectors.openphone.fake_workspace import ADA
from trunkline.model.http import Pairs, Request, Response
from trunkline.model.json import JSONObject, as_list, as_object, dumps
from trunkline.testing.direct import ask

VERSION: Pairs = (("quo-api-version", "2026-03-30"),)


def _vendor() -> FakeOpenPhone:
    vendor = FakeOpenPhone()
    vendor.limits = ()
    vendor.seed()
    return vendor


async def _ask(
    vendor: FakeOpenPhone, key: str, *, headers: Pairs = (), token: str | None = None, body: JSONObject | None = None
) -> Response:
    method, url = key.split(" ")
    sent = (("authorization", vendor.token if token is None else token), *headers)
    if body is not None:
        sent = (*sent, ("content-type", "application/json"))
    return await ask(vendor, Request(method=method, url=url, headers=sent, body=None if body is None else dumps(body)))


@pytest.mark.parametrize(
    ("key", "headers", "place"),
    [
        ("GET /v1/contacts", (), "/maxResults"),
        ("GET /v1/contacts?maxResults=51", (), "/maxResults"),
        ("GET /v1/calls?phoneNumberId=PN1&maxResults=5&participants=a&participants=b", (), "/participants"),
        ("GET /calls", (), "/quo-api-version"),
        ("GET /calls", (("quo-api-version", "2025-01-01"),), "/quo-api-version"),
        ("GET /calls?createdAt[gt]=2026-01-01T00:00:00Z", VERSION, "/createdAt[gt]"),
        ("GET /messages?createdAt[gte]=2026-01-01T00:00:00Z", VERSION, "/createdAt[gte]"),
        ("GET /conversations?updatedAt[gt]=2026-01-01T00:00:00Z", VERSION, "/updatedAt[gt]"),
        ("GET /messages?sort=createdAt:asc", VERSION, "/sort"),
    ],
)
async def test_request_the_vendor_refuses_is_refused(key: str, headers: Pairs, place: str) -> None:
    answer = await _ask(_vendor(), key, headers=headers)
    told = as_object(answer.json())
    assert answer.status == 400
    assert [as_object(problem)["path"] for problem in as_list(told["errors"])] == [place]
    assert ("code" in told) is ("/v1" in key), "only v1 has codes"


async def test_bearer_in_front_of_the_key_is_refused_by_the_gateway() -> None:
    vendor = _vendor()
    answer = await _ask(vendor, "GET /v1/phone-numbers", token=f"Bearer {vendor.token}")
    assert answer.status == 401
    assert "key" in as_object(as_object(answer.json())["error"])


async def test_patch_of_v1_wipes_the_lists_it_leaves_out_and_that_of_the_dated_surface_does_not() -> None:
    company: JSONObject = {"company": "Palmer"}
    cases: tuple[tuple[str, Pairs, JSONObject, int], ...] = (
        (f"PATCH /v1/contacts/{ADA}", (), {"defaultFields": company}, 0),
        (f"PATCH /contacts/{ADA}", VERSION, company, 1),
    )
    for key, headers, body, kept in cases:
        vendor = _vendor()
        answer = await _ask(vendor, key, headers=headers, body=body)
        assert answer.status == 200
        fields = as_object(vendor.book.get(ADA)["defaultFields"])
        assert (fields["company"], len(as_list(fields["phoneNumbers"]))) == ("Palmer", kept)
        assert vendor.mismatches == []


async def test_every_read_of_the_seeded_workspace_fits_its_description() -> None:
    vendor, filled = _vendor(), 0
    at_hand = {
        "id": {"contacts": ADA, "messages": "ACfake0001", "call-transcripts": "ACfake0010", "webhooks": "WHfake0001"},
        "contactId": ADA,
        "noteId": "note0001",
        "callId": "ACfake0010",
        "messageId": "ACfake0001",
        "taskId": "TKfake0001",
        "userId": "USfake0001",
        "phoneNumberId": "PNfake0001",
        "webhookId": "9000000001",
        "deliveryId": "WDfake0001",
    }
    asked = {"maxResults": "5", "phoneNumberId": "PNfake0001", "participants": "%2B15555550101"}
    for key in vendor.endpoints:
        endpoint = vendor.endpoints[key]
        if endpoint.method != "GET" or "voicemails" in key:
            continue
        path = endpoint.path
        for one in endpoint.parameters:
            value = at_hand.get(one.name)
            told = value.get(path.split("/")[2], "") if isinstance(value, dict) else value
            path = path.replace(f"{{{one.name}}}", str(told))
        query = "&".join(f"{one.name}={asked[one.name]}" for one in endpoint.parameters if one.place == "query" and one.required)
        answer = await _ask(vendor, f"GET {path}?{query}", headers=tuple(endpoint.headers.items()))
        assert answer.status == 200, (key, answer.body)
        filled += 1
    assert filled > 35
    assert vendor.mismatches == []
