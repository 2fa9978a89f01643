"""Webhooks of both generations. The legacy one has an id that begins with WH and one endpoint for each kind of event."""

from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.openphone import quirks
from trunkline.connectors.openphone.surface import (
    ENDPOINTS,
    NEXT_PAGE,
    STRICT,
    dated,
    described,
    listed,
    paged,
    pages_of,
    user_id,
    within,
)
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, boolean, list_of, nullable, one_of, record, text

EVENTS: Final = (
    "message.received",
    "message.delivered",
    "message.failed",
    "message.undelivered",
    "call.ringing",
    "call.menu.selected",
    "call.answered",
    "call.completed",
    "call.missed",
    "call.forwarded",
    "call.recording.completed",
    "call.transcript.completed",
    "call.summary.completed",
    "call.voicemail.completed",
    "contact.updated",
    "contact.deleted",
    "task.created",
    "task.updated",
    "task.deleted",
    "task.completed",
    "task.reopened",
    "task.assigned",
    "task.unassigned",
    "task.overdue",
    "task.linked",
    "task.unlinked",
    "task.duedate.updated",
    "task.duedate.removed",
)
"""What the current generation can tell."""

LEGACY: Final = {
    "messages": ("message.received", "message.delivered"),
    "calls": ("call.ringing", "call.completed", "call.recording.completed"),
    "call-summaries": ("call.summary.completed",),
    "call-transcripts": ("call.transcript.completed",),
}
"""What the legacy generation can tell, by the endpoint that takes it."""

_CATEGORY: Final = "Webhooks"
_GENERATION: Final = text("The one that is being retired, or the one since June 2026", choices=("legacy", "current"))
_EITHER: Final = {"webhookId": text("The webhook's id: digits, or WH… of a legacy one", pattern="^([0-9]+|WH.*)$")}
_ID: Final = {"webhookId": text("The webhook's id", pattern="^[0-9]+$")}
_DELIVERY: Final = {**_ID, "deliveryId": text("The delivery's id", min_length=1)}
_URL: Final = text("Where it delivers", format="uri")
_NUMBERS: Final = list_of(one_of(text(pattern="^PN"), text(choices=("*",))), "Ids of numbers, or * alone for all", min_items=1)
_STATUS: Final = text(choices=("enabled", "disabled"))
_EVENTS: Final = list_of(text(choices=EVENTS), "What it tells", min_items=1)
_FIELDS: Final = {"url": _URL, "events": _EVENTS, "resourceIds": _NUMBERS, "status": _STATUS, "label": text()}
_WEBHOOK: Final = described(
    "GET /webhooks/{webhookId}",
    {"generation": _GENERATION, "apiVersion": nullable(text())},
)
_ONE: Final[dict[str, Any]] = {"category": _CATEGORY, "record": "data", "id_field": "id", "updated_field": "updatedAt"}

_LIST: Final = ENDPOINTS.operation("GET /webhooks", id="webhooks.list")
_LIST_LEGACY: Final = ENDPOINTS.operation("GET /v1/webhooks", id="webhooks.list")
_GET: Final = ENDPOINTS.operation("GET /webhooks/{webhookId}", id="webhooks.get")
_GET_LEGACY: Final = ENDPOINTS.operation("GET /v1/webhooks/{id}", id="webhooks.get")
_DELETE: Final = ENDPOINTS.operation("DELETE /webhooks/{webhookId}", id="webhooks.delete")
_DELETE_LEGACY: Final = ENDPOINTS.operation("DELETE /v1/webhooks/{id}", id="webhooks.delete")
_CREATE_LEGACY: Final = {kind: ENDPOINTS.operation(f"POST /v1/webhooks/{kind}", id="webhooks.create_legacy") for kind in LEGACY}
_DELIVERIES: Final = ENDPOINTS.operation("GET /webhooks/{webhookId}/events", id="webhooks.deliveries")


async def list_webhooks(caller: Caller, input: JSONObject) -> JSON:
    """Those of both generations, which the vendor keeps apart. Legacy ones made in the app cannot be seen."""
    current = as_list(as_object(await caller.call(_LIST, {})).get("data"))
    legacy = as_list(as_object(await caller.call(_LIST_LEGACY, input)).get("data"))
    found: list[JSON] = [_shown(as_object(one), "current") for one in current]
    return {"data": [*found, *(_shown(as_object(one), "legacy") for one in legacy)]}


async def get(caller: Caller, input: JSONObject) -> JSON:
    call, asked, generation = _generation(input, _GET, _GET_LEGACY)
    return {"data": _shown(as_object(as_object(await caller.call(call, asked)).get("data")), generation)}


async def delete(caller: Caller, input: JSONObject) -> JSON:
    call, asked, _ = _generation(input, _DELETE, _DELETE_LEGACY)
    return await quirks.gone(call)(caller, asked)


async def create_legacy(caller: Caller, input: JSONObject) -> JSON:
    """By the endpoint that takes its events. One made without numbers delivered nothing (seen at a partner), so it is made for all."""
    events = set(map(str, as_list(input["events"])))
    kind = next((kind for kind, known in LEGACY.items() if events <= set(known)), None)
    if kind is None:
        raise MappingError(
            "a legacy webhook tells of messages, of calls, of summaries or of transcripts, not of several of these",
            field="events",
            hint="Make one for each.",
        )
    return await caller.call(_CREATE_LEGACY[kind], {"resourceIds": ["*"], **input})


def _generation(input: JSONObject, current: Operation, legacy: Operation) -> tuple[Operation, JSONObject, str]:
    if str(input["webhookId"]).startswith("WH"):
        return legacy, {"id": input["webhookId"]}, "legacy"
    return current, {"webhookId": input["webhookId"]}, "current"


def _shown(webhook: JSONObject, generation: str) -> JSONObject:
    """Without its key: v1 shows it each time, and whoever reads the list need not know it."""
    return {**{name: value for name, value in webhook.items() if name != "key"}, "generation": generation}


LIST: Final[Operation] = replace(
    _LIST,
    title="List webhooks",
    category=_CATEGORY,
    about="Of both generations, without their keys. Legacy ones that were made in the app are not among them",
    call=list_webhooks,
    takes=record({"userId": user_id("Legacy ones of this user only")}),
    gives=lambda: record({"data": list_of(_WEBHOOK())}, required=("data",), open=True),
    items="data",
    id_field="id",
    updated_field="updatedAt",
    sample="webhooks.list.json",
)

GET: Final[Operation] = replace(
    _GET,
    title="Get webhook",
    call=get,
    about="Without its key",
    takes=record(_EITHER, required=("webhookId",)),
    gives=lambda: record({"data": _WEBHOOK()}, required=("data",), open=True),
    sample="webhooks.get.json",
    **_ONE,
)

CREATE: Final[Operation] = ENDPOINTS.operation(
    "POST /webhooks",
    id="webhooks.create",
    title="Create webhook",
    about="At most 50 in a workspace. The answer's key (whsec_…) is shown only now: give it to the connection as webhook_key",
    add=_FIELDS,
    sample="webhooks.create.json",
    **_ONE,
)

UPDATE: Final[Operation] = ENDPOINTS.operation(
    "PATCH /webhooks/{webhookId}",
    id="webhooks.update",
    title="Update webhook",
    about="Events and numbers that are given replace those there were",
    add={**_ID, **_FIELDS},
    repeat="safe",
    sample="webhooks.update.json",
    **_ONE,
)

ROTATE: Final[Operation] = ENDPOINTS.operation(
    "POST /webhooks/{webhookId}/rotate",
    id="webhooks.rotate",
    title="Rotate webhook secret",
    about="The answer's key is shown only now; the old one is worth nothing any more",
    add=_ID,
    repeat="safe",  # nobody has seen the key of a lost answer
    sample="webhooks.rotate.json",
    **_ONE,
)

CREATE_LEGACY: Final[Operation] = replace(
    _CREATE_LEGACY["messages"],
    title="Create webhook (legacy)",
    about="The vendor is retiring these. The answer's key is what it signs with: give it to the connection as webhook_legacy_secret",
    call=create_legacy,
    takes=record(
        {
            "url": _URL,
            "events": list_of(text(choices=[event for known in LEGACY.values() for event in known]), "Of one kind", min_items=1),
            "resourceIds": one_of(
                list_of(text(pattern="^PN"), "Ids of numbers", min_items=1), list_of({"const": "*", "type": "string"}, "All", min_items=1)
            ),
            "userId": user_id("On behalf of this user"),
            "label": text(),
            "status": _STATUS,
        },
        required=("url", "events"),
    ),
    gives=record({"data": record({"id": text(), "key": text()}, required=("id", "key"), open=True)}, required=("data",), open=True),
    sample="webhooks.create_legacy.json",
    deprecated=True,
    **_ONE,
)

DELETE: Final[Operation] = replace(
    _DELETE,
    title="Delete webhook",
    category=_CATEGORY,
    about="A legacy one cannot be brought back. Deleting what is already gone counts as done",
    call=delete,
    takes=record(_EITHER, required=("webhookId",)),
    gives=record({"existed": boolean()}, required=("existed",)),
    sample="webhooks.delete.json",
)

DELIVERIES: Final[Operation] = replace(
    _DELIVERIES,
    title="List webhook deliveries",
    category=_CATEGORY,
    about="What was delivered and what failed, for instance during an outage",
    call=listed(_DELIVERIES, dated({**STRICT, "events": "eventType[in]"})),
    takes=paged(
        {
            **_ID,
            "status": text(choices=("success", "pending", "sending", "failed")),
            "events": list_of(text(choices=EVENTS), "Only these events", min_items=1),
            "resourceId": text("Only about this record"),
            **within("deliveries made"),
        },
        required=("webhookId",),
    ),
    gives=pages_of(described("GET /webhooks/{webhookId}/events")),
    items="data",
    id_field="id",
    next_page=NEXT_PAGE,
    sample="webhooks.deliveries.json",
)

GET_DELIVERY: Final[Operation] = ENDPOINTS.operation(
    "GET /webhooks/{webhookId}/events/{deliveryId}",
    id="webhooks.delivery_get",
    title="Get webhook delivery",
    category=_CATEGORY,
    add=_DELIVERY,
    record="data",
    id_field="id",
    sample="webhooks.delivery_get.json",
)

_AGAIN: Final[Schema] = {"type": ["object", "null"]}

RETRY_DELIVERY: Final[Operation] = ENDPOINTS.operation(
    "POST /webhooks/{webhookId}/events/{deliveryId}/retry",
    id="webhooks.delivery_retry",
    title="Retry webhook delivery",
    category=_CATEGORY,
    about="Delivered once more; the hub drops what it has already",
    add=_DELIVERY,
    output=_AGAIN,
    repeat="safe",
    sample="webhooks.delivery_retry.json",
)

TEST: Final[Operation] = ENDPOINTS.operation(
    "POST /webhooks/{webhookId}/events/test",
    id="webhooks.test",
    title="Send test event",
    category=_CATEGORY,
    about="A real, signed delivery with made-up data",
    add={**_ID, "eventType": text(choices=EVENTS)},
    output=_AGAIN,
    repeat="safe",
    sample="webhooks.test.json",
)

OPERATIONS: Final = (LIST, GET, CREATE, UPDATE, ROTATE, TEST, DELIVERIES, GET_DELIVERY, RETRY_DELIVERY, DELETE, CREATE_LEGACY)
