"""A text message, whatever shape it comes in."""

from typing import Final

from trunkline.connectors.openphone.records.spelling import contact_ids, flat, instant, only_texts, parties, party
from trunkline.model.json import JSONObject, as_list
from trunkline.model.schema import Schema, anything, list_of, nullable, record, text

_TEXTS: Final = ("direction", "status", "created_at", "user_id", "phone_number_id", "conversation_id")

MESSAGE: Final[Schema] = record(
    {
        "id": text(),
        "from": nullable(text("Who sent it: a number, or Anonymous")),
        "to": list_of(text()),
        "text": text(),
        **{name: nullable(text()) for name in _TEXTS},
        "contact_ids": list_of(text()),
        "media": list_of(anything()),
    },
    required=("id", "from", "to", "text", "contact_ids", "media"),
    open=True,
)


def message_of(resource: JSONObject, context: JSONObject) -> JSONObject:
    """The flat record of a message; the current generation keeps sender, recipients and contacts in the context."""
    fields = flat(resource)
    said = fields.get("text", fields.pop("body", None))  # older pages of the vendor call it body
    message: JSONObject = {
        **fields,
        "id": fields.get("id"),
        "from": party(fields.get("from")) or party(context.get("senderIdentifier")),
        "to": [*(parties(fields.get("to")) or parties(context.get("recipientIdentifiers")))],
        "text": said if isinstance(said, str) else "",
        "direction": fields.get("direction"),
        "status": fields.get("status"),
        "created_at": instant(fields.get("created_at")),
        "user_id": fields.get("user_id") or context.get("userId"),
        "phone_number_id": fields.get("phone_number_id") or context.get("phoneNumberId"),
        "conversation_id": fields.get("conversation_id") or context.get("conversationId"),
        "contact_ids": contact_ids(resource, context),
        "media": as_list(fields.get("media")),
    }
    return only_texts(message, _TEXTS)
