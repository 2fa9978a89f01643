"""Subscriptions: made after a handshake, kept alive, taken back when half of them would be deaf."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from trunkline.connect.session import Session
from trunkline.connectors.ringcentral import connector
from trunkline.connectors.ringcentral.fake import FakeRingCentral
from trunkline.connectors.ringcentral.operations.subscriptions import KEEP
from trunkline.connectors.ringcentral.webhook import TOKEN, handshake, verify
from trunkline.model.clock import SystemClock, iso, later
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ConfigError, MappingError, RejectedError, WebhookError
from trunkline.model.http import Delivery
from trunkline.model.json import JSONObject, as_list, as_object, dumps
from trunkline.testing.vendor import serving

BY_ID = {operation.id: operation for operation in connector.operations}
VOICEMAIL = "/restapi/v1.0/account/~/extension/~/voicemail"
CALLS = "/restapi/v1.0/account/~/telephony/sessions"
WANTED: JSONObject = {"address": "https://hub.example/hooks/here", "eventFilters": [VOICEMAIL, CALLS]}


def delivery(headers: Mapping[str, str], body: bytes = b"") -> Delivery:
    return Delivery(headers=headers, body=body, query={}, received_at=SystemClock().now())


@asynccontextmanager
async def address(vendor: FakeRingCentral, *, answer: str = "good") -> AsyncGenerator[str]:
    """A hub that answers as ours does, or badly; what it is told goes through the connector's own proof."""

    async def hub(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        told = delivery(dict(request.headers), await request.body())
        shaken = handshake(told, vendor.account())
        if shaken is not None:
            headers = dict(shaken.headers)
            if answer == "forgetful":
                headers = {}
            elif answer == "chatty":
                headers["x-powered-by"] = "x" * 1100
            await Response(shaken.body, status_code=shaken.status, headers=headers)(scope, receive, send)
            return
        verify(told, vendor.account())
        await Response(status_code=500 if answer == "broken" else 200)(scope, receive, send)

    async with serving(hub) as url:
        yield f"{url}/hooks/a"


async def test_subscription_is_made_after_a_handshake_and_deliveries_come_with_our_token(session: Session, vendor: FakeRingCentral) -> None:
    async with address(vendor) as url:
        await session.call(BY_ID["subscriptions.create"], {"address": url, "eventFilters": [VOICEMAIL]})
        vendor.receive_voicemail("+15555550101")
        await vendor.webhooks.settled()
    assert [sent.status for sent in vendor.webhooks.log] == [200]
    assert as_object(vendor.calls_to("POST */subscription")[0].json())["deliveryMode"] == {
        "transportType": "WebHook",
        "address": url,
        "verificationToken": session.account.credential[TOKEN],
    }


@pytest.mark.parametrize(("answer", "code"), [("forgetful", "SUB-520"), ("chatty", "SUB-525")])
async def test_address_that_answers_badly_is_refused_with_a_next_step(
    session: Session, vendor: FakeRingCentral, answer: str, code: str
) -> None:
    async with address(vendor, answer=answer) as url:
        with pytest.raises(RejectedError) as caught:
            await session.call(BY_ID["subscriptions.create"], {"address": url, "eventFilters": [VOICEMAIL]})
    assert code in caught.value.message
    assert "HTTPS" in caught.value.hint


async def test_address_nobody_answers_at_is_refused(session: Session) -> None:
    with pytest.raises(RejectedError) as caught:
        await session.call(BY_ID["subscriptions.create"], {"address": "http://127.0.0.1:1/hooks/a", "eventFilters": [VOICEMAIL]})
    assert "SUB-521" in caught.value.message


async def test_half_a_subscription_is_taken_back_and_its_filters_named(session: Session, vendor: FakeRingCentral) -> None:
    vendor.refused_filters[CALLS] = "CallControl is missing"
    before = set(vendor.subscriptions)
    with pytest.raises(MappingError) as caught:
        await session.call(BY_ID["subscriptions.create"], WANTED)
    assert caught.value.field == "eventFilters"
    assert f"{CALLS}: CallControl is missing" in caught.value.message
    assert set(vendor.subscriptions) == before


async def test_nothing_is_subscribed_without_a_token_to_prove_deliveries(session: Session, vendor: FakeRingCentral) -> None:
    session.account = Account(options={}, credential=Credential({"token": vendor.token}))
    with pytest.raises(ConfigError) as caught:
        await session.call(BY_ID["subscriptions.create"], WANTED)
    assert caught.value.place == TOKEN
    assert vendor.calls == []


# ── kept alive ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def did(session: Session, **changes: object) -> str:
    return str(as_object(await session.call(KEEP, {**WANTED, **changes}))["did"])  # pyright: ignore[reportArgumentType]  # JSON all the same


def ours(vendor: FakeRingCentral) -> list[JSONObject]:
    return [one for one in vendor.subscriptions.values() if as_object(one["deliveryMode"])["address"] == WANTED["address"]]


async def test_subscription_is_made_once_and_left_alone_while_it_is_well(session: Session, vendor: FakeRingCentral) -> None:
    assert [await did(session) for _ in range(3)] == ["created", "nothing", "nothing"]
    assert len(ours(vendor)) == 1
    assert VOICEMAIL not in as_list(ours(vendor)[0]["eventFilters"]), "the vendor put ids in place of ~, and it is known again"


async def test_subscription_is_renewed_a_day_before_its_end(session: Session, vendor: FakeRingCentral) -> None:
    await did(session)
    ours(vendor)[0]["expirationTime"] = iso(later(SystemClock().now(), 23 * 3600))
    assert await did(session) == "renewed"
    assert await did(session) == "nothing"


async def test_other_filters_are_changed_in_place(session: Session, vendor: FakeRingCentral) -> None:
    await did(session)
    id = ours(vendor)[0]["id"]
    assert await did(session, eventFilters=[CALLS]) == "changed"
    assert [one["id"] for one in ours(vendor)] == [id]
    vendor.refused_filters[VOICEMAIL] = "ReadMessages is missing"
    with pytest.raises(MappingError):
        await did(session, eventFilters=[VOICEMAIL])


async def test_blacklisted_subscription_is_deleted_and_made_anew(session: Session, vendor: FakeRingCentral) -> None:
    await did(session)
    ours(vendor)[0]["status"] = "Blacklisted"
    before = ours(vendor)[0]["id"]
    assert await did(session) == "replaced"
    assert [one["id"] != before for one in ours(vendor)] == [True]
    assert len(vendor.subscriptions) == 2, "that of somebody else is left alone"


async def test_address_that_fails_is_blacklisted_for_ever(session: Session, vendor: FakeRingCentral) -> None:
    async with address(vendor, answer="broken") as url:
        vendor.webhooks.tries = 1
        await session.call(BY_ID["subscriptions.create"], {"address": url, "eventFilters": [VOICEMAIL]})
        vendor.receive_voicemail("+15555550101")
        await vendor.webhooks.settled()
        vendor.blacklist_unreached()
    assert [one["status"] for one in vendor.subscriptions.values()] == ["Active", "Blacklisted"]
    assert url not in vendor.webhooks.urls


# ── the proof ────────────────────────────────────────────────────────────────────────────────────────────────────────

HUB = Account(options={}, credential=Credential({"token": "t", TOKEN: "ours-51c7"}))
EVENT = dumps({"uuid": "u1", "event": VOICEMAIL, "timestamp": "2026-11-20T09:30:00.512Z", "body": {}})


def test_handshake_gives_the_token_back_and_nothing_else() -> None:
    answer = handshake(delivery({"validation-token": "a1b2"}), HUB)
    assert answer is not None
    assert (answer.status, answer.headers, answer.body) == (200, (("validation-token", "a1b2"),), b"")
    assert handshake(delivery({}), HUB) is None


@pytest.mark.parametrize("token", ["", "x" * 513, "a\r\nset-cookie: b", "é"])
def test_token_that_is_none_is_not_given_back(token: str) -> None:
    with pytest.raises(WebhookError) as caught:
        handshake(delivery({"validation-token": token}), HUB)
    assert caught.value.reason == "malformed"


def test_delivery_with_its_token_in_either_header_is_taken_and_is_no_handshake() -> None:
    for name in ("verification-token", "validation-token"):
        told = delivery({name: "ours-51c7"}, EVENT)
        assert handshake(told, HUB) is None
        verified = verify(told, HUB)
        assert (verified.delivery_id, verified.sent_at) == ("u1", "2026-11-20T09:30:00.512Z")


def test_delivery_with_another_token_or_none_is_refused() -> None:
    for headers, reason in (({}, "unsigned"), ({"verification-token": "theirs"}, "mismatch"), ({"validation-token": "é"}, "mismatch")):
        with pytest.raises(WebhookError) as caught:
            verify(delivery(headers, EVENT), HUB)
        assert caught.value.reason == reason


def test_parts_of_a_call_are_not_put_in_order_by_their_time() -> None:
    body = dumps({"uuid": "u2", "event": "/restapi/v1.0/account/1/telephony/sessions", "timestamp": "2026-11-20T09:30:00Z", "body": {}})
    assert verify(delivery({"verification-token": "ours-51c7"}, body), HUB).sent_at is None
