"""The conformance suite, what answers mean, and the simulated vendor itself."""

from dataclasses import replace

import pytest

from trunkline.connect.answers import explain
from trunkline.connect.declaration import Call
from trunkline.connect.registry import Registry
from trunkline.connectors.ghl import calls, connector
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_lists import PAGES
from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.fake_seed import ADA, BUSINESS
from trunkline.connectors.ghl.fake_session import call, sub_account
from trunkline.connectors.ghl.fake_sign_in import FakeSignIn
from trunkline.model.errors import ReconnectError, RejectedError
from trunkline.model.http import Response
from trunkline.model.json import JSON, JSONObject, dumps
from trunkline.testing.conformance import Paging, Scenarios, conformance


def _fill(vendor: FakeGHL) -> None:
    for number in range(9):
        at = f"2026-11-21T08:00:0{number // 2}.000Z"  # two contacts share each instant
        vendor.create_contact({"id": f"person{number}", "firstName": f"Person {number}", "dateAdded": at, "dateUpdated": at})


def _install(vendor: FakeGHL) -> None:
    vendor.signed_in.installed |= {f"LoC{number}": f"Branch {number}" for number in range(9)}


def _fill_business(vendor: FakeGHL) -> None:
    _fill(vendor)
    for one in vendor.contacts:
        one["businessId"] = BUSINESS


def _fill_tasks(vendor: FakeGHL) -> None:
    for number in range(9):
        task: JSONObject = {"id": f"task{number}", "contactId": ADA, "title": f"Task {number}", "completed": False}
        vendor.tasks[f"task{number}"] = task


def _fill_users(vendor: FakeGHL) -> None:
    vendor.seed_records({"users": [{"id": f"user{number}", "email": "quinn.ward@example.com"} for number in range(9)]})


TestGHL = conformance(
    connector,
    fake=FakeGHL,
    scenarios=Scenarios(
        read="contacts.get",
        write="contacts.add_tags",
        pages=(
            Paging(
                operation="contacts.search",
                size="pageLimit",
                fill=_fill,
                input={"sort": [{"field": "dateAdded", "direction": "asc"}]},
            ),
            Paging(operation="contacts.list", size="limit", fill=_fill),
            Paging(operation="contacts.list_by_business", size="limit", fill=_fill_business, input={"businessId": BUSINESS}),
            Paging(operation="tasks.search", size="limit", fill=_fill_tasks),
            Paging(operation="users.filter_by_email", size="limit", fill=_fill_users, input={"emails": "quinn.ward@example.com"}),
            Paging(operation="apps.list_locations", size="limit", fill=_install, input={"appId": FakeSignIn.app_id}),
            *PAGES,
        ),
        signs_time=False,  # the time stands in the signed body and is optional; tested below
    ),
)


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "means", "hint"),
    [
        ("version header was not found.", RejectedError, "Version"),
        ("version header is invalid", RejectedError, "Version"),
        ("The token is not authorized for this scope.", RejectedError, "contacts.readonly"),
        ("This authClass type is not allowed to access this scope.", RejectedError, "agency's settings"),
        ("Token's user type mismatch!", RejectedError, "agency's settings"),
        ("You do not have access to this feature! Please contact the admin!", RejectedError, "plan"),
        ("Invalid Private Integration token", ReconnectError, "private integration"),
        ("Invalid JWT", ReconnectError, "private integration"),
    ],
)
async def test_each_cause_of_a_401_is_told_apart(words: str, means: type[Exception], hint: str) -> None:
    async with sub_account() as (session, vendor):
        vendor.next(status=401, body={"statusCode": 401, "message": words, "error": "Unauthorized"})
        with pytest.raises(means) as caught:
            await call(session, "contacts.get", {"contactId": ADA})
        assert hint in getattr(caught.value, "hint", "")


async def test_vendor_wants_the_version_on_every_call() -> None:
    async with sub_account() as (session, vendor):
        assert isinstance(calls.GET_CONTACT.call, Call)
        bare = replace(calls.GET_CONTACT, call=replace(calls.GET_CONTACT.call, headers=()))
        with pytest.raises(RejectedError):
            await session.call(bare, {"contactId": ADA})
        assert "version" not in vendor.calls[-1].headers


@pytest.mark.parametrize(
    ("message", "words"),
    [("one thing", "one thing"), (["email must be an email", "tags must be an array"], "email must be an email; tags must be an array")],
)
def test_message_may_be_text_or_a_list(message: JSON, words: str) -> None:
    answer = Response(status=422, headers={}, body=dumps({"statusCode": 422, "message": message}))
    assert explain(answer, connector) == words


@pytest.mark.parametrize("path", ["/contacts", "/contacts/", "/calendars", "/users", "/businesses"])
def test_slash_at_the_end_is_the_vendors_own(path: str) -> None:
    called = Registry.discover().operation(f"ghl.call GET {path}")
    assert called.endpoint == f"GET {path.removesuffix('/')}/"


async def test_fake_answers_the_vendors_spelling_of_a_path_only() -> None:
    async with sub_account() as (session, _):
        assert isinstance(calls.CREATE.call, Call)
        with pytest.raises(RejectedError):
            await session.call(replace(calls.CREATE, call=replace(calls.CREATE.call, path="/contacts")), {"email": "x@example.com"})
        await session.call(calls.CREATE, {"email": "x@example.com"})


async def test_quota_headers_are_read() -> None:
    assert connector.quota is not None
    vendor = FakeGHL()
    told = connector.quota(vendor.quota_headers(42))
    assert told is not None
    assert (told.calls, told.per_s, told.remaining, told.remaining_today) == (100, 10, 42, 200_000)
    assert connector.quota({}) is None
    assert connector.quota({"x-ratelimit-max": "many"}) is None


# ── the simulated vendor itself ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "x@example.com"}, 422),
        ({"locationId": "L", "email": "x@example.com"}, 403),
        ({"additionalEmails": []}, 422),
        ({"dndSettings": {"SMS": {"status": "maybe"}}}, 422),
        ({"tags": "lead"}, 422),
    ],
)
def test_fake_refuses_what_the_vendor_refuses(body: JSONObject, status: int) -> None:
    with pytest.raises(Refused) as caught:
        FakeGHL().records.create(body)
    assert caught.value.status == status


async def test_fake_announces_changes_and_keeps_quiet_about_none(monkeypatch: pytest.MonkeyPatch) -> None:
    vendor, told = FakeGHL(), list[JSONObject]()
    vendor.webhooks.urls.append("http://127.0.0.1:9/hook")
    monkeypatch.setattr(vendor.webhooks, "emit", told.append)
    contact_id = str(vendor.create_contact({"firstName": "Ada"})["id"])
    vendor.change_contact(contact_id, {"firstName": "Ada"})
    vendor.change_contact(contact_id, {"tags": ["lead"]})
    vendor.change_contact(contact_id, {"city": "Dayton"})
    assert [one["type"] for one in told] == ["ContactCreate", "ContactTagUpdate", "ContactUpdate"]
    assert told[1]["tags"] == ["lead"]
    assert {"webhookId", "timestamp"} <= set(told[0])
