"""Everything that can start a flow, one file per category: the vendor's events, and reads that are watched."""

from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connectors.ghl.triggers import (
    agency,
    appointments,
    contacts,
    conversations,
    invoices,
    objects,
    opportunities,
    sales,
    watched,
)

EVENTS: Final[tuple[Trigger, ...]] = (
    *contacts.TRIGGERS,
    *contacts.NOTES,
    *contacts.TASKS,
    *appointments.TRIGGERS,
    *opportunities.TRIGGERS,
    *conversations.TRIGGERS,
    *invoices.TRIGGERS,
    *sales.TRIGGERS,
    *objects.TRIGGERS,
    *agency.TRIGGERS,
)
"""What the vendor sends; most of it can be polled as well."""

TRIGGERS: Final[tuple[Trigger, ...]] = (*EVENTS, *watched.TRIGGERS)
