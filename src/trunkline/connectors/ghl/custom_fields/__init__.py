"""Custom fields by name: `{"Favourite colour": "blue", "Budget": 1200}` instead of ids and field values, written and read by type.

Contacts and opportunities hold a list of entries, written by `entries` and read by `by_name`; records of custom objects and businesses
hold properties, written by `properties` and read by `properties_by_name`. All take any number of fields.
"""

from trunkline.connectors.ghl.custom_fields.definitions import CONTACT, OPPORTUNITY, forget
from trunkline.connectors.ghl.custom_fields.writing import (
    ASKED,
    GIVEN,
    NAMED,
    Entries,
    attached,
    attachment,
    by_name,
    entries,
    merged,
    properties,
    properties_by_name,
)

__all__ = [
    "ASKED",
    "CONTACT",
    "GIVEN",
    "NAMED",
    "OPPORTUNITY",
    "Entries",
    "attached",
    "attachment",
    "by_name",
    "entries",
    "forget",
    "merged",
    "properties",
    "properties_by_name",
]
