"""What can happen to an invoice."""

from collections.abc import Callable
from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connectors.ghl.categories import INVOICES
from trunkline.connectors.ghl.operations.invoices import LIST
from trunkline.connectors.ghl.triggers.shaping import any_of, flags, numbers, texts, times
from trunkline.connectors.ghl.triggers.telling import LOCATION, Listing, Noun, changed, created, happened, reached
from trunkline.model.json import JSONObject, as_object
from trunkline.model.schema import text


def in_place(record: JSONObject) -> JSONObject:
    """What is sold belongs to an `altId`, which is the sub-account: it is told as everywhere else."""
    kind, owner = record.pop("alt_type", None), record.pop("alt_id", None)
    return {**record, "location_id": record.get("location_id") or (owner if kind == "location" else None)}


def _mended(invoice: JSONObject) -> JSONObject:
    """Its number is text in one place and a number in another."""
    number = invoice["invoice_number"]
    details = as_object(invoice.get("contact_details"))
    return {
        **in_place(invoice),
        "invoice_number": str(number) if isinstance(number, int | float) else number,
        "contact_id": details.get("id"),
    }


INVOICE: Final = Noun(
    under="invoice",
    category=INVOICES,
    fields={
        "id": text("The invoice's id"),
        **texts("status", "name", "title", "invoice_number", "currency", "issue_date", "due_date", "contact_id"),
        **numbers("total", "amount_paid", "amount_due"),
        **flags("live_mode"),
        **any_of("contact_details", "business_details", "invoice_items", "discount", "total_summary"),
        **times("created_at", "updated_at"),
        **LOCATION,
    },
    identity=(
        "status",
        "name",
        "title",
        "invoice_number",
        "currency",
        "issue_date",
        "due_date",
        "contact_id",
        "total",
        "amount_paid",
        "amount_due",
    ),
    mend=_mended,
    asks={"contactId": "contact_id"},
    scopes=("invoices.readonly",),
)
_LISTING: Final = Listing(read=LIST, created="createdAt", updated="updatedAt", begin={"limit": 100}, narrows=("contactId",))
_PAYMENT: Final = ("status", "amount_paid")


def _is(*statuses: str) -> Callable[[JSONObject], bool]:
    return lambda invoice: invoice["status"] in statuses


def _reached(id: str, title: str, kind: str, *statuses: str, about: str = "") -> Trigger:
    return reached(INVOICE, id, title, kind, fields=_PAYMENT, when=_is(*statuses), listing=_LISTING, about=about)


TRIGGERS: Final[tuple[Trigger, ...]] = (
    created(INVOICE, "invoices.created", "Invoice created", "InvoiceCreate", listing=_LISTING),
    changed(
        INVOICE,
        "invoices.changed",
        "Invoice created or changed",
        "InvoiceCreate",
        "InvoiceUpdate",
        "InvoiceSent",
        "InvoicePaid",
        "InvoicePartiallyPaid",
        "InvoiceVoid",
        listing=_LISTING,
        about="Its status, amounts, dates or who pays it; once, whatever the vendor calls the event",
    ),
    _reached("invoices.sent", "Invoice sent", "InvoiceSent", "sent"),
    _reached("invoices.paid", "Invoice paid", "InvoicePaid", "paid", about="In full"),
    _reached(
        "invoices.partially_paid", "Invoice partly paid", "InvoicePartiallyPaid", "partially_paid", about="Each payment that leaves a rest"
    ),
    _reached("invoices.voided", "Invoice voided", "InvoiceVoid", "void", "voided"),
    happened(INVOICE, "invoices.deleted", "Invoice deleted", "InvoiceDelete"),
)
