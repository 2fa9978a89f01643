"""The conformance suite for HTTP, and what only HTTP does."""

from dataclasses import replace

import pytest

from trunkline.connect.anybody import record_key, split, verify
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import IdempotencyKey, repeat_of
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connect.sign_in import lacking, located
from trunkline.connect.signatures import hmac_sha256
from trunkline.connectors.http import connector
from trunkline.connectors.http.fake import FakeHTTP
from trunkline.connectors.http.proof import authenticate, in_query, sign_in
from trunkline.connectors.http.requests import answer, request_by
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ConfigError, MappingError, RejectedError, WebhookError
from trunkline.model.http import Delivery, Response
from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject
from trunkline.testing.conformance import Scenarios, conformance
from trunkline.testing.vendor import serving

TestHTTP = conformance(
    connector,
    fake=FakeHTTP,
    scenarios=Scenarios(
        read="fetch",
        write="request",
        any_body=True,
        without_secret=Account(options={"webhook_auth": "standard"}, credential=Credential()),
    ),
)

NOBODY = Account(options={}, credential=Credential())


def posted(**input: JSON) -> JSONObject:
    request = request_by("POST")({"url": "/x", **input}, NOBODY)
    return {
        "url": request.url,
        "method": request.method,
        "headers": [list(pair) for pair in request.headers],
        "body": (request.body or b"").decode(),
    }


def delivery(headers: dict[str, str], body: bytes = b'{"id": 7}', query: dict[str, str] | None = None) -> Delivery:
    return Delivery(headers=headers, body=body, query=query or {}, received_at=SystemClock().now())


def test_each_kind_of_body_brings_its_content_type() -> None:
    assert posted(json={"a": 1}) == {"url": "/x", "method": "POST", "headers": [["content-type", "application/json"]], "body": '{"a":1}'}
    assert posted(text="hé")["body"] == "hé"
    assert posted(form={"a": [1, True], "b": "x y"})["body"] == "a=1&a=true&b=x+y"
    assert posted()["body"] == ""


def test_own_content_type_wins() -> None:
    assert posted(json={}, headers={"Content-Type": "application/vnd.api+json"})["headers"] == [
        ["content-type", "application/vnd.api+json"]
    ]


@pytest.mark.parametrize(
    "url",
    [
        "//evil.example/x",
        "/\\evil.example",
        "/a/../b",
        "/a/%2e%2E/b",
        "ftp://x",
        "x",
        "",
        "https://x.example/a/../b",
        "/a\\..\\b",
        "file:///etc",
    ],
)
def test_address_that_leads_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(MappingError) as caught:
        posted(url=url)
    assert caught.value.field == "url"


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "trunkline-depth", "bad name", "x\r\ny", "", "ü"])
def test_header_that_is_not_the_flows_to_set_is_refused(name: str) -> None:
    with pytest.raises(MappingError) as caught:
        posted(headers={name: "1"})
    assert caught.value.field == f"headers.{name}"


@pytest.mark.parametrize("value", ["a\r\nb: c", "ü", None, {}, []])
def test_header_value_that_would_break_the_request_is_refused(value: JSON) -> None:
    with pytest.raises(MappingError):
        posted(headers={"x": value})


def test_two_bodies_are_one_too_many() -> None:
    with pytest.raises(MappingError) as caught:
        posted(json={}, form={})
    assert caught.value.field == "form"


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/json", b'{"a":1}', ({"a": 1}, "json")),
        ("application/json", b"oops", ("oops", "text")),
        ("text/html", "é".encode(), ("é", "text")),
        ("image/png", b"\xff\xfe", ("//4=", "base64")),
        ("text/plain", b"", (None, "none")),
    ],
)
def test_answer_is_given_in_the_best_form(content_type: str, body: bytes, expected: tuple[JSON, str]) -> None:
    seen = answer(Response(status=200, headers={"content-type": content_type}, body=body))
    assert isinstance(seen, dict)
    assert (seen["body"], seen["encoding"]) == expected


def test_credential_becomes_the_header_it_stands_for() -> None:
    assert authenticate(Credential()) == ()
    assert authenticate(Credential({"token": "t"})) == (("authorization", "Bearer t"),)
    assert authenticate(Credential({"username": "u", "password": "p"})) == (("authorization", "Basic dTpw"),)
    assert authenticate(Credential({"header": "X-Api-Key: k:1"})) == (("x-api-key", "k:1"),)
    with pytest.raises(ConfigError):
        authenticate(Credential({"header": "no colon"}))


def test_a_key_of_the_gateway_goes_along_with_the_proof_of_who_calls() -> None:
    both = Credential({"header": "X-Gateway: g", "token": "t"})
    assert authenticate(both) == (("x-gateway", "g"), ("authorization", "Bearer t"))
    assert authenticate(Credential({"header": "Authorization: Special s", "token": "t"})) == (("authorization", "Special s"),)


def test_key_in_the_query_is_the_pair_it_stands_for() -> None:
    assert in_query(Credential()) == ()
    assert in_query(Credential({"query": "api_key=a=b"})) == (("api_key", "a=b"),)
    with pytest.raises(ConfigError):
        in_query(Credential({"query": "only-a-key"}))


async def test_key_in_the_query_is_sent_to_the_connections_own_server_and_shown_nowhere() -> None:
    vendor = FakeHTTP()
    vendor.seed()
    key = "a-key-for-the-query"
    account = Account(options={}, credential=Credential({"query": f"api_key={key}", "token": vendor.token}))
    async with serving(vendor) as base_url, Client() as client:
        session = a_session(account, client, base_url)
        await session.call(connector.operations[1], {"url": "/things/1", "query": {"a": 1}})
        assert dict(vendor.calls[0].query) == {"a": "1", "api_key": key}
        vendor.next(status=400, body={"message": f"no such key: {key}"})
        with pytest.raises(RejectedError) as caught:
            await session.call(connector.operations[1], {"url": "/things/1"})
        assert key not in str(caught.value)


def a_session(account: Account, client: Client, base_url: str) -> Session:
    clock = SystemClock()
    return Session(
        connector=connector,
        account=account,
        client=client,
        budget=Budget((), clock),
        memory=Memory(clock),
        clock=clock,
        base_url=base_url,
    )


APP = Credential({"client_id": "c", "client_secret": "s"})


def test_owner_describes_the_authorization_server() -> None:
    options: JSONObject = {
        "token_url": "https://login.example/token",
        "client_auth": "body",
        "scopes": "a b",
        "pkce": False,
        "token_parameters": "audience=https%3A%2F%2Fapi.example&resource=r",
    }
    app = sign_in(Account(options=options, credential=APP))
    assert app is not None
    assert (app.grants, app.client_auth, app.pkce) == (("client_credentials",), "body", False)
    assert app.token_extra == (("audience", "https://api.example"), ("resource", "r"))
    person = sign_in(Account(options={**options, "authorize_url": "https://login.example/authorize"}, credential=APP))
    assert person is not None
    assert person.grants == ("authorization_code",)
    assert located(person.token_url, connector, "https://api.example/v2") == "https://login.example/token"


def test_connection_with_a_secret_of_its_own_signs_in_nowhere() -> None:
    where: JSONObject = {"token_url": "/token"}
    assert sign_in(NOBODY) is None
    assert sign_in(Account(options=where, credential=Credential({"token": "t"}))) is None
    without_app = Account(options=where, credential=Credential())
    assert [secret.name for secret in lacking(connector, without_app)] == ["client_id", "client_secret"]


@pytest.mark.parametrize("address", [None, "login.example", "ftp://x", "//evil.example/token", "https://user:pass@x/token", "https://x/#y"])
def test_address_of_an_authorization_server_that_is_none_is_refused(address: JSON) -> None:
    options: JSONObject = {} if address is None else {"token_url": address}
    with pytest.raises(ConfigError) as caught:
        sign_in(Account(options=options, credential=APP))
    assert caught.value.place == "token_url"


def test_repeat_is_harmless_only_where_the_owner_names_the_header() -> None:
    operation = connector.operations[0]
    assert repeat_of(operation, NOBODY) == "never"
    assert repeat_of(operation, Account(options={"idempotency_header": "x-key"}, credential=Credential())) == IdempotencyKey("x-key")


def test_token_is_the_default_proof() -> None:
    account = Account(options={}, credential=Credential({"webhook_token": "open-sesame"}))
    for headers in ({"x-webhook-token": "open-sesame"}, {"authorization": "Bearer open-sesame"}):
        assert verify(delivery({**headers, "x-delivery-id": "d1"}), account).delivery_id == "d1"
    refused(delivery({}), account, "unsigned")
    refused(delivery({"x-webhook-token": "open-sesamé"}), account, "mismatch")
    refused(delivery({"x-webhook-token": "x"}), NOBODY, "unsigned")


def test_plain_hmac_is_taken_in_hex_and_base64() -> None:
    account = Account(options={"webhook_auth": "hmac", "signature_header": "X-Sig"}, credential=Credential({"webhook_secret": "key"}))
    hexed = "9bc15eea2a6e0d4b4b5c3f8d4fbf3fd7a4b0d7a2c4a2c8e2c9f0d1b2a3c4d5e6"
    refused(delivery({"x-sig": hexed}), account, "mismatch")
    refused(delivery({}), account, "unsigned")
    # RFC 4231, test case 2
    good = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    body = b"what do ya want for nothing?"
    jefe = Account(options={"webhook_auth": "hmac"}, credential=Credential({"webhook_secret": "Jefe"}))
    for signature in (good, good.upper(), f"sha256={good}", "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="):
        assert verify(delivery({"x-signature": signature}, body), jefe).delivery_id == digest(body)
        hmac_sha256(b"Jefe", signature, body)


def test_what_no_signature_covers_makes_no_other_delivery_of_it() -> None:
    """Else whoever overheard one could send it again under another id."""
    jefe = Account(options={"webhook_auth": "hmac"}, credential=Credential({"webhook_secret": "Jefe"}))
    body = b"what do ya want for nothing?"
    signed = {"x-signature": "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="}
    ids = {verify(delivery({**signed, name: "another"}, body), jefe).delivery_id for name in ("webhook-id", "x-delivery-id", "x-other")}
    assert ids == {digest(body)}


def test_open_has_to_be_said() -> None:
    assert verify(delivery({}), Account(options={"webhook_auth": "open"}, credential=Credential())).delivery_id is None
    with pytest.raises(ConfigError):
        verify(delivery({}), Account(options={"webhook_auth": "opne"}, credential=Credential()))


def test_flow_sees_no_secret_of_the_sender() -> None:
    said = split({"id": 1}, delivery({"authorization": "x", "x-webhook-token": "y", "user-agent": "z"}, query={"a": "1", "api_key": "k"}))
    assert said[0].body == {"body": {"id": 1}, "headers": {"user-agent": "z"}, "query": {"a": "1"}}


@pytest.mark.parametrize(
    ("body", "query", "key"),
    [
        ({"id": "a"}, {}, "a"),
        ({"id": 5}, {}, "5"),
        ({"contact": {"id": "c"}}, {}, "c"),
        ({"id": "a", "order": {"id": "o"}}, {"record": "order.id"}, "o"),
    ],
)
def test_record_is_named_by_body_or_address(body: JSON, query: JSONObject, key: str) -> None:
    assert record_key({"body": body, "headers": {}, "query": query}) == key


def test_delivery_without_a_record_stands_for_itself() -> None:
    one: JSONObject = {"body": {"n": 1}}
    two: JSONObject = {"body": {"n": 2}}
    assert record_key(one) == record_key(dict(one)) != record_key(two)


def refused(arrived: Delivery, account: Account, reason: str) -> None:
    with pytest.raises(WebhookError) as caught:
        verify(replace(arrived), account)
    assert caught.value.reason == reason
