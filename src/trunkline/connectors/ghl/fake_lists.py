"""How the lists that the fake answers in the vendor's own way are filled, so that the suite can read them in pages of any size."""

from collections.abc import Callable
from typing import Final

from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_agency import SNAPSHOT
from trunkline.connectors.ghl.fake_associations import ASSOCIATION
from trunkline.connectors.ghl.fake_conversations import CONVERSATION
from trunkline.connectors.ghl.fake_opportunities import PIPELINE
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.model.clock import SECOND, Instant, from_iso
from trunkline.model.json import JSONObject
from trunkline.testing.conformance import Paging

_FUNNEL: Final = "fUnNeL000000000000A1"
_MANY: Final = 9


def _at(number: int) -> Instant:
    return Instant(from_iso("2026-11-21T08:00:00Z") + number * SECOND)


def _people(vendor: FakeGHL) -> list[str]:
    return [str(vendor.create_contact({"id": f"person{number}", "firstName": f"Person {number}"})["id"]) for number in range(_MANY)]


def _conversations(vendor: FakeGHL) -> None:
    for number, person in enumerate(_people(vendor)):
        said: JSONObject = {"type": "SMS", "message": f"Message {number}"}
        vendor.calls_on_conversations.add(person, said, inbound=True, conversation=f"talk{number}", id=f"said{number}", at=_at(number))


def _messages(vendor: FakeGHL) -> None:
    for number in range(25):
        vendor.calls_on_conversations.add(ADA, {"type": "SMS", "message": f"Message {number}"}, id=f"said{number}", at=_at(number))


def _opportunities(vendor: FakeGHL) -> None:
    for number, person in enumerate(_people(vendor)):
        roof: JSONObject = {"name": f"Roof {number}", "pipelineId": PIPELINE, "contactId": person}
        vendor.calls_on_opportunities.add(roof, id=f"roof{number}", at=_at(number))


def _relations(vendor: FakeGHL) -> None:
    link: JSONObject = {"associationId": ASSOCIATION, "firstRecordId": ADA}
    pets = [{**link, "id": f"link{number}", "secondRecordId": f"pet{number}"} for number in range(_MANY)]
    vendor.seed_records({"associations/relations": pets})


def _kinds(vendor: FakeGHL) -> None:
    vendor.seed_records({"associations": [{"id": f"kind{number}", "key": f"key{number}"} for number in range(_MANY)]})


def _pushes(vendor: FakeGHL) -> None:
    for number in range(_MANY):
        vendor.calls_on_agency.pushed(f"push{number}", f"location{number}")


def _sold(vendor: FakeGHL) -> None:
    """The vendor chooses the size of these pages."""
    vendor.calls_on_agency.size = 1
    for number in range(_MANY):
        vendor.held.records.put("/saas/locations", f"location{number}", {"locationId": f"location{number}"})


def _rooms(vendor: FakeGHL) -> None:
    room: JSONObject = {"locationId": vendor.location, "resourceType": "rooms", "isActive": True, "calendarIds": []}
    vendor.seed_records(
        {"calendars/resources/rooms": [{**room, "_id": f"room{number}", "name": f"Room {number}"} for number in range(_MANY)]}
    )


def _numbers(vendor: FakeGHL) -> None:
    for number in range(_MANY):
        vendor.calls_on_phones.add(f"+1555555020{number}")


def _kept(path: str, **fields: str) -> Callable[[FakeGHL], None]:
    """Records the fake keeps by themselves."""

    def fill(vendor: FakeGHL) -> None:
        more: JSONObject = {**fields}
        vendor.seed_records({path: [{"_id": f"one{number}", "name": f"One {number}", **more} for number in range(_MANY)]})

    return fill


def _page(operation: str, fill: Callable[[FakeGHL], None], *, sizes: tuple[int, ...] = (1, 2, 3, 50), **input: str) -> Paging[FakeGHL]:
    return Paging(operation=operation, size="limit", fill=fill, input={**input}, sizes=sizes)


PAGES: Final[tuple[Paging[FakeGHL], ...]] = (
    _page("calendars.list_resources", _rooms, resourceType="rooms"),
    _page("opportunities.search", _opportunities),
    Paging(operation="opportunities.search", size="limit", fill=_opportunities, input={"unreadConversations": True}),
    _page("conversations.search", _conversations),
    _page("conversations.list_messages", _messages, conversationId=CONVERSATION),
    _page("conversations.export_messages", _messages, sizes=(10, 11, 50)),
    _page("associations.find", _kinds),
    _page("associations.list_relations", _relations, recordId=ADA),
    Paging(
        operation="snapshots.list_pushes",
        size="limit",
        fill=_pushes,
        input={"snapshotId": SNAPSHOT, "from": "2026-11-01", "to": "2026-11-30"},
    ),
    Paging(operation="saas.list_locations", size="page", fill=_sold, sizes=(1,)),
    _page("funnels.list", _kept("funnels/funnel", type="funnel")),
    _page("funnels.list_pages", _kept("funnels/page", funnelId=_FUNNEL), funnelId=_FUNNEL),
    _page("funnels.list_redirects", _kept("funnels/lookup/redirect")),
    Paging(operation="phone_numbers.list", size="pageSize", fill=_numbers),
    _page("media.list", _kept("medias", type="file")),
)
