"""The conformance suite for Slack, and what only Slack does."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

import pytest

from trunkline.connect.asking import Asker
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.grants import answered, authorize_address
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connect.sign_in import sign_in_of
from trunkline.connect.tokens import Tokens
from trunkline.connectors.slack import blocks, connector
from trunkline.connectors.slack.connector import OAUTH
from trunkline.connectors.slack.events import handshake, split, verify
from trunkline.connectors.slack.fake import FakeSlack
from trunkline.connectors.slack.posting import post
from trunkline.model.clock import SECOND, SystemClock, later
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import (
    ConfigError,
    MappingError,
    OutcomeUnknownError,
    RateLimitedError,
    ReconnectError,
    RejectedError,
    RemoteError,
    UnavailableError,
    WebhookError,
)
from trunkline.model.http import Delivery, Response
from trunkline.model.ids import ConnectionId
from trunkline.model.json import JSON, JSONObject, as_list, as_object, dumps
from trunkline.testing.conformance import Paging, Scenarios, conformance
from trunkline.testing.oauth import MemoryGrants
from trunkline.testing.vendor import serving


def _channels(vendor: FakeSlack) -> None:
    for number in range(9):
        id = f"C1{number:09d}"
        vendor.channels[id] = {"id": id, "name": f"n{number}", "is_archived": False, "members": []}


def _messages(vendor: FakeSlack) -> None:
    for number in range(9):
        vendor.say("C0000000002", {"text": f"Number {number}", "user": "U0000000001"})


def _people(vendor: FakeSlack) -> None:
    for number in range(9):
        id = f"U1{number:09d}"
        vendor.people[id] = {"id": id, "name": f"p{number}", "deleted": False, "profile": {"email": f"p{number}@example.com"}}
    vendor.channels["C0000000002"]["members"] = [*vendor.people]


TestSlack = conformance(
    connector,
    fake=FakeSlack,
    scenarios=Scenarios(
        read="channels.list",
        write="messages.update",
        pages=(
            Paging(operation="channels.list", size="limit", fill=_channels),
            Paging(operation="channels.list_members", size="limit", fill=_people, input={"channel": "C0000000002"}),
            Paging(operation="users.list", size="limit", fill=_people),
            Paging(operation="messages.list", size="limit", fill=_messages, input={"channel": "C0000000002"}),
            Paging(
                operation="messages.list_replies",
                size="limit",
                fill=_messages,
                input={"channel": "C0000000002", "ts": "1763722800.000200"},
            ),
        ),
        without_secret=Account(options={}, credential=Credential({"token": "xoxb-token"})),
    ),
)


@asynccontextmanager
async def workspace(account: Account | None = None) -> AsyncGenerator[tuple[Session, FakeSlack]]:
    vendor, clock = FakeSlack(), SystemClock()
    vendor.seed()
    async with serving(vendor) as base_url, Client() as client:
        session = Session(
            connector=connector,
            account=account or vendor.account(),
            client=client,
            budget=Budget((), clock),
            memory=Memory(clock),
            clock=clock,
            base_url=base_url,
        )
        yield session, vendor


def operation(id: str):
    return next(one for one in connector.operations if one.id == id)


HOOKED = Account(options={}, credential=Credential({"webhook_url": "/services/T00000001/B00000001/hookhookhookhookhookhook"}))


async def test_incoming_webhook_posts_without_a_token() -> None:
    async with workspace(HOOKED) as (session, vendor):
        assert await session.call(operation("messages.send"), {"text": "hi", "thread_ts": "1.2"}) == {"ok": True}
        assert vendor.hooked == [{"text": "hi", "thread_ts": "1.2"}]
        assert "authorization" not in vendor.calls[0].headers


async def test_templates_work_through_an_incoming_webhook() -> None:
    async with workspace(HOOKED) as (session, vendor):
        await session.call(operation("messages.send_alert"), {"level": "error", "title": "Down"})
        assert as_list(vendor.hooked[0]["blocks"])


async def test_direct_message_finds_the_person_and_opens_the_conversation() -> None:
    async with workspace() as (session, vendor):
        answer = as_object(await session.call(operation("messages.send_direct"), {"email": "ben@example.com", "text": "hi"}))
        assert answer["channel"] == "D0000000002"
        assert vendor.messages[-1]["text"] == "hi"


@pytest.mark.parametrize(
    ("error", "means"),
    [
        ("invalid_auth", ReconnectError),
        ("token_revoked", ReconnectError),
        ("missing_scope", RejectedError),
        ("ratelimited", RateLimitedError),
        ("rate_limited", RateLimitedError),
        ("service_unavailable", UnavailableError),
        ("fatal_error", OutcomeUnknownError),
        ("internal_error", OutcomeUnknownError),
        ("channel_not_found", RejectedError),
        ("anything_new", RejectedError),
    ],
)
async def test_success_status_with_an_error_is_an_error(error: str, means: type[RemoteError]) -> None:
    async with workspace() as (session, vendor):
        vendor.next(status=200, body={"ok": False, "error": error, "needed": "chat:write"})
        with pytest.raises(means) as caught:
            await session.call(operation("messages.send"), {"channel": "C0000000001", "text": "hi"})
        assert error in caught.value.message
        assert type(caught.value) is means


@pytest.mark.parametrize(
    ("status", "text", "means"),
    [
        (404, "no_service", ReconnectError),
        (403, "invalid_token", ReconnectError),
        (403, "no_active_hooks", ReconnectError),
        (400, "invalid_payload", RejectedError),
        (403, "action_prohibited", RejectedError),
        (404, "channel_not_found", RejectedError),
        (410, "channel_is_archived", RejectedError),
        (500, "rollup_error", OutcomeUnknownError),
    ],
)
async def test_plain_text_of_an_incoming_webhook_is_understood(status: int, text: str, means: type[RemoteError]) -> None:
    async with workspace(HOOKED) as (session, vendor):
        vendor.next(status=status, body=text)
        with pytest.raises(means) as caught:
            await session.call(operation("messages.send"), {"text": "hi"})
        assert text in caught.value.message


def test_message_without_content_is_refused_before_it_is_sent() -> None:
    with pytest.raises(MappingError) as caught:
        post({"channel": "C1"}, FakeSlack().account())
    assert caught.value.field == "text"


def test_channel_is_needed_with_a_token_only() -> None:
    with pytest.raises(MappingError) as caught:
        post({"text": "x"}, FakeSlack().account())
    assert caught.value.field == "channel"
    with pytest.raises(MappingError) as caught:
        post({"text": "x", "username": "me"}, HOOKED)
    assert caught.value.field == "username"


@pytest.mark.parametrize(
    "hook", ["https://evil.example/services/x", "http://hooks.slack.com/services/x", "https://hooks.slack.com.evil.example/"]
)
def test_hook_must_be_slacks_own(hook: str) -> None:
    with pytest.raises(ConfigError):
        post({"text": "x"}, Account(options={}, credential=Credential({"webhook_url": hook})))


def test_connection_without_any_secret_says_what_is_missing() -> None:
    with pytest.raises(ConfigError):
        post({"text": "x"}, Account(options={}, credential=Credential()))


def test_values_cannot_mention_a_channel() -> None:
    made = dumps(blocks.card({"title": "x", "text": "<!channel> & <@U1>", "fields": {"<!here>": "<!everyone>"}})).decode()
    assert "<!" not in made
    assert "&lt;!channel&gt; &amp; &lt;@U1&gt;" in made


def test_long_list_is_counted_and_fits_the_limits() -> None:
    items: list[JSON] = [{"title": "t" * 400, "text": "x" * 900, "url": "https://e.example/?a=>|"} for _ in range(60)]
    made = blocks.listing({"title": "y" * 150, "items": items})
    assert len(made) <= 50
    assert all(len(str(as_object(as_object(block).get("text")).get("text"))) <= 3000 for block in made)
    assert "and 20 more" in dumps(made).decode()
    assert blocks.listing({"title": "t", "items": []})[1] == {"type": "section", "text": {"type": "mrkdwn", "text": "_none_"}}


@pytest.mark.parametrize("id", ["messages.send_card", "messages.send_alert", "messages.send_list"])
@pytest.mark.parametrize("letter", ["x", "&", "<", "é", "😀"])
async def test_longest_valid_input_is_taken_by_slack(id: str, letter: str) -> None:
    address = f"https://e.example/{'x' * 1900}"
    buttons: list[JSON] = [{"text": letter * 75, "url": address}] * 5
    items: list[JSON] = [{"title": letter * 900, "text": letter * 900, "url": address}] * 200
    longest: dict[str, JSONObject] = {
        "messages.send_card": {
            "title": letter * 150,
            "text": letter * 3000,
            "fields": {f"{letter * 900}{number}": letter * 3000 for number in range(100)},
            "buttons": buttons,
            "footer": letter * 2000,
        },
        "messages.send_alert": {"level": "error", "title": letter * 140, "text": letter * 3000, "next_step": letter * 1000},
        "messages.send_list": {
            "title": letter * 150,
            "items": items,
            "footer": letter * 2000,
        },
    }
    async with workspace() as (session, vendor):
        await session.call(operation(id), {"channel": "C0000000001", **longest[id]})
        said = dumps(vendor.messages[-1]["blocks"]).decode()
    marked = re.findall(r'"type":"mrkdwn","text":"([^"]*)"', said)
    assert marked
    assert not any(re.search(r"&(?!amp;|lt;|gt;)", words) for words in marked), "nothing that was escaped is cut in two"


@pytest.mark.parametrize("url", ["!channel", "@U0000000001", "#C0000000001", "javascript:alert(1)", "https://e.example/ <!here>", ""])
@pytest.mark.parametrize("id", ["messages.send_card", "messages.send_alert", "messages.send_list"])
async def test_address_cannot_mention_anybody(id: str, url: str) -> None:
    inputs: dict[str, JSONObject] = {
        "messages.send_card": {"title": "t", "buttons": [{"text": "x", "url": url}]},
        "messages.send_alert": {"level": "info", "title": "t", "url": url},
        "messages.send_list": {"title": "t", "items": [{"title": "x", "url": url}]},
    }
    async with workspace() as (session, vendor):
        with pytest.raises(MappingError):
            await session.call(operation(id), {"channel": "C0000000001", **inputs[id]})
        assert not vendor.calls


@pytest.mark.parametrize(
    ("id", "input", "field"),
    [
        ("messages.send", {"text": "x", "blocks": [{"type": "divider"}] * 51}, "blocks"),
        ("messages.send", {"text": "x" * 40_001}, "text"),
        ("messages.send_card", {"title": ""}, "title"),
        ("messages.send_card", {"title": "x" * 151}, "title"),
        ("messages.send_card", {"title": "t", "fields": {str(number): 1 for number in range(101)}}, "fields"),
        ("messages.send_card", {"title": "t", "buttons": [{"text": "x" * 76, "url": "https://e.example"}]}, "buttons.0.text"),
    ],
)
async def test_more_than_slack_takes_is_refused_before_it_is_sent(id: str, input: JSONObject, field: str) -> None:
    async with workspace() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await session.call(operation(id), {"channel": "C0000000001", **input})
        assert caught.value.field == field
        assert not vendor.calls


def test_many_fields_are_spread_over_sections() -> None:
    made = blocks.card({"title": "t", "fields": {f"n{number}": number for number in range(23)}})
    assert [len(as_list(as_object(block).get("fields"))) for block in made[1:]] == [10, 10, 3]


def _delivery(body: JSONObject, *, age_s: float = 0) -> tuple[Delivery, Account]:
    vendor, raw = FakeSlack(), dumps(body)
    now = SystemClock().now()
    headers = dict(vendor.sign(raw, at=now / SECOND - age_s))
    return Delivery(headers=headers, body=raw, query={}, received_at=now), vendor.account()


def test_published_vector_of_the_signature_holds() -> None:
    """Slack's own worked example of the scheme."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
        b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    account = Account(options={}, credential=Credential({"signing_secret": "8f742231b10e8888abcd99yyyzzz85a5"}))
    at = later(SystemClock().now(), 0)
    with pytest.raises(WebhookError) as caught:
        verify(Delivery(headers=headers, body=body, query={}, received_at=at), account)
    assert caught.value.reason == "stale", "the signature itself is good; only its time is long past"


def test_delivery_of_another_workspace_is_refused() -> None:
    delivery, account = _delivery({"type": "event_callback", "team_id": "T2", "event": {"type": "message"}})
    with pytest.raises(WebhookError) as caught:
        verify(delivery, replace(account, options={"team": "T1"}))
    assert caught.value.reason == "unknown"


def test_challenge_is_given_back_when_slack_signed_it() -> None:
    delivery, account = _delivery({"type": "url_verification", "challenge": "3eZbrw1aB", "token": "old"})
    answer = handshake(delivery, account)
    assert answer is not None
    assert (answer.status, answer.body) == (200, b'{"challenge":"3eZbrw1aB"}')
    for spoiled in (replace(delivery, headers={}), replace(delivery, body=delivery.body + b" ")):
        with pytest.raises(WebhookError):
            handshake(spoiled, account)
    with pytest.raises(ConfigError):
        handshake(delivery, Account(options={}, credential=Credential()))


def test_event_is_no_handshake_whatever_it_speaks_of() -> None:
    delivery, account = _delivery({"type": "event_callback", "event": {"type": "message", "text": "url_verification"}, "challenge": "x"})
    assert handshake(delivery, account) is None
    plain, _ = _delivery({"type": "event_callback", "event": {"type": "message"}})
    assert handshake(replace(plain, headers={}), account) is None, "left to the proof"


def test_what_is_no_event_says_nothing() -> None:
    delivery, _ = _delivery({})
    assert split({"type": "app_rate_limited"}, delivery) == ()
    assert split({"type": "event_callback"}, delivery) == ()


@pytest.mark.parametrize("message", [{"bot_id": "B1"}, {"subtype": "message_changed"}, {"subtype": "channel_join"}])
def test_messages_of_bots_and_edits_start_no_flow(message: JSONObject) -> None:
    trigger = next(one for one in connector.triggers if one.id == "messages.received")
    assert trigger.payload is not None
    assert trigger.payload({"type": "message", "text": "x", "channel": "C1", "ts": "1.1", **message}) is None
    assert cast(JSONObject, trigger.payload({"type": "message", "text": "x", "channel": "C1", "ts": "1.1"}))["text"] == "x"


async def test_app_that_somebody_signed_in_with_posts_like_a_bot_token() -> None:
    async with workspace() as (session, vendor):
        assert vendor.sign_in is not None
        account = vendor.sign_in.account(vendor.account().options)
        oauth = sign_in_of(connector, account)
        assert oauth is not None
        grants, clock = MemoryGrants(session.clock), session.clock
        grants.put(ConnectionId("c"), vendor.sign_in.grant())
        asker = Asker(
            connector=connector,
            oauth=oauth,
            account=account,
            client=session.client,
            clock=clock,
            budget=session.budget,
            base_url=session.base_url,
        )
        tokens = Tokens(connection=ConnectionId("c"), asker=asker, grants=grants, clock=clock)
        signed = replace(session, account=account, tokens=tokens)
        assert connector.check is not None
        assert as_object(await signed.call(connector.check, {}))["team"] == "Palmer"
        await signed.call(operation("messages.send"), {"channel": "C0000000001", "text": "Signed in"})
        assert vendor.messages[-1]["text"] == "Signed in"


def test_address_asks_for_scopes_with_commas() -> None:
    account = Account(options={"scopes": "chat:write team:read"}, credential=Credential({"client_id": "1.2"}))
    address = authorize_address(OAUTH, account, OAUTH.authorize_url, redirect_uri="https://h.example/x", state="s", verifier="v")
    assert "scope=chat%3Awrite%2Cteam%3Aread" in address
    assert "code_challenge" not in address


async def test_answer_that_says_no_with_200_gives_no_tokens() -> None:
    body = Response(status=200, headers={"content-type": "application/json"}, body=b'{"ok":false,"error":"invalid_code"}')
    with pytest.raises(ReconnectError) as caught:
        answered(body, OAUTH, connector, now=SystemClock().now())
    assert "invalid_code" in caught.value.message
