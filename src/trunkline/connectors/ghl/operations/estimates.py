"""Estimates: made, sent, turned into invoices."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import INVOICES
from trunkline.connectors.ghl.declaring import declared, gone_is_done, items_of, listed
from trunkline.connectors.ghl.operations.invoices import DEFAULTS, many, one
from trunkline.model.json import JSONObject
from trunkline.model.schema import number, record, text

_DEFAULTS: Final[JSONObject] = {**DEFAULTS, "frequencySettings": {"enabled": False, "schedule": {}}}

_ESTIMATE: Final = record(
    {
        **{name: text() for name in ("_id", "name", "title", "currency", "issueDate", "expiryDate", "createdAt", "updatedAt")},
        "estimateNumber": number(),
        "total": number(),
        "contactDetails": record({"id": text(), "name": text(), "email": text(), "phoneNo": text()}, open=True),
    },
    open=True,
)
LIST: Final = many(
    "GET /invoices/estimate/list",
    "invoices.list_estimates",
    "List Estimates",
    "estimates",
    output=items_of(_ESTIMATE, "estimates", total=number()),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    one(
        "POST /invoices/estimate",
        "invoices.create_estimate",
        "Create Estimate",
        about="As a draft; invoices.send_estimate makes it known to the contact",
        defaults=_DEFAULTS,
        repeat=listed(LIST, "estimateNumber", within=("altId",)),
    ),
    one("PUT /invoices/estimate/{estimateId}", "invoices.update_estimate", "Update Estimate", defaults=_DEFAULTS),
    one("POST /invoices/estimate/{estimateId}/send", "invoices.send_estimate", "Send Estimate", defaults={"liveMode": True}),
    one("POST /invoices/estimate/{estimateId}/invoice", "invoices.invoice_estimate", "Create Invoice from Estimate", record="invoice"),
    gone_is_done(one("DELETE /invoices/estimate/{estimateId}", "invoices.delete_estimate", "Delete Estimate")),
    declared("GET /invoices/estimate/number/generate", "invoices.next_estimate_number", "Get Next Estimate Number", INVOICES),
)
