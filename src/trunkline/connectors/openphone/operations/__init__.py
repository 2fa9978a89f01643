"""Everything a flow can ask of OpenPhone, one file per category; each adds its `OPERATIONS` here."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.openphone.operations import calls, contacts, conversations, messages, notes, numbers, tasks, webhooks, workspace

OPERATIONS: Final[tuple[Operation, ...]] = (
    *messages.OPERATIONS,
    *calls.OPERATIONS,
    *contacts.OPERATIONS,
    *notes.OPERATIONS,
    *conversations.OPERATIONS,
    *tasks.OPERATIONS,
    *numbers.OPERATIONS,
    *workspace.OPERATIONS,
    *webhooks.OPERATIONS,
)
