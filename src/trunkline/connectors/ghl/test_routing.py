"""Which event a delivery is, and the trigger of each event the vendor documents."""

from pathlib import Path

import pytest

from trunkline.connect.inputs import check
from trunkline.connectors.ghl.fake_session import trigger
from trunkline.connectors.ghl.triggers import EVENTS
from trunkline.connectors.ghl.triggers.routing import EVENTS as NAMES
from trunkline.connectors.ghl.triggers.routing import event_of
from trunkline.model.json import JSONObject, as_object, loads

FIXTURES = Path(__file__).resolve().parents[5] / "shared" / "fixtures" / "ghl-webhooks"

OWN = {
    "AppInstall": "app.installed",
    "AppUninstall": "app.uninstalled",
    "PlanChange": "app.plan_changed",
    "AppointmentCreate": "appointments.created",
    "AppointmentUpdate": "appointments.changed",
    "AppointmentDelete": "appointments.deleted",
    "AssociationCreate": "associations.created",
    "AssociationUpdate": "associations.changed",
    "AssociationDelete": "associations.deleted",
    "CampaignStatusUpdate": "campaigns.status_changed",
    "ContactCreate": "contacts.created",
    "ContactUpdate": "contacts.changed",
    "ContactDelete": "contacts.deleted",
    "ContactTagUpdate": "contacts.tagged",
    "ContactDndUpdate": "contacts.dnd_changed",
    "ConversationUnreadWebhook": "conversations.unread_changed",
    "InboundMessage": "messages.received",
    "OutboundMessage": "messages.sent",
    "ProviderOutboundMessage": "messages.to_deliver",
    "InvoiceCreate": "invoices.created",
    "InvoiceUpdate": "invoices.changed",
    "InvoiceDelete": "invoices.deleted",
    "InvoiceSent": "invoices.sent",
    "InvoicePaid": "invoices.paid",
    "InvoicePartiallyPaid": "invoices.partially_paid",
    "InvoiceVoid": "invoices.voided",
    "LCEmailStats": "emails.tracked",
    "LocationCreate": "locations.created",
    "LocationUpdate": "locations.changed",
    "NoteCreate": "notes.created",
    "NoteUpdate": "notes.changed",
    "NoteDelete": "notes.deleted",
    "ObjectSchemaCreate": "objects.created",
    "ObjectSchemaUpdate": "objects.changed",
    "OpportunityCreate": "opportunities.created",
    "OpportunityUpdate": "opportunities.changed",
    "OpportunityDelete": "opportunities.deleted",
    "OpportunityStageUpdate": "opportunities.stage_changed",
    "OpportunityStatusUpdate": "opportunities.status_changed",
    "OpportunityMonetaryValueUpdate": "opportunities.value_changed",
    "OpportunityAssignedToUpdate": "opportunities.assigned",
    "OrderCreate": "orders.created",
    "OrderStatusUpdate": "orders.status_changed",
    "PriceCreate": "prices.created",
    "PriceUpdate": "prices.changed",
    "PriceDelete": "prices.deleted",
    "ProductCreate": "products.created",
    "ProductUpdate": "products.changed",
    "ProductDelete": "products.deleted",
    "RecordCreate": "records.created",
    "RecordUpdate": "records.changed",
    "RecordDelete": "records.deleted",
    "RelationCreate": "relations.created",
    "RelationDelete": "relations.deleted",
    "TaskCreate": "tasks.created",
    "TaskComplete": "tasks.completed",
    "TaskDelete": "tasks.deleted",
    "UserCreate": "users.created",
}
"""Each event the vendor documents, and the trigger that is its own."""


def test_every_documented_event_has_a_trigger_of_its_own() -> None:
    assert len(OWN) == 58
    assert set(OWN) == NAMES
    assert sorted(OWN.values()) == sorted(one.id for one in EVENTS)
    for event, id in OWN.items():
        assert event in trigger(id).kinds


def fixtures() -> list[tuple[str, JSONObject]]:
    """The vendor's own examples, several of some events."""
    bodies = [(path.stem, loads(path.read_bytes())) for path in sorted(FIXTURES.glob("*.json"))]
    return [(event, as_object(body)) for event, told in bodies for body in (told if isinstance(told, list) else [told])]


GUESSED = {
    "AppointmentDelete": "AppointmentCreate",
    "AppointmentUpdate": "AppointmentCreate",
    "AssociationDelete": "AssociationUpdate",
    "ProductCreate": "ProductUpdate",
    "ProductDelete": "ProductUpdate",
    "InvoiceUpdate": "InvoiceCreate",
    "ObjectSchemaUpdate": "ObjectSchemaCreate",
    "RecordCreate": "RecordUpdate",
    "RecordDelete": "RecordUpdate",
    "RelationDelete": "RelationCreate",
}
"""What an example is taken for when the address does not name the event: it does not say, or says something else."""


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the vendor's examples are not here")
def test_every_example_of_the_vendor_is_told_by_its_trigger() -> None:
    told = set[str]()
    for event, body in fixtures():
        kind = event_of(body, event)
        assert kind == event
        one = trigger(OWN[event])
        assert one.payload is not None
        payload = one.payload(body)
        assert payload is not None, event
        check(one.output, payload)
        assert one.record_key(payload)
        told.add(event)
    assert len(told) == 55


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the vendor's examples are not here")
def test_without_a_name_in_the_address_an_example_is_known_as_far_as_it_tells() -> None:
    for event, body in fixtures():
        assert event_of(body) == GUESSED.get(event, event), (event, body.get("type"))


APPOINTMENT: JSONObject = {"dateAdded": "2026-11-20T09:00:00Z", "dateUpdated": "2026-11-20T09:00:00Z"}


@pytest.mark.parametrize(
    ("body", "named", "event"),
    [
        ({"type": "INSTALL"}, None, "AppInstall"),
        ({"type": "ConversationUnreadUpdate"}, None, "ConversationUnreadWebhook"),
        ({"type": "AppointmentCreate", "appointment": APPOINTMENT}, None, "AppointmentCreate"),
        ({"type": "AppointmentCreate", "appointment": {**APPOINTMENT, "dateUpdated": "2026-11-21T09:00:00Z"}}, None, "AppointmentUpdate"),
        ({"type": "AppointmentCreate", "appointment": {**APPOINTMENT, "deleted": True}}, None, "AppointmentDelete"),
        ({"type": "AppointmentCreate", "appointment": APPOINTMENT}, "AppointmentDelete", "AppointmentDelete"),
        ({"type": "OutboundMessage", "direction": "inbound", "messageType": "CALL"}, None, "InboundMessage"),
        ({"type": "OutboundMessage", "direction": "inbound", "messageType": "VoiceMail"}, None, "InboundMessage"),
        ({"type": "OutboundMessage", "direction": "inbound", "messageType": "SMS", "source": "app"}, None, "OutboundMessage"),
        ({"type": "SMS", "messageId": "m", "phone": "+15555550101"}, None, "ProviderOutboundMessage"),
        ({"type": "Email", "messageId": "m", "emailTo": ["a@example.com"]}, None, "ProviderOutboundMessage"),
        ({"type": "one_time", "product": "p", "amount": 5, "currency": "USD"}, None, "PriceUpdate"),
        ({"type": "one_time", "product": "p", "amount": 5, "currency": "USD"}, "PriceDelete", "PriceDelete"),
        ({"priceType": "recurring", "product": "p", "amount": 5, "currency": "USD"}, None, "PriceCreate"),
        ({"invoiceNumber": "1", "status": "void"}, None, "InvoiceVoid"),
        ({"invoiceNumber": "1", "status": "payment_processing"}, None, "InvoiceCreate"),
        ({"invoiceNumber": "1", "status": "sent"}, "InvoiceUpdate", "InvoiceUpdate"),
        ({"type": "TaskCreate"}, "ContactCreate", "TaskCreate"),
        ({"type": "TaskCreate"}, "NoSuchEvent", "TaskCreate"),
        ({"type": "SomethingNew", "id": "x"}, None, "SomethingNew"),
        ({"type": "SomethingNew", "id": "x"}, "ContactCreate", "ContactCreate"),
        ({"type": 7}, None, ""),
        ({}, None, ""),
    ],
)
def test_an_event_is_known_by_what_can_be_trusted(body: JSONObject, named: str | None, event: str) -> None:
    assert event_of(body, named) == event
