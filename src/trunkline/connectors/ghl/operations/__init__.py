"""Everything a flow can ask of GoHighLevel, one file per category; each adds its `OPERATIONS` here."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.operations import contacts, notes, tags, tasks

OPERATIONS: Final[tuple[Operation, ...]] = (
    *contacts.OPERATIONS,
    *tags.OPERATIONS,
    *notes.OPERATIONS,
    *tasks.OPERATIONS,
)
