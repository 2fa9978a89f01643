"""Everything a flow can ask of RingCentral, one file per subject; each adds its `OPERATIONS` here."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ringcentral.operations import account, calls, contacts, messages, people, places, subscriptions

OPERATIONS: Final[tuple[Operation, ...]] = (
    *account.OPERATIONS,
    *people.OPERATIONS,
    *contacts.OPERATIONS,
    *calls.OPERATIONS,
    *messages.OPERATIONS,
    *places.OPERATIONS,
    *subscriptions.OPERATIONS,
)
