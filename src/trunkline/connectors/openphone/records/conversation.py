"""A conversation: a number of the workspace and the people on the other side."""

from typing import Final

from trunkline.connectors.openphone.records.spelling import flat, instant, numbers_in, only_texts
from trunkline.model.json import JSONObject
from trunkline.model.schema import Schema, list_of, nullable, record, text

_INSTANTS: Final = ("created_at", "updated_at", "deleted_at", "last_activity_at", "muted_until", "snoozed_until")
_TEXTS: Final = ("phone_number_id", "name", "assigned_to", "last_activity_id")

CONVERSATION: Final[Schema] = record(
    {
        "id": text(),
        **{name: nullable(text()) for name in (*_TEXTS, *_INSTANTS)},
        "participants": list_of(text(), "The others' numbers"),
    },
    required=("id", "participants"),
    about="The conversation; every key the vendor sent is here in snake_case",
    open=True,
)


def conversation_of(raw: JSONObject) -> JSONObject:
    """The flat record of a conversation."""
    conversation: JSONObject = {**dict.fromkeys((*_TEXTS, *_INSTANTS)), **flat(raw)}
    for name in _INSTANTS:
        conversation[name] = instant(conversation[name])
    conversation["participants"] = numbers_in(raw.get("participants"))
    return only_texts(conversation, (*_TEXTS, *_INSTANTS))
