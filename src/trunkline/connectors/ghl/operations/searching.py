"""Opportunities as they are found."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.categories import OPPORTUNITIES
from trunkline.connectors.ghl.custom_fields import ASKED, NAMED, OPPORTUNITY, by_name
from trunkline.connectors.ghl.declaring import declared, items_of
from trunkline.connectors.ghl.paging import counted, last, size
from trunkline.connectors.ghl.times import month_first
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_list, as_object, at_path
from trunkline.model.schema import Schema, boolean, integer, list_of, nullable, number, one_of, record, text

_USUAL: Final = 20
_MOST: Final = 100

OPPORTUNITY_ANSWER: Final = record(
    {
        **{name: text() for name in ("id", "name", "pipelineId", "pipelineStageId", "status", "contactId", "locationId")},
        **{name: nullable(text()) for name in ("assignedTo", "source", "lostReasonId", "lastStatusChangeAt", "lastStageChangeAt")},
        "monetaryValue": nullable(number()),
        **{name: text("ISO 8601") for name in ("createdAt", "updatedAt")},
        "contact": nullable(record({"id": text(), "name": text()}, open=True)),
        "followers": list_of(text("User id")),
        "customFields": list_of(record({"id": text()}, open=True)),
        "custom_fields": NAMED,
    },
    required=("id",),
    open=True,
)

_SIMPLE: Final = declared("GET /opportunities/search", "opportunities.search", "Search Opportunities", OPPORTUNITIES, kind="read")
_DEEP: Final = declared(
    "POST /opportunities/search",
    "opportunities.search",
    "Search Opportunities",
    OPPORTUNITIES,
    kind="read",
    add={"searchAfter": list_of(one_of(text(), number()))},
    required=(),  # the description needs everything, even where the last page ended before there was one
)

_WORDS: Final[Mapping[str, str]] = {
    "query": "q",
    "locationId": "location_id",
    "pipelineId": "pipeline_id",
    "pipelineStageId": "pipeline_stage_id",
    "contactId": "contact_id",
    "assignedTo": "assigned_to",
}
"""What the vendor's simple search calls what everything else calls otherwise."""

_ONLY_DEEP: Final = ("unreadConversations", "searchAfter")
_DETAILS: Final[Mapping[str, str]] = {
    "getNotes": "notes",
    "getTasks": "tasks",
    "getCalendarEvents": "calendarEvents",
    "unreadConversations": "unReadConversations",
}
_BOTH: Final = frozenset(("query", "locationId", "limit", "page", "custom_fields", "searchAfter", *_DETAILS))


async def search(caller: Caller, input: JSONObject) -> JSON:
    """The vendor has two searches: one that filters, and one that pages deep and tells of unread conversations."""
    deep = any(name in input for name in _ONLY_DEEP)
    answer = await caller.call(_DEEP, _deep(input)) if deep else await caller.call(_SIMPLE, _simple(input))
    return await named(caller, answer, "opportunities", input)


def _simple(input: JSONObject) -> JSONObject:
    asked = month_first("date", "endDate")({name: value for name, value in input.items() if name != "custom_fields"})
    return {_WORDS.get(name, name): value for name, value in asked.items()}


def _deep(input: JSONObject) -> JSONObject:
    filters = [name for name in input if name not in _BOTH]
    if filters:
        raise MappingError(
            f"{filters[0]} cannot go together with {' or '.join(_ONLY_DEEP)}",
            field=filters[0],
            hint="The vendor has one search that filters and another one that does this.",
        )
    details: JSONObject = {theirs: input.get(ours) is True for ours, theirs in _DETAILS.items()}
    asked = {name: input[name] for name in ("query", "locationId", "limit", "searchAfter") if name in input}
    place: JSONObject = {} if "searchAfter" in input else {"page": counted(input.get("page"), 1)}
    return {"query": "", "limit": _USUAL, **asked, **place, "additionalDetails": details}


def _next_page(input: JSONObject, answer: JSON) -> JSONObject | None:
    """By the place of the last one where the answer tells it, else by number; over when a page is not full."""
    found = as_list(as_object(answer).get("opportunities"))
    if not found or len(found) < counted(input.get("limit"), _USUAL):
        return None
    if any(name in input for name in _ONLY_DEEP):
        after = last(answer, "opportunities").get("sort")
        rest = {name: value for name, value in input.items() if name != "page"}
        return {**rest, "searchAfter": after} if after else {**input, "page": counted(input.get("page"), 1) + 1}
    rest = {name: value for name, value in input.items() if name != "page"}
    after, after_id = at_path(answer, "meta.startAfter"), at_path(answer, "meta.startAfterId")
    if after is not None and after_id:
        return {**rest, "startAfter": str(after), "startAfterId": after_id}
    following = at_path(answer, "meta.nextPage")
    return {**rest, "page": following} if following else None


async def named(caller: Caller, answer: JSON, place: str, input: JSONObject) -> JSON:
    """The answer with custom fields by name in its opportunity, or in each of its list, where they were asked for or given."""
    found = as_object(answer)
    if not input.get("custom_fields"):
        return found
    held = found.get(place)
    several = [await _named(caller, as_object(one), input) for one in (held if isinstance(held, list) else [held])]
    return {**found, place: [*several] if isinstance(held, list) else several[0]}


async def _named(caller: Caller, opportunity: JSONObject, input: JSONObject) -> JSONObject:
    told = await by_name(caller, opportunity.get("customFields"), OPPORTUNITY, location=input.get("locationId"))
    return {**opportunity, "custom_fields": told}


_FIELDS: Final[dict[str, Schema]] = {
    "query": text("Words in its name or its contact"),
    **{name: text() for name in ("locationId", "pipelineId", "pipelineStageId", "contactId", "assignedTo", "campaignId", "id", "country")},
    "status": text(choices=("open", "won", "lost", "abandoned", "all")),
    "order": text("added_asc, added_desc and the like"),
    "date": text("Made since this day, 2026-11-01"),
    "endDate": text("Made until this day"),
    "limit": size(_MOST),
    "page": integer(minimum=1),
    "startAfter": one_of(text(), integer(), about="Where the page before ended: its meta.startAfter"),
    "startAfterId": text("Where the page before ended: its meta.startAfterId"),
    **{name: boolean() for name in ("getTasks", "getNotes", "getCalendarEvents")},
    "unreadConversations": boolean("Tells of unread conversations too; then nothing but words can be searched for"),
    "searchAfter": list_of(one_of(text(), number()), "Pages beyond what numbers reach; then nothing but words can be searched for"),
    "custom_fields": ASKED,
}

SEARCH: Final = replace(
    _SIMPLE,
    call=search,
    about="By pipeline, stage, contact, owner, status, day or words",
    takes=record(_FIELDS),
    gives=items_of(OPPORTUNITY_ANSWER, "opportunities", meta=record({}, open=True), total=number(), aggregations=record({}, open=True)),
    items="opportunities",
    id_field="id",
    updated_field="updatedAt",
    next_page=_next_page,
    scopes=(*_SIMPLE.scopes, *calls.FIELDS_READ),
)
