"""What happens to conversations. No webhook tells of them; the one list that the vendor sorts does."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connect.watching import Reading, Shape, watch
from trunkline.connectors.openphone.operations.conversations import LIST
from trunkline.connectors.openphone.records.conversation import CONVERSATION, conversation_of
from trunkline.connectors.openphone.records.spelling import snake
from trunkline.connectors.openphone.surface import number_id
from trunkline.model.schema import Schema, list_of, record

_NUMBERS: Final = record({"phoneNumbers": list_of(number_id(), "Only those of these numbers of the workspace", min_items=1, max_items=100)})


def _schema(item: Schema) -> Schema:  # noqa: ARG001 - ours says it in the words of the payload
    return CONVERSATION


_SHAPE: Final = Shape(item=conversation_of, schema=_schema, name=snake)

CHANGED: Final[Trigger] = watch(
    LIST,
    id="conversations.changed",
    title="Conversation new or changed",
    news="changed",
    under="conversation",
    shape=_SHAPE,
    reading=Reading(begin={"sort": "updatedAt:asc"}, since=lambda since: {"updatedAfter": since}),
    about="Any message or call changes it",
    sample="conversations.changed.json",
)

CREATED: Final[Trigger] = watch(
    LIST,
    id="conversations.created",
    title="Conversation begun",
    news="new",
    under="conversation",
    shape=_SHAPE,
    stamp="createdAt",
    reading=Reading(begin={"sort": "createdAt:asc"}, since=lambda since: {"after": since}),
    sample="conversations.created.json",
)

TRIGGERS: Final[tuple[Trigger, ...]] = (replace(CHANGED, takes=_NUMBERS), replace(CREATED, takes=_NUMBERS))
