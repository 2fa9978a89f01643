"""A message of the store in the one form that flows see: text, voicemail or fax, told by webhook or read from the list."""

from typing import Final

from trunkline.connectors.ringcentral.declaring import plain_object, text_in
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, boolean, integer, list_of, nullable, record, text

_PERSON: Final = record({name: nullable(text()) for name in ("number", "name", "extension_id")})
MESSAGE: Final[Schema] = record(
    {
        "id": text(),
        "type": text(),
        "from": _PERSON,
        "to": list_of(_PERSON),
        "text": nullable(text("What a text message says")),
        "conversation_id": nullable(text()),
        "read": boolean(),
        "created_at": nullable(text()),
        "transcription": nullable(text("How far the transcription of a voicemail is")),
        "duration_s": nullable(integer("Of a voicemail")),
        "pages": nullable(integer("Of a fax")),
        "attachments": list_of(record({"id": text(), "type": nullable(text()), "content_type": nullable(text())})),
    },
    required=("id", "type", "from", "to"),
)


def message_of(item: JSONObject) -> JSONObject:
    """A message as events tell it, with ids as text."""
    found = plain_object(item)
    attachments = [as_object(one) for one in as_list(found.get("attachments"))]
    kind = str(text_in(found.get("type")) or "")
    return {
        "id": str(text_in(found.get("id")) or ""),
        "type": kind,
        "from": _person(as_object(found.get("from"))),
        "to": [_person(as_object(one)) for one in as_list(found.get("to"))],
        "text": text_in(found.get("subject")) if kind in ("SMS", "Pager") else None,
        "conversation_id": text_in(as_object(found.get("conversation")).get("id")) or text_in(found.get("conversationId")),
        "read": found.get("readStatus") == "Read",
        "created_at": text_in(found.get("creationTime")),
        "transcription": text_in(found.get("vmTranscriptionStatus")),
        "duration_s": next((_whole(one["vmDuration"]) for one in attachments if "vmDuration" in one), None),
        "pages": _whole(found.get("faxPageCount")),
        "attachments": [_attachment(one) for one in attachments],
    }


def _person(side: JSONObject) -> JSONObject:
    told = {"number": "phoneNumber", "name": "name", "extension_id": "extensionId"}
    return {ours: text_in(side.get(theirs)) for ours, theirs in told.items()}


def _attachment(one: JSONObject) -> JSONObject:
    id = str(text_in(one.get("id")) or "")
    return {"id": id, "type": text_in(one.get("type")), "content_type": text_in(one.get("contentType"))}


def _whole(value: JSON) -> JSON:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
