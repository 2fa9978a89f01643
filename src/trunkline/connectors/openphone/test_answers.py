"""What the vendor's refusals mean, in the shapes of both surfaces and of the gateway."""

from dataclasses import replace

import pytest

from trunkline.connect.answers import explain
from trunkline.connectors.openphone import connector
from trunkline.connectors.openphone.fake import NUMBER
from trunkline.connectors.openphone.fake_workspace import call, operation, workspace
from trunkline.model.connection import Credential
from trunkline.model.errors import ReconnectError, RejectedError, UnavailableError
from trunkline.model.http import Response
from trunkline.model.json import JSONObject, dumps


@pytest.mark.parametrize(
    ("status", "code", "means", "hint"),
    [
        (400, "0206400", RejectedError, "registration"),
        (400, "0801400", RejectedError, "custom field"),
        (401, "0800401", ReconnectError, "Bearer"),
        (402, "0201402", ReconnectError, "plan"),
        (403, "0202403", RejectedError, "userId"),
        (403, "0204403", UnavailableError, "daily cap"),
        (400, "0101400", RejectedError, "group call"),
        (400, "0305400", RejectedError, "webhooks.list"),
        (402, "0600402", RejectedError, "open tasks"),
        (403, "1001403", RejectedError, "member"),
        (409, "0800409", RejectedError, "contacts.upsert"),
    ],
)
async def test_code_says_what_happens_next(status: int, code: str, means: type[Exception], hint: str) -> None:
    async with workspace() as (session, vendor):
        vendor.next(status=status, body={"message": "no", "code": code, "status": status, "title": "No", "docs": ""})
        with pytest.raises(means) as caught:
            await call(session, "messages.send", {"content": "Hello", "from": NUMBER, "to": ["+15555550101"]})
        assert hint in getattr(caught.value, "hint", "")


async def test_key_with_bearer_in_front_is_refused() -> None:
    async with workspace() as (session, vendor):
        account = replace(session.account, credential=Credential({"token": f"Bearer {vendor.token}"}))
        with pytest.raises(ReconnectError):
            await replace(session, account=account).call(operation("phone_numbers.list"), {})


def test_explanation_names_places_and_novalues() -> None:
    problem: JSONObject = {"path": "/defaultFields/emails/0", "message": "Expected object", "value": "secret@example.com"}
    body: JSONObject = {"title": "Bad Request", "message": "Validation failed", "errors": [problem]}
    told = explain(Response(status=400, headers={}, body=dumps(body)), connector)
    assert told == "Bad Request: Validation failed (at /defaultFields/emails/0)"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error": {"message": "Key unknown", "key": "auth.unknown", "trace": "t"}}', "Key unknown"),
        (b"<html>Bad gateway</html>", "an HTML page instead of JSON"),
        (b"", ""),
        (b'["odd"]', ""),
    ],
)
def test_gateway_and_strange_answers_are_explained(body: bytes, told: str) -> None:
    assert explain(Response(status=502, headers={}, body=body), connector) == told


def test_quota_headers_are_read() -> None:
    assert connector.quota is not None
    told = connector.quota({"ratelimit": '"per-second"; r=9; t=1', "ratelimit-policy": '"per-second"; q=10; w=1'})
    assert told is not None
    assert (told.calls, told.per_s, told.remaining, told.reset_s) == (10, 1, 9, 1)
    assert connector.quota({}) is None
    assert connector.quota({"ratelimit": "nonsense"}) is None


async def test_expired_subscription_pauses_the_connection() -> None:
    async with workspace() as (session, vendor):
        vendor.subscription = "expired"
        with pytest.raises(ReconnectError) as caught:
            await call(session, "messages.send", {"content": "Hello", "from": NUMBER, "to": ["+15555550101"]})
        assert "plan" in caught.value.hint


async def test_dated_refusal_without_a_code_is_judged_by_its_status() -> None:
    async with workspace() as (session, vendor):
        with pytest.raises(RejectedError) as caught:
            await call(session, "messages.retry", {"messageId": "ACfake0001"})
        assert caught.value.status == 422
        assert "Message cannot be retried" in caught.value.message
        vendor.next(status=402, body={"title": "Payment Required", "message": "Lapsed", "docs": ""})
        with pytest.raises(ReconnectError):
            await call(session, "organization.get", {})


async def test_too_many_open_tasks_are_told_apart_from_a_lapsed_plan() -> None:
    async with workspace() as (session, vendor):
        vendor.tasks.most_open = 1
        task: JSONObject = {"title": "One more", "description": "", "conversationId": "CN15555550101"}
        with pytest.raises(RejectedError) as caught:
            await call(session, "tasks.create", task)
        assert "open tasks" in caught.value.hint
