"""Invoices: made, sent, paid, voided; their templates and the schedules that repeat them."""

from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import INVOICES
from trunkline.connectors.ghl.declaring import declared, gone_is_done, listed
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import Schema, list_of, number, record, text

UPDATED: Final = "updatedAt"
_USUAL: Final = 50
WRITE: Final = ("invoices.write",)


_LISTS: Final = ("invoiceItems", "items")
_TEXTS: Final[Schema] = list_of(text())
_ITEMS: Final[Schema] = list_of(
    record(
        {
            **{name: text() for name in ("_id", "name", "description", "currency", "productId", "priceId")},
            "amount": number(),
            "qty": number(),
            "taxes": list_of(record({}, open=True)),
        },
        open=True,
    )
)
DEFAULTS: Final[JSONObject] = {"liveMode": True, "discount": {"value": 0, "type": "percentage"}}
"""What the vendor wants said of everything that is billed, and what is meant when nothing is said."""


def many(key: str, id: str, title: str, items: str, *, total: str = "total", **facts: Any) -> Operation:
    """A list of this part of the vendor, which wants limit and offset said every time."""
    listing = declared(
        key,
        id,
        title,
        INVOICES,
        add={"limit": size(100), "offset": start()},
        defaults={"limit": _USUAL, "offset": 0},
        items=items,
        id_field="_id",
        updated_field=UPDATED,
        next_page=by_offset(items, usual=_USUAL, total=total),
        **facts,
    )
    return _with_items(listing)


def one(key: str, id: str, title: str, **facts: Any) -> Operation:
    return _with_items(declared(key, id, title, INVOICES, id_field="_id", updated_field=UPDATED, **facts))


def _with_items(operation: Operation) -> Operation:
    """The same operation with items in its answer: they are described as texts, and published events show what they are."""
    return replace(operation, gives=lambda: _mended(operation.output))


def _mended(schema: Schema) -> Schema:
    fields: dict[str, JSON] = {
        name: _ITEMS if name in _LISTS and field == _TEXTS else _mended(as_object(field))
        for name, field in as_object(schema.get("properties")).items()
    }
    inside: Schema = {"items": _mended(as_object(schema["items"]))} if isinstance(schema.get("items"), dict) else {}
    return {**schema, **inside, **({"properties": fields} if fields else {})}


LIST: Final = many("GET /invoices/", "invoices.list", "List Invoices", "invoices")
LIST_TEMPLATES: Final = many("GET /invoices/template", "invoices.list_templates", "List Invoice Templates", "data", total="totalCount")
LIST_SCHEDULES: Final = many("GET /invoices/schedule", "invoices.list_schedules", "List Invoice Schedules", "schedules")

_INVOICES: Final[tuple[Operation, ...]] = (
    LIST,
    one("GET /invoices/{invoiceId}", "invoices.get", "Get Invoice"),
    one(
        "POST /invoices/",
        "invoices.create",
        "Create Invoice",
        about="As a draft; invoices.send makes it known to the contact",
        defaults=DEFAULTS,
        repeat=listed(LIST, "invoiceNumber", within=("altId",)),
    ),
    one("PUT /invoices/{invoiceId}", "invoices.update", "Update Invoice", about="Its items are replaced as a whole"),
    one("POST /invoices/{invoiceId}/send", "invoices.send", "Send Invoice", defaults={"liveMode": True}, record="invoice"),
    one("POST /invoices/{invoiceId}/void", "invoices.void", "Void Invoice", repeat="safe"),
    one(
        "POST /invoices/{invoiceId}/record-payment",
        "invoices.record_payment",
        "Record Payment of Invoice",
        about="Cash, a cheque, a transfer: what was paid elsewhere",
        # the description needs a card and a cheque of every payment; the same call of an order needs the mode only
        required=("invoiceId", "altId", "altType", "mode"),
        record="invoice",
    ),
    gone_is_done(one("DELETE /invoices/{invoiceId}", "invoices.delete", "Delete Invoice")),
    one(
        "PATCH /invoices/{invoiceId}/late-fees-configuration",
        "invoices.set_late_fees",
        "Set Late Fees of Invoice",
        repeat="safe",
        scopes=WRITE,
    ),
    one(
        "POST /invoices/text2pay",
        "invoices.text_to_pay",
        "Create and Send Invoice",
        about="In one call, for a payment by link",
        defaults={"liveMode": True},
        record="invoice",
    ),
    declared("GET /invoices/generate-invoice-number", "invoices.next_number", "Get Next Invoice Number", INVOICES),
    declared("GET /invoices/settings", "invoices.get_settings", "Get Invoice Settings", INVOICES),
)

_TEMPLATES: Final[tuple[Operation, ...]] = (
    LIST_TEMPLATES,
    one("GET /invoices/template/{templateId}", "invoices.get_template", "Get Invoice Template"),
    one(
        "POST /invoices/template",
        "invoices.create_template",
        "Create Invoice Template",
        repeat=listed(LIST_TEMPLATES, "name", within=("altId",)),
    ),
    one("PUT /invoices/template/{templateId}", "invoices.update_template", "Update Invoice Template"),
    gone_is_done(one("DELETE /invoices/template/{templateId}", "invoices.delete_template", "Delete Invoice Template")),
)

_SCHEDULES: Final[tuple[Operation, ...]] = (
    LIST_SCHEDULES,
    one("GET /invoices/schedule/{scheduleId}", "invoices.get_schedule", "Get Invoice Schedule"),
    one(
        "POST /invoices/schedule",
        "invoices.create_schedule",
        "Create Invoice Schedule",
        about="As a draft; invoices.start_schedule puts it to work",
        defaults=DEFAULTS,
        repeat=listed(LIST_SCHEDULES, "name", "title", within=("altId",)),
    ),
    one("PUT /invoices/schedule/{scheduleId}", "invoices.update_schedule", "Update Invoice Schedule", defaults=DEFAULTS),
    one("POST /invoices/schedule/{scheduleId}/schedule", "invoices.start_schedule", "Start Invoice Schedule", defaults={"liveMode": True}),
    one("POST /invoices/schedule/{scheduleId}/cancel", "invoices.cancel_schedule", "Cancel Invoice Schedule", repeat="safe"),
    gone_is_done(one("DELETE /invoices/schedule/{scheduleId}", "invoices.delete_schedule", "Delete Invoice Schedule")),
)

OPERATIONS: Final[tuple[Operation, ...]] = (*_INVOICES, *_TEMPLATES, *_SCHEDULES)
