"""What comes in: Zaps that post to the hub, rows of exported files, appointments of the calendar feed."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any, Final

from trunkline.connect.declaration import Poll, Trigger
from trunkline.connect.gone import gone
from trunkline.connect.rows import RowFile
from trunkline.connect.webhooks import Incoming
from trunkline.connectors.seventeenhats import calendar, records
from trunkline.connectors.seventeenhats.records import (
    BOOKING_NAMES,
    CONTACT_NAMES,
    INVOICE_NAMES,
    LOCATION_NAMES,
    PROJECT_NAMES,
    QUESTIONNAIRE_NAMES,
)
from trunkline.model.errors import MappingError, WebhookError
from trunkline.model.http import Delivery
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import Schema, anything, nullable, record, text

EVENTS: Final = (
    *("contact.created", "contact.updated", "project.created", "project.updated"),
    *("invoice.created", "invoice.updated", "invoice.paid", "questionnaire.completed"),
    *("booking.created", "booking.updated", "booking.cancelled", "location.updated", "reply"),
)
"""What a Zap may say in `event`, in its body or in the address (`?event=contact.created`)."""

CONTACT_ROW: Final = "row.contact"
INVOICE_ROW: Final = "row.invoice"
_SPELT: Final = {"contact.changed": "contact.updated", "booking.canceled": "booking.cancelled", "invoice.changed": "invoice.updated"}


def split(body: JSON, delivery: Delivery) -> tuple[Incoming, ...]:
    """One event per record: Zapier posts one object, or a list of them when a Zap has line items.

    Raises `WebhookError` for what nobody here has heard of, so that the Zap shows it to its maker.
    """
    given = body if isinstance(body, list) else [body]
    return tuple(Incoming(kind=_kind(item, delivery.query.get("event")), body=item) for item in map(as_object, given))


def _kind(body: JSONObject, in_address: str | None) -> str:
    told = str(body.get("event") or in_address or _guessed(body)).strip().lower()
    kind = _SPELT.get(told, told)
    if kind in EVENTS:
        return kind
    near = get_close_matches(kind, EVENTS, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"It is one of: {', '.join(EVENTS)}."
    said = f"there is no event {kind[:80]!r}" if kind else "it does not say what happened: put ?event=… behind the address"
    raise WebhookError(f"{said}; {hint}" if near else f"{said}. {hint}", reason="malformed")


def _guessed(body: JSONObject) -> str:
    """A Zap that says no event and sends an e-mail address or a phone speaks of a contact; else of nothing we know."""
    made = records.contact(body)
    return "contact.updated" if made["email"] or made["phone"] else ""


def _contact(body: JSONObject) -> JSONObject:
    """Raises `MappingError` for a row or a Zap without anything to know the contact by."""
    made = records.contact(records.nested(body, "contact") if "row" not in body else body)
    if not (made["id"] or made["email"] or made["phone"]):
        raise MappingError("it has neither e-mail nor phone, so the contact cannot be told from others", field="email")
    return {"contact": made}


def _invoice(body: JSONObject) -> JSONObject:
    made = _INVOICE(body)
    invoice = as_object(made["invoice"])
    if not (invoice["id"] or invoice["number"]):
        raise MappingError("it has no invoice number", field="number")
    return made


_INVOICE: Final = records.reader("invoice", INVOICE_NAMES)


def _contact_key(payload: JSONObject) -> str:
    return records.contact_key(as_object(payload["contact"]))


def _seen(payload: JSONObject) -> JSON:  # noqa: ARG001 - a contact is created once, whatever it holds
    return "seen"


def _whole(payload: JSONObject) -> JSON:
    return payload


_PERSON: Final = nullable(record({name: nullable(text()) for name in ("id", "name", "first_name", "last_name", "email", "phone")}))


def _trigger(
    id: str,
    title: str,
    kinds: tuple[str, ...],
    *,
    category: str,
    payload: Callable[[JSONObject], JSONObject],
    key: Callable[[JSONObject], str],
    gives: Schema,
    **facts: Any,
) -> Trigger:
    return Trigger(
        id=id, title=title, category=category, kinds=kinds, payload=payload, record_key=key, gives=gives, sample=f"{id}.json", **facts
    )


def _of(name: str, names: Mapping[str, tuple[str, ...]], about: str) -> dict[str, Any]:
    payload = _invoice if name == "invoice" else records.reader(name, names)
    gives = record({name: records.schema(names, about), "contact": _PERSON}, required=(name, "contact"))
    key = partial(records.record_key, name=name)
    return {"category": f"{name.capitalize()}s", "payload": payload, "key": key, "gives": gives, "fingerprint": _whole}


def _once(name: str, facts: dict[str, Any]) -> dict[str, Any]:
    """For what happens to a record once. Two without id or number are the same only when nothing differs."""

    def fingerprint(payload: JSONObject) -> JSON:
        return "seen" if records.known_by(payload, name) else payload

    return {**facts, "fingerprint": fingerprint}


_CONTACT: Final[dict[str, Any]] = {
    "category": "Contacts",
    "payload": _contact,
    "key": _contact_key,
    "gives": record({"contact": records.schema(CONTACT_NAMES, "The contact")}, required=("contact",)),
}
_INVOICES: Final = _of("invoice", INVOICE_NAMES, "The invoice")
_PROJECTS: Final = _of("project", PROJECT_NAMES, "The project")
_BOOKINGS: Final = _of("booking", BOOKING_NAMES, "The booking")


def _appointment(item: JSONObject) -> JSONObject:
    return {"event": item}


def _appointment_state(payload: JSONObject) -> JSON:
    event = as_object(payload["event"])
    return {name: value for name, value in event.items() if name not in ("created_at", "changed_at")}


_CALENDAR: Final = Trigger(
    id="calendar.changed",
    title="Appointment added or changed",
    category="Calendar",
    about="From the calendar feed, which calendars fetch themselves: some minutes late",
    poll=Poll(read=calendar.LIST, start=lambda since, account, input: {}, payload=_appointment, every_s=900),
    record_key=lambda payload: str(as_object(payload["event"])["uid"]),
    fingerprint=_appointment_state,
    gives=record({"event": calendar.EVENT}, required=("event",)),
    sample="calendar.changed.json",
)


_VANISHED: Final = gone(
    calendar.LIST,
    id="calendar.removed",
    title="Appointment gone from the calendar",
    under="event",
    keeps=("title", "starts_at", "ends_at"),
    about="Deleted, or too old for the feed: `starts_at` tells them apart",
    sample="calendar.removed.json",
)


def _reply(body: JSONObject) -> JSONObject:
    """What the last step of a Zap posts back; `correlation_id` is what the operation gave."""
    rest = {name: value for name, value in body.items() if name not in ("event", "correlation_id", "status")}
    return {"correlation_id": body.get("correlation_id"), "status": body.get("status"), "data": rest}


TRIGGERS: Final[tuple[Trigger, ...]] = (
    _trigger("contacts.created", "Contact created", ("contact.created", CONTACT_ROW), fingerprint=_seen, **_CONTACT),
    _trigger(
        "contacts.changed",
        "Contact created or changed",
        ("contact.created", "contact.updated", CONTACT_ROW),
        fingerprint=_whole,
        about="By a Zap, or by a row of an exported file that says something new",
        **_CONTACT,
    ),
    _trigger("projects.created", "Project created", ("project.created",), **_once("project", _PROJECTS)),
    _trigger("projects.changed", "Project created or changed", ("project.created", "project.updated"), **_PROJECTS),
    _trigger("invoices.created", "Invoice created", ("invoice.created", INVOICE_ROW), **_once("invoice", _INVOICES)),
    _trigger(
        "invoices.changed",
        "Invoice created or changed",
        ("invoice.created", "invoice.updated", "invoice.paid", INVOICE_ROW),
        **_INVOICES,
    ),
    _trigger("invoices.paid", "Invoice paid", ("invoice.paid",), about="By a Zap; rows of a file come as invoices.changed", **_INVOICES),
    _trigger(
        "questionnaires.completed",
        "Questionnaire answered",
        ("questionnaire.completed",),
        about="Answers stand in `custom`",
        **_of("questionnaire", QUESTIONNAIRE_NAMES, "The questionnaire"),
    ),
    _trigger("bookings.created", "Booking made", ("booking.created",), **_once("booking", _BOOKINGS)),
    _trigger(
        "bookings.changed",
        "Booking made, moved or cancelled",
        ("booking.created", "booking.updated", "booking.cancelled"),
        **_BOOKINGS,
    ),
    _trigger("locations.changed", "Location changed", ("location.updated",), **_of("location", LOCATION_NAMES, "The location")),
    _trigger(
        "replies.received",
        "A Zap answered",
        ("reply",),
        category="Zaps",
        payload=_reply,
        key=lambda payload: str(payload["correlation_id"]),
        gives=record({"correlation_id": nullable(text()), "status": anything(), "data": record({}, open=True)}, required=("data",)),
    ),
    _CALENDAR,
    _VANISHED,
)

_PHONE: Final = (
    "{{ item.phone | national | replace('(', '') | replace(') ', '-') "
    "if (item.phone | e164_or_null | default('')) | starts_with('+1') else item.phone }}"
)
"""888-888-8888, as 17hats reads them; what is no number of North America stays as it is, so that nothing of it is lost."""

FILES: Final[tuple[RowFile, ...]] = (
    RowFile(
        id="contacts",
        title="Contacts",
        kind=CONTACT_ROW,
        columns=CONTACT_NAMES,
        writes={
            "First Name": "{{ item.firstName or item.first_name }}",
            "Last Name": "{{ item.lastName or item.last_name }}",
            "Company": "{{ item.companyName or item.company_name or item.company }}",
            "Email": "{{ item.email }}",
            "Phone": _PHONE,
            "Address": "{{ item.address1 or item.address }}",
            "City": "{{ item.city }}",
            "State": "{{ item.state }}",
            "Zip": "{{ item.postalCode or item.postal_code or item.zip }}",
            "Country": "{{ item.country }}",
            "Website": "{{ item.website }}",
            "Tags": "{{ item.tags | default([]) | join(',') }}",
        },
    ),
    RowFile(
        id="invoices",
        title="Invoices",
        kind=INVOICE_ROW,
        columns=INVOICE_NAMES,
        writes={
            "Invoice #": "{{ item.invoiceNumber or item.number }}",
            "Client": "{{ item.contactDetails.name or item.contact.name }}",
            "Email": "{{ item.contactDetails.email or item.contact.email }}",
            "Project": "{{ item.name or item.project }}",
            "Status": "{{ item.status }}",
            "Invoice Date": "{{ item.issueDate or item.issued_on }}",
            "Due Date": "{{ item.dueDate or item.due_on }}",
            "Total": "{{ item.total }}",
            "Amount Paid": "{{ item.amountPaid | default(item.paid) }}",
            "Balance Due": "{{ item.amountDue | default(item.due) }}",
            "Currency": "{{ item.currency }}",
        },
    ),
)
"""17hats writes contacts and some reports as CSV, and reads contacts (phones as 888-888-8888, tags with commas). It reads no invoices:
such a file is for people and their bookkeeping, and is read here again."""
