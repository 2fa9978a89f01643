"""Everything that can happen in a workspace, one file per category; each adds its `TRIGGERS` here."""

from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connectors.openphone.triggers import calls, contacts, conversations, messages, tasks, workspace

TRIGGERS: Final[tuple[Trigger, ...]] = (
    *messages.TRIGGERS,
    *calls.TRIGGERS,
    *contacts.TRIGGERS,
    *conversations.TRIGGERS,
    *tasks.TRIGGERS,
    *workspace.TRIGGERS,
)
