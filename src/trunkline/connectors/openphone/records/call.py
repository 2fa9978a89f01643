"""A phone call and what comes of it: recordings, summary, transcript, voicemail."""

from math import isfinite
from typing import Final

from trunkline.connectors.openphone.records.spelling import contact_ids, flat, instant, numbers_in, only_texts, texts, user_of
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, anything, boolean, integer, list_of, nullable, number, record, text

_TEXTS: Final = (
    "direction",
    "status",
    "phone_number_id",
    "conversation_id",
    "user_id",
    "answered_by",
    "initiated_by",
    "forwarded_from",
    "forwarded_to",
    "ai_handled",
    "call_route",
)
_INSTANTS: Final = ("created_at", "updated_at", "answered_at", "completed_at")

CALL: Final[Schema] = record(
    {
        "id": text(),
        **{name: nullable(text()) for name in (*_TEXTS, *_INSTANTS)},
        "participants": list_of(text(), "The numbers on the call, or Anonymous, Blocked, Restricted"),
        "duration": nullable(integer("Seconds")),
        "contact_ids": list_of(text()),
        "complete": boolean("Whether the parties were told; if not, read the call"),
    },
    required=("id", "participants", "contact_ids", "complete"),
    about="The call; every key the vendor sent is here in snake_case",
    open=True,
)

RECORDING: Final[Schema] = record(
    {
        "id": nullable(text()),
        "url": nullable(text("Signed, and only good for a while")),
        "type": nullable(text()),
        "status": nullable(text()),
        "duration": nullable(integer("Seconds")),
        "start_time": nullable(text()),
    },
    open=True,
)
SUMMARY: Final[Schema] = record(
    {
        "status": nullable(text("absent, in-progress, completed or failed")),
        "summary": list_of(text()),
        "next_steps": list_of(text()),
        "jobs": list_of(anything()),
    },
    required=("status", "summary", "next_steps", "jobs"),
    open=True,
)
TRANSCRIPT: Final[Schema] = record(
    {
        "status": nullable(text()),
        "created_at": nullable(text()),
        "duration": nullable(number("Seconds")),
        "dialogue": list_of(
            record(
                {
                    "content": text(),
                    "start": nullable(number()),
                    "end": nullable(number()),
                    "identifier": nullable(text()),
                    "user_id": nullable(text()),
                },
                open=True,
            )
        ),
    },
    required=("status", "dialogue"),
    open=True,
)
VOICEMAIL: Final[Schema] = record(
    {
        "id": nullable(text()),
        "status": nullable(text()),
        "duration": nullable(integer("Seconds")),
        "recording_url": nullable(text("Signed, and only good for a while")),
        "transcript": nullable(text()),
    },
    required=("status",),
    open=True,
)


def rest_call(raw: JSONObject) -> JSONObject:
    """The call of either surface as v1 tells it: parties are numbers, and `userId` is a person. `participantDetails` keeps the rest."""
    told = as_list(raw.get("participants"))
    details: JSONObject = {"participantDetails": told} if any(isinstance(one, dict) for one in told) else {}
    return {**raw, "participants": numbers_in(told), "userId": user_of(raw), **details}


def call_of(resource: JSONObject, context: JSONObject) -> JSONObject:
    """The flat record of a call. A call that ended has been told with no parties at all (seen at a partner): then it is not `complete`."""
    fields = flat(rest_call(resource))
    parties = numbers_in(resource.get("participants")) or numbers_in(context.get("participants"))
    call: JSONObject = {**dict.fromkeys((*_TEXTS, *_INSTANTS)), **fields, "id": fields.get("id")}
    for name in _INSTANTS:
        call[name] = instant(call[name])
    for name, told in (("phone_number_id", "phoneNumberId"), ("conversation_id", "conversationId")):
        call[name] = call[name] or context.get(told)
    call["user_id"] = user_of(resource) or user_of(context)
    call["participants"] = parties
    call["duration"] = seconds(fields.get("duration"))
    call["contact_ids"] = contact_ids(resource, context)
    call["complete"] = parties != []
    return only_texts(call, (*_TEXTS, *_INSTANTS))


def seconds(value: JSON) -> JSON:
    """A duration as a whole number; the legacy generation has been seen to send it as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return round(value) if value == value and abs(value) < 1e15 else None
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdecimal() and len(value) <= 15 else None
    return value if isinstance(value, int) else None


def _number(value: JSON) -> JSON:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) else None


def recordings_of(resource: JSONObject) -> list[JSON]:
    """The recordings of a call, or the one recording that the resource itself is."""
    told = as_list(resource.get("recordings")) or ([resource] if "url" in resource else [])
    return [_recording(flat(as_object(one))) for one in told]


def _recording(fields: JSONObject) -> JSON:
    made: JSONObject = {**fields, "duration": seconds(fields.get("duration")), "start_time": instant(fields.get("start_time"))}
    return only_texts(made, ("id", "url", "type", "status", "start_time"))


def summary_of(resource: JSONObject) -> JSONObject:
    fields = flat(resource)
    lists: JSONObject = {"summary": texts(fields.get("summary")), "next_steps": texts(fields.get("next_steps"))}
    return only_texts({**fields, **lists, "jobs": as_list(fields.get("jobs"))}, ("status",))


def transcript_of(resource: JSONObject) -> JSONObject:
    """The lines of a transcript; the dated surface says `actorId` where v1 says `userId`."""
    fields = flat(resource)
    lines: list[JSON] = [_line(as_object(one)) for one in as_list(fields.get("dialogue"))]
    told: JSONObject = {"created_at": instant(fields.get("created_at")), "duration": _number(fields.get("duration")), "dialogue": lines}
    return only_texts({**fields, **told}, ("status", "created_at"))


def _line(raw: JSONObject) -> JSONObject:
    fields, said = flat(raw), raw.get("content")
    times: JSONObject = {name: _number(fields.get(name)) for name in ("start", "end")}
    line: JSONObject = {**fields, **times, "content": said if isinstance(said, str) else "", "user_id": user_of(raw)}
    return only_texts(line, ("identifier",))


def voicemail_of(resource: JSONObject) -> JSONObject:
    fields = flat(resource)
    return only_texts({**fields, "duration": seconds(fields.get("duration"))}, ("id", "status", "recording_url", "transcript"))
