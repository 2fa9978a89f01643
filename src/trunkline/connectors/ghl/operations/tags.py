"""Tags of contacts, one by one and many at once."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl import calls

OPERATIONS: Final[tuple[Operation, ...]] = (calls.ADD_TAGS, calls.REMOVE_TAGS, calls.BULK_TAGS)
