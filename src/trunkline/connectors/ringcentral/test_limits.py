"""Four budgets that wait for themselves only, and a penalty that nobody makes longer; errors say the next step."""

import pytest

from trunkline.connect.answers import explain, judge
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.memory import Memory
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.connectors.ringcentral import connector
from trunkline.connectors.ringcentral.connector import quota
from trunkline.connectors.ringcentral.facts import ENDPOINTS
from trunkline.connectors.ringcentral.fake import FakeRingCentral
from trunkline.model.clock import SECOND, SystemClock
from trunkline.model.errors import OutcomeUnknownError, RateLimitedError, ReconnectError, RejectedError, RemoteError, UnavailableError
from trunkline.model.http import Response
from trunkline.model.json import JSON, dumps
from trunkline.testing.clock import FakeClock
from trunkline.testing.vendor import serving

BY_ID = {operation.id: operation for operation in connector.operations}
HEAVY, LIGHT = BY_ID["call_log.user_get"], BY_ID["account.get"]


OF_EXTENSION = ("sms", "mms", "fax", "company-pager", "ring-out")


def response(status: int, body: JSON, headers: dict[str, str] | None = None) -> Response:
    return Response(status=status, headers=headers or {}, body=dumps(body))


def test_groups_are_the_descriptions() -> None:
    assert (HEAVY.group, LIGHT.group, BY_ID["sms.send"].group) == ("Heavy", "Light", "Medium")
    assert {(limit.group, limit.calls, limit.per_s) for limit in connector.limits} == {
        ("Light", 50, 60),
        ("Medium", 40, 60),
        ("Heavy", 10, 60),
        ("Auth", 5, 60),
    }


def test_every_call_about_contacts_and_the_call_log_is_heavy() -> None:
    heavy = [key for key in ENDPOINTS if "/address-book" in key or "/call-log" in key]
    assert {str(ENDPOINTS[key].facts.get("group")) for key in heavy if "/tasks/" not in key} == {"Heavy"}
    light = {"contacts.bulk_upload_task"}
    named = [one for one in connector.operations if one.id.startswith(("contacts.", "call_log.", "ringout.")) and one.id not in light]
    assert {one.group for one in named} == {"Heavy"}
    assert {one.poll.read.group for one in connector.triggers if one.poll and one.category in ("Calls", "Contacts")} == {"Heavy"}


def test_every_operation_says_which_limit_counts_it() -> None:
    assert {one.group for one in connector.operations} == {"Light", "Medium", "Heavy"}


async def test_one_group_that_is_used_up_does_not_hold_up_another() -> None:
    clock = FakeClock()
    budget = Budget(connector.limits, clock)

    async def use(group: str, calls: int) -> float:
        begun = clock.monotonic()
        for _ in range(calls):
            async with budget.of(group).place():
                pass
        return clock.monotonic() - begun

    assert await clock.drive(use("Heavy", 10)) == 0
    assert await clock.drive(use("Light", 50)) == 0
    assert 59 < await clock.drive(use("Heavy", 1)) <= 61


@pytest.mark.parametrize(("headers", "pause_s"), [({"retry-after": "30"}, 30), ({}, 60)])
async def test_closed_group_is_left_alone_and_the_others_go_on(vendor: FakeRingCentral, headers: dict[str, str], pause_s: int) -> None:
    clock = SystemClock()
    async with serving(vendor) as base_url, Client() as client:
        session = Session(
            connector=connector,
            account=vendor.account(),
            client=client,
            budget=Budget(connector.limits, clock),
            memory=Memory(clock),
            clock=clock,
            base_url=base_url,
        )
        vendor.next("GET */call-log/*", status=429, headers=headers)
        with pytest.raises(RateLimitedError):
            await session.call(HEAVY, {"callRecordId": "call-5"})
        with pytest.raises(RateLimitedError) as caught:
            await session.call(HEAVY, {"callRecordId": "call-5"})
        assert len(vendor.calls) == 1, "no call leaves that would begin the penalty anew"
        assert caught.value.retry_at is not None
        assert pause_s - 5 < (caught.value.retry_at - clock.now()) / SECOND <= pause_s
        await session.call(LIGHT, {})


async def test_fakes_penalty_begins_anew_with_every_call(vendor: FakeRingCentral) -> None:
    clock = FakeClock()
    vendor = FakeRingCentral(clock=clock)
    vendor.seed()
    async with serving(vendor) as base_url, Client() as client:
        session = Session(
            connector=connector,
            account=vendor.account(),
            client=client,
            budget=Budget((), clock),
            memory=Memory(clock),
            clock=clock,
            base_url=base_url,
        )

        async def status() -> int:
            session.budget = Budget((), clock)  # somebody who does not keep the pause
            try:
                await session.call(HEAVY, {"callRecordId": "call-5"})
            except RemoteError as error:
                return error.status or 0
            return 200

        assert [await status() for _ in range(11)] == [200] * 10 + [429]
        clock.set(clock.now() + 59 * SECOND)  # pyright: ignore[reportArgumentType]  # an instant all the same
        assert await status() == 429
        clock.set(clock.now() + 59 * SECOND)  # pyright: ignore[reportArgumentType]  # an instant all the same
        assert await status() == 429, "the last call began it anew"
        clock.set(clock.now() + 61 * SECOND)  # pyright: ignore[reportArgumentType]  # an instant all the same
        assert await status() == 200


def test_headers_correct_the_budget_of_their_group() -> None:
    told = quota({"x-rate-limit-group": "heavy", "x-rate-limit-limit": "25", "x-rate-limit-remaining": "3", "x-rate-limit-window": "60"})
    assert told is not None
    assert (told.calls, told.per_s, told.remaining, told.group) == (25, 60, 3, "Heavy")
    other = quota({"x-rate-limit-group": "bulk", "x-rate-limit-limit": "5"})
    assert other is not None
    assert other.group == "", "a name that is not known counts where the description says"
    assert quota({}) is None
    assert quota({"x-rate-limit-limit": "many"}) is None


async def test_answer_that_names_another_group_corrects_that_one(session: Session, vendor: FakeRingCentral) -> None:
    session.budget = Budget(connector.limits, session.clock)
    headers = {"x-rate-limit-group": "heavy", "x-rate-limit-limit": "10", "x-rate-limit-remaining": "0", "x-rate-limit-window": "60"}
    vendor.next("GET */account/~", status=200, body={"id": 1}, headers=headers)
    await session.call(LIGHT, {})
    assert (session.budget.of("Heavy").wait_s() or 0) > 50
    assert session.budget.of("Light").wait_s() == 0


async def test_refusal_that_names_another_group_closes_that_one(session: Session, vendor: FakeRingCentral) -> None:
    session.budget = Budget(connector.limits, session.clock)
    headers = {"x-rate-limit-group": "heavy", "x-rate-limit-limit": "10", "x-rate-limit-window": "60", "retry-after": "60"}
    vendor.next("GET */account/~", status=429, headers=headers)
    with pytest.raises(RateLimitedError):
        await session.call(LIGHT, {})
    assert session.budget.of("Heavy").frozen_s() > 50
    assert session.budget.of("Light").frozen_s() == 0
    await session.call(LIGHT, {})


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def judged(answer: Response) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        judge(answer, HEAVY, connector, now=SystemClock().now())
    return caught.value


def test_missing_permission_of_the_app_and_of_the_person_are_told_apart() -> None:
    app = judged(response(403, {"errorCode": "CMN-401", "message": "…", "errors": [{"errorCode": "CMN-401"}]}))
    person = judged(response(403, {"errorCode": "CMN-408", "message": "…", "errors": [{"errorCode": "CMN-408"}]}))
    assert "developer console" in app.hint
    assert "administrator" in person.hint
    assert isinstance(app, RejectedError)
    assert isinstance(person, RejectedError)


def test_every_error_of_an_answer_is_told_with_its_parameter() -> None:
    errors: list[JSON] = [
        {"errorCode": "CMN-101", "message": "Parameter [perPage] value is invalid", "parameterName": "perPage"},
        {"errorCode": "CMN-101", "message": "Value is invalid", "parameterName": "page"},
    ]
    said = explain(response(400, {"errorCode": "CMN-101", "message": "Invalid", "errors": errors}), connector)
    assert said == "CMN-101 Parameter [perPage] value is invalid; CMN-101 Value is invalid (at page)"
    assert (
        explain(response(400, {"error": "invalid_grant", "error_description": "Token is expired"}), connector)
        == "invalid_grant Token is expired"
    )
    assert explain(Response(status=502, headers={}, body=b"<html>"), connector) == "an HTML page instead of JSON"
    assert explain(Response(status=502, headers={}, body=b""), connector) == ""


@pytest.mark.parametrize("what", [f"extension/{{extensionId}}/{one}" for one in OF_EXTENSION] + ["a2p-sms/batches"])
def test_what_reaches_people_may_be_done_when_the_vendor_was_not_available(what: str) -> None:
    operation = Registry([connector]).operation(f"ringcentral.call POST /restapi/v1.0/account/{{accountId}}/{what}")
    with pytest.raises(OutcomeUnknownError):
        judge(response(503, {}), operation, connector, now=SystemClock().now())
    assert type(judged(response(503, {}))) is UnavailableError


def test_refused_token_asks_for_a_person() -> None:
    assert isinstance(judged(response(401, {"errorCode": "OAU-129", "message": "Access token is malformed"})), ReconnectError)


@pytest.mark.parametrize("shape", ["list", "records", "responses"])
def test_several_ids_count_as_done_only_when_each_was(shape: str) -> None:
    rows: list[JSON] = [{"resourceId": "1", "status": 200}, {"resourceId": "2", "status": 404}]
    good: list[JSON] = [{"resourceId": "1", "status": 200}]
    assert isinstance(judged(response(207, rows if shape == "list" else {shape: rows})), RejectedError)
    judge(response(207, good if shape == "list" else {shape: good}), HEAVY, connector, now=SystemClock().now())
