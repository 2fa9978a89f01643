"""Everything a flow can ask of GoHighLevel, one file per category; each adds its `OPERATIONS` here."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.operations import (
    businesses,
    contacts,
    custom_fields,
    custom_values,
    enrolment,
    location_tags,
    locations,
    notes,
    tags,
    tasks,
    users,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *contacts.OPERATIONS,
    *tags.OPERATIONS,
    *notes.OPERATIONS,
    *tasks.OPERATIONS,
    *enrolment.OPERATIONS,
    *users.OPERATIONS,
    *businesses.OPERATIONS,
    *locations.OPERATIONS,
    *location_tags.OPERATIONS,
    *custom_fields.OPERATIONS,
    *custom_values.OPERATIONS,
)
