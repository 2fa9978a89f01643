"""The conformance suite, and what holds for the connector as a whole."""

import json
from collections.abc import Callable
from dataclasses import replace
from os.path import commonpath
from pathlib import Path

import pytest

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import Call, RateLimit
from trunkline.connect.memory import Memory
from trunkline.connect.openapi.facts import text_of
from trunkline.connect.openapi.importing import import_files
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.connectors.openphone import connector
from trunkline.connectors.openphone.fake import NUMBER, FakeOpenPhone
from trunkline.connectors.openphone.fake_workspace import ADA, call, ids, workspace
from trunkline.connectors.openphone.surface import ENDPOINTS
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import MappingError
from trunkline.model.http import Request, Response
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.conformance import Paging, Scenarios, conformance

HERE = Path(__file__).parent
OFFICIAL = HERE.parents[4] / "shared/specs/openphone/quo-public-api-v1.json"
_AT = "2025-11-21T08:00:00.000Z"


def _contacts(vendor: FakeOpenPhone) -> None:
    vendor.limits = ()
    for number in range(8):
        vendor.book.add({"defaultFields": {"firstName": f"Person {number}"}}, contact_id=f"person{number}")
    for contact in vendor.contacts:
        contact.update({"createdAt": _AT, "updatedAt": _AT})
        for name in ("emails", "phoneNumbers"):
            for entry in as_list(as_object(contact["defaultFields"])[name]):
                as_object(entry)["id"] = "fixed"


def _messages(vendor: FakeOpenPhone) -> None:
    vendor.limits = ()
    for number in range(8):
        to = ["+15555550101"]
        vendor.activity.message(sender=NUMBER, to=[*to], content=f"{number}", direction="outgoing", status="sent", id=f"ACtext{number}")
    for message in vendor.messages.values():
        message.update({"createdAt": _AT, "updatedAt": _AT})


def _calls(vendor: FakeOpenPhone) -> None:
    vendor.limits = ()
    for number in range(8):
        vendor.activity.call(other=f"+1555555010{number}", id=f"ACcall{number}")
    for one in vendor.activity.calls.values():
        one.update({"createdAt": _AT, "updatedAt": _AT, "answeredAt": None, "completedAt": None})


def _conversations(vendor: FakeOpenPhone) -> None:
    _calls(vendor)
    for number, one in enumerate(vendor.activity.conversations.values()):
        told = f"2025-11-21T08:00:0{number % 10}.000Z"
        one.update({"createdAt": told, "updatedAt": told, "lastActivityAt": told, "lastActivityId": None})


def _tasks(vendor: FakeOpenPhone) -> None:
    vendor.limits = ()
    for number in range(8):
        vendor.tasks.add({"title": f"Task {number}", "description": ""}, id=f"TK{number}")
    for task in vendor.tasks.tasks.values():
        task["createdAt"] = _AT


def _notes(vendor: FakeOpenPhone) -> None:
    vendor.limits = ()
    for number in range(8):
        note: JSONObject = {"id": f"note{number}", "text": f"{number}", "media": [], "actorId": "USfake0001"}
        vendor.seed_records({f"contacts/{ADA}/notes": [note]})
    for note in vendor.stored(f"contacts/{ADA}/notes"):
        note.update({"createdAt": _AT, "updatedAt": _AT})


def _deliveries(vendor: FakeOpenPhone) -> None:
    vendor.limits = ()
    vendor.hooks.deliveries["9000000001"] = [
        {"id": f"WD{number}", "eventType": "message.received", "status": "success", "createdAt": _AT} for number in range(8)
    ]


def _users(vendor: FakeOpenPhone) -> None:
    vendor.limits = ()
    vendor.members = [{**vendor.members[0], "id": f"US{number}"} for number in range(8)]


def _transcripts(vendor: FakeOpenPhone) -> None:
    vendor.limits = ()
    told = vendor.activity.transcripts["ACfake0010"]
    told[0]["createdAt"] = _AT
    told *= 8


def _properties(vendor: FakeOpenPhone) -> None:
    vendor.limits = ()
    contact = vendor.book.get(ADA)
    contact.update({"createdAt": _AT, "updatedAt": _AT})
    numbers: list[JSON] = [{"id": f"prop{number}", "name": "home", "value": f"+1555555020{number}"} for number in range(8)]
    as_object(contact["defaultFields"])["phoneNumbers"] = numbers


_ONE_CONVERSATION: JSONObject = {"phoneNumberId": "PNfake0001", "participants": ["+15555550101"]}

TestOpenPhone = conformance(
    connector,
    fake=FakeOpenPhone,
    scenarios=Scenarios(
        write="conversations.mark_done",
        pages=(
            Paging(operation="contacts.list", size="maxResults", fill=_contacts),
            Paging(operation="messages.list", size="maxResults", fill=_messages),
            Paging(operation="messages.list", size="maxResults", fill=_messages, input=_ONE_CONVERSATION),
            Paging(operation="calls.list", size="maxResults", fill=_calls),
            Paging(operation="conversations.list", size="maxResults", fill=_conversations, input={"sort": "createdAt:asc"}),
            Paging(operation="conversations.list", size="maxResults", fill=_conversations, input={"phoneNumbers": [NUMBER]}),
            Paging(operation="tasks.list", size="maxResults", fill=_tasks),
            Paging(operation="contact_notes.list", size="maxResults", fill=_notes, input={"contactId": ADA}),
            Paging(operation="contact_properties.list", size="maxResults", fill=_properties, input={"contactId": ADA}),
            Paging(operation="calls.transcripts", size="maxResults", fill=_transcripts, input={"callId": "ACfake0010"}),
            Paging(operation="users.list", size="maxResults", fill=_users),
            Paging(operation="phone_numbers.users", size="maxResults", fill=_users, input={"phoneNumberId": "PNfake0001"}),
            Paging(operation="webhooks.deliveries", size="maxResults", fill=_deliveries, input={"webhookId": "9000000001"}),
        ),
        without_secret=Account(options={}, credential=Credential({"token": "q0key"})),
    ),
)


# ── both surfaces ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_endpoint_of_both_surfaces_can_be_called() -> None:
    registry = Registry([connector])
    assert len(ENDPOINTS) == 43 + 56
    for key in ENDPOINTS:
        _, operation = registry.split(f"openphone.call {key}")
        assert isinstance(operation.call, Call)
        told = dict(operation.call.headers).get("quo-api-version")
        assert told == (None if " /v1/" in key else "2026-03-30"), key


def test_endpoints_are_those_of_the_two_documents() -> None:
    if not OFFICIAL.is_file():
        pytest.skip("the official description is not beside this repository")
    files = [OFFICIAL.resolve(), (HERE / "dated.json").resolve()]
    imported = import_files(files, root=Path(commonpath(files)))
    made = json.loads(text_of(imported.facts))
    held = json.loads((HERE / "endpoints.json").read_text(encoding="utf-8"))
    assert {name: made[name] for name in ("endpoints", "schemas", "server")} == {
        name: held[name] for name in ("endpoints", "schemas", "server")
    }


def test_dated_description_says_what_each_line_stands_on() -> None:
    dated = json.loads((HERE / "dated.json").read_text(encoding="utf-8"))
    evidence = [one["x-evidence"] for path in dated["paths"].values() for one in path.values()]
    assert set(evidence) == {"documentation", "secondary"}
    assert "not at hand" in dated["info"]["description"]


def test_both_hosts_and_both_surfaces_share_one_budget() -> None:
    assert connector.base_url == "https://api.quo.com"
    assert connector.hosts == ("https://api.openphone.com",)
    assert connector.limits == (RateLimit(calls=10, per_s=1),)
    assert {one.group for one in connector.operations} == {""}


class Wire(Client):
    """Notes what would leave, and to where."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, Request]] = []

    async def send(
        self, request: Request, *, base_url: str = "", timeout_s: float = 30, write: bool, answering: Callable[[], None] | None = None
    ) -> Response:
        self.sent.append((base_url, request))
        return Response(status=200, headers={}, body=b'{"data": []}')


@pytest.mark.parametrize(
    ("base_url", "host", "keyed"),
    [
        (None, None, True),
        ("https://api.openphone.com", None, True),
        (None, "https://api.openphone.com", True),
        ("https://api.openphone.com", "https://api.quo.com.example", False),
        (None, "http://api.quo.com", False),
        (None, "https://api.quo.com:8443", False),
    ],
)
async def test_raw_key_goes_to_either_name_of_the_vendor_and_to_nobody_else(base_url: str | None, host: str | None, keyed: bool) -> None:
    clock = SystemClock()
    async with Wire() as wire:
        session = Session(
            connector=connector,
            account=Account(options={}, credential=Credential({"token": "q0key"})),
            client=wire,
            budget=Budget((), clock),
            memory=Memory(clock),
            clock=clock,
            base_url=base_url,
        )
        numbers = next(one for one in connector.operations if one.id == "phone_numbers.list")
        assert isinstance(numbers.call, Call)
        await session.call(replace(numbers, call=replace(numbers.call, host=host)), {})
    ((reached, request),) = wire.sent
    assert reached == (base_url or "https://api.quo.com")
    assert dict(request.headers).get("authorization") == ("q0key" if keyed else None)


async def test_list_filter_repeats_its_key_and_encodes_it() -> None:
    async with workspace() as (session, vendor):
        await call(session, "contacts.list", {"externalIds": ["a+b", "c"], "maxResults": 5})
        assert vendor.calls[-1].query.getlist("externalIds") == ["a+b", "c"]


OTHER = {"gt": "gte", "gte": "gt", "lt": "lte", "lte": "lt"}
CUT = [(key, one.name) for key in ENDPOINTS for one in ENDPOINTS[key].parameters if one.name.partition("[")[2].rstrip("]") in OTHER]


@pytest.mark.parametrize(("key", "name"), CUT)
async def test_wrong_range_operator_never_leaves_by_a_plain_call_either(key: str, name: str) -> None:
    field, operator = name.rstrip("]").split("[")
    async with workspace() as (session, vendor):
        given: JSONObject = {one.name: "1" for one in ENDPOINTS[key].parameters if one.place == "path"}
        with pytest.raises(MappingError) as caught:
            await session.call(Registry([connector]).operation(f"openphone.call {key}"), {**given, f"{field}[{OTHER[operator]}]": _AT})
        assert "no such field" in caught.value.message
        assert vendor.calls == []


def test_lists_that_are_cut_by_time_are_known() -> None:
    assert {key for key, _ in CUT} == {"GET /calls", "GET /conversations", "GET /messages", "GET /webhooks/{webhookId}/events"}


@pytest.mark.parametrize("id", [one.id for one in connector.operations if one.next_page is not None])
def test_every_list_is_cut_and_paged_in_the_same_words(id: str) -> None:
    operation = next(one for one in connector.operations if one.id == id)
    fields = set(as_object(operation.input["properties"]))
    assert {"maxResults", "pageToken"} <= fields
    assert not fields & {"limit", "since", "createdAfter", "createdBefore", "createdAt[gt]", "createdAt[gte]"}


async def test_page_is_full_unless_told_otherwise() -> None:
    async with workspace() as (session, vendor):
        for id, more in (("contacts.list", {}), ("tasks.list", {}), ("users.list", {}), ("messages.list", _ONE_CONVERSATION)):
            assert ids(await call(session, id, {**more}), "taskId" if id == "tasks.list" else "id")
            assert vendor.calls[-1].query["maxResults"] == "50"
