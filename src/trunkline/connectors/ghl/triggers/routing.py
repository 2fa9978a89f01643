"""Which event a delivery is: by its `type`, by the name in the address it came to, and where both are silent by the keys it has.

The vendor's pages show many events without a type, some with the type of another one, and two kinds in which `type` means something else
(vendor repository, 2026-06-19). So each event can be given an address of its own: `…/hooks/ENDPOINT?event=InvoicePaid`.
"""

from collections.abc import Mapping
from typing import Final

from trunkline.model.clock import SECOND, from_iso
from trunkline.model.json import JSONObject, as_object

_FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "App": ("AppInstall", "AppUninstall"),
    "Plan": ("PlanChange",),
    "Appointment": ("AppointmentCreate", "AppointmentUpdate", "AppointmentDelete"),
    "Association": ("AssociationCreate", "AssociationUpdate", "AssociationDelete"),
    "Campaign": ("CampaignStatusUpdate",),
    "Contact": ("ContactCreate", "ContactUpdate", "ContactDelete", "ContactTagUpdate", "ContactDndUpdate"),
    "Conversation": ("ConversationUnreadWebhook",),
    "Message": ("InboundMessage", "OutboundMessage"),
    "Provided": ("ProviderOutboundMessage",),
    "Invoice": (
        "InvoiceCreate",
        "InvoiceUpdate",
        "InvoiceDelete",
        "InvoiceSent",
        "InvoicePaid",
        "InvoicePartiallyPaid",
        "InvoiceVoid",
    ),
    "Email": ("LCEmailStats",),
    "Location": ("LocationCreate", "LocationUpdate"),
    "Note": ("NoteCreate", "NoteUpdate", "NoteDelete"),
    "Object": ("ObjectSchemaCreate", "ObjectSchemaUpdate"),
    "Opportunity": (
        "OpportunityCreate",
        "OpportunityUpdate",
        "OpportunityDelete",
        "OpportunityStageUpdate",
        "OpportunityStatusUpdate",
        "OpportunityMonetaryValueUpdate",
        "OpportunityAssignedToUpdate",
    ),
    "Order": ("OrderCreate", "OrderStatusUpdate"),
    "Price": ("PriceCreate", "PriceUpdate", "PriceDelete"),
    "Product": ("ProductCreate", "ProductUpdate", "ProductDelete"),
    "Record": ("RecordCreate", "RecordUpdate", "RecordDelete"),
    "Relation": ("RelationCreate", "RelationDelete"),
    "Task": ("TaskCreate", "TaskComplete", "TaskDelete"),
    "User": ("UserCreate",),
}
_FAMILY_OF: Final = {event: family for family, events in _FAMILIES.items() for event in events}
EVENTS: Final = frozenset(_FAMILY_OF)
"""Every event the vendor documents."""

_CALLED: Final = {
    "INSTALL": "AppInstall",
    "UNINSTALL": "AppUninstall",
    "PLAN_CHANGE": "PlanChange",
    "ConversationUnreadUpdate": "ConversationUnreadWebhook",
    "ConversationProviderOutboundMessage": "ProviderOutboundMessage",
}
"""What some events call themselves."""

_INVOICES: Final = {
    "sent": "InvoiceSent",
    "paid": "InvoicePaid",
    "partially_paid": "InvoicePartiallyPaid",
    "void": "InvoiceVoid",
    "voided": "InvoiceVoid",
    "delete": "InvoiceDelete",
    "deleted": "InvoiceDelete",
}
_SOON_S: Final = 60
"""A record that was updated so shortly after it was made counts as new."""


def event_of(body: JSONObject, named: str | None = None) -> str:
    """The vendor's name for what happened, or what the delivery calls itself when nobody knows that name.

    `named` is the name in the address: it wins, unless the delivery itself says that it is about something else entirely.
    """
    said = body.get("type")
    kind = _CALLED.get(said, said) if isinstance(said, str) else ""
    told = _mended(kind, body) if kind in EVENTS else _by_keys(body)
    if named in EVENTS and (not told or _FAMILY_OF[told] == _FAMILY_OF[str(named)]):
        return str(named)
    return told or kind


def _mended(kind: str, body: JSONObject) -> str:
    """The event, where its type is known to be wrong at times."""
    if kind in _FAMILIES["Appointment"]:
        appointment = as_object(body.get("appointment"))
        if appointment.get("deleted") is True:
            return "AppointmentDelete"
        if kind == "AppointmentCreate" and not _is_new(appointment, "dateAdded", "dateUpdated"):
            return "AppointmentUpdate"
    if kind == "OutboundMessage" and body.get("direction") == "inbound" and _is_call(body):
        return "InboundMessage"
    return kind


def _is_call(body: JSONObject) -> bool:
    """A call or voicemail tells its direction rightly; a text that was sent from the app says inbound in the vendor's own example."""
    return "source" not in body and str(body.get("messageType")).upper() in ("CALL", "VOICEMAIL")


def _by_keys(body: JSONObject) -> str:
    """The event of a delivery that does not say, as far as its keys tell; empty when they do not."""
    keys = body.keys()
    if "messageId" in keys and keys & {"phone", "emailTo"}:
        return "ProviderOutboundMessage"
    if keys & {"invoiceNumber", "invoiceItems"}:
        status = str(body.get("status"))
        return _INVOICES.get(status) or _made_or("Invoice", body, "createdAt", "updatedAt")
    if {"product", "amount", "currency"} <= keys:
        return "PriceCreate" if "priceType" in keys else "PriceUpdate"
    if "productType" in keys:
        return _made_or("Product", body, "createdAt", "updatedAt")
    return _of_objects(body)


def _of_objects(body: JSONObject) -> str:
    keys = body.keys()
    if {"firstRecordId", "secondRecordId"} <= keys:
        return "RelationCreate"
    if {"associationType", "firstObjectKey"} <= keys:
        return "AssociationUpdate" if "firstObjectToSecondObjectCardinality" in keys else "AssociationCreate"
    if {"labels", "key"} <= keys:
        return _made_or("ObjectSchema", body, "createdAt", "updatedAt")
    if "properties" in keys and keys & {"owners", "followers"}:
        return "RecordUpdate"
    return ""


def _made_or(noun: str, body: JSONObject, made: str, renewed: str) -> str:
    return f"{noun}{'Create' if _is_new(body, made, renewed) else 'Update'}"


def _is_new(record: JSONObject, made: str, renewed: str) -> bool:
    """Whether it has not been updated since it was made; yes where it does not tell."""
    try:
        return from_iso(str(record[renewed])) - from_iso(str(record[made])) <= _SOON_S * SECOND
    except (KeyError, ValueError, OverflowError):
        return True
