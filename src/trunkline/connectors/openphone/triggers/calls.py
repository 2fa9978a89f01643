"""What happens to phone calls, and what comes of them afterwards."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Trigger
from trunkline.connect.watching import matching
from trunkline.connectors.openphone.operations.calls import ENDED, LIST
from trunkline.connectors.openphone.records.call import (
    CALL,
    RECORDING,
    SUMMARY,
    TRANSCRIPT,
    VOICEMAIL,
    call_of,
    recordings_of,
    summary_of,
    transcript_of,
    voicemail_of,
)
from trunkline.connectors.openphone.surface import number_id
from trunkline.connectors.openphone.triggers.deliveries import context_of, named, newly_made, resource_of, seen
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, list_of, record

_OVERLAP_S: Final = 4 * 3600
"""The list is asked by when a call began, and wanted is when it ended or was written up."""

_ENDED: Final[list[JSON]] = [*ENDED]
_CALL: Final = record({"call": CALL}, required=("call",))


def from_webhook(body: JSONObject) -> JSONObject | None:
    """The payload of a delivery; None when it names no call."""
    resource = resource_of(body)
    return {"call": call_of(resource, context_of(body))} if named(resource, "id") else None


def from_list(item: JSONObject) -> JSONObject:
    return {"call": call_of(item, {})}


def _call_id(payload: JSONObject) -> str:
    return str(as_object(payload["call"])["id"])


def _trigger(id: str, title: str, gives: Schema, *kinds: str, **facts: Any) -> Trigger:
    defaults: dict[str, Any] = {"payload": from_webhook}
    return Trigger(
        **{**defaults, **facts},
        id=id,
        title=title,
        category="Calls",
        kinds=kinds,
        takes=record({"phoneNumberId": number_id("Only of this number of the workspace")}),
        matches=matching({"phoneNumberId": "call.phone_number_id"}),
        gives=gives,
        record_key=_call_id,
        sample=f"{id}.json",
    )


def _happened(
    id: str, title: str, asked: JSONObject, *kinds: str, about: str = "", items: Callable[[JSON], list[JSON]] | None = None
) -> Trigger:
    """Something that happens to a call once, and that the list of calls shows as well; `items` are those of it that count."""
    poll = replace(newly_made(LIST, from_list, asked, overlap_s=_OVERLAP_S), items=items)
    return _trigger(id, title, _CALL, *kinds, about=about, fingerprint=seen, poll=poll)


def _answered(page: JSON) -> list[JSON]:
    """The calls of a page that somebody took, the AI agent included."""
    return [call for call in as_list(as_object(page).get("data")) if as_object(call).get("answeredAt") is not None]


# ── what comes of a call ─────────────────────────────────────────────────────────────────────────────────────────────


def _about_call(body: JSONObject) -> JSONObject | None:
    """The call that a recording, summary, transcript or voicemail is of, as far as it was told."""
    resource, context = resource_of(body), context_of(body)
    for holder, name in ((resource, "callId"), (context, "callId"), (resource, "id")):
        if named(holder, name):
            call: JSONObject = {"id": holder[name]}
            break
    else:
        return None
    whole = resource if "direction" in resource or "participants" in resource else {}
    return call_of({**whole, **call}, context)


def _artifact(under: str, read: Callable[[JSONObject], JSON]) -> Callable[[JSONObject], JSONObject | None]:
    """A payload of the call and what came of it."""

    def payload(body: JSONObject) -> JSONObject | None:
        call = _about_call(body)
        return None if call is None else {"call": call, under: read(resource_of(body))}

    return payload


def _finished(read: Callable[[JSONObject], JSONObject]) -> Callable[[JSONObject], JSON]:
    """The vendor announces these when they are done, whether or not the record says so."""

    def finished(resource: JSONObject) -> JSON:
        made = read(resource)
        return {**made, "status": made["status"] or "completed"}

    return finished


def _included(under: str, read: Callable[[JSONObject], JSONObject]) -> Callable[[JSONObject], JSONObject]:
    """The same of an item of the list of calls, which tells it on request."""

    def payload(item: JSONObject) -> JSONObject:
        bare = {name: value for name, value in item.items() if name not in ("summary", "voicemail")}
        return {"call": call_of(bare, {}), under: read(as_object(item.get(under)))}

    return payload


def _written_up(id: str, title: str, under: str, schema: Schema, read: Callable[[JSONObject], JSONObject], *kinds: str) -> Trigger:
    """Counts when it is completed; the poll sees it absent or in progress before."""

    def status(payload: JSONObject) -> JSON:
        return as_object(payload[under])["status"]

    def compare(before: JSON, payload: JSONObject) -> JSONObject | None:  # noqa: ARG001 - a state seen before is no news anyway
        return payload if status(payload) == "completed" else None

    return _trigger(
        id,
        title,
        record({"call": CALL, under: schema}, required=("call", under)),
        *kinds,
        about="The poll looks at calls that began in the last four hours",
        payload=_artifact(under, _finished(read)),
        poll=newly_made(LIST, _included(under, read), {"include": [under]}, overlap_s=_OVERLAP_S),
        fingerprint=status,
        compare=compare,
    )


TRIGGERS: Final[tuple[Trigger, ...]] = (
    _happened(
        "calls.created",
        "New call",
        {},
        "call.ringing",
        "call.answered",
        "call.completed",
        "call.missed",
        about="Each call once, when it is first seen",
    ),
    _happened(
        "calls.ringing", "Call ringing", {"status": ["ringing"]}, "call.ringing", about="The poll sees only what rings while it looks"
    ),
    _trigger("calls.menu_selected", "Phone menu choice made", _CALL, "call.menu.selected", about="By webhook only"),
    _happened(
        "calls.answered", "Call answered", {}, "call.answered", about="Each call once, however often it is passed on", items=_answered
    ),
    _happened(
        "calls.completed",
        "Call completed",
        {"status": _ENDED},
        "call.completed",
        about="However it ended. The webhook has words of its own for that: answered, unanswered, failed, forwarded, abandoned, ai-handled",
    ),
    _happened("calls.missed", "Call missed", {"direction": "incoming", "status": ["missed", "no-answer"]}, "call.missed"),
    _happened("calls.forwarded", "Call forwarded", {"status": ["forwarded"]}, "call.forwarded"),
    _trigger(
        "calls.recording_completed",
        "Call recording ready",
        record({"call": CALL, "recordings": list_of(RECORDING)}, required=("call", "recordings")),
        "call.recording.completed",
        about="By webhook only. Links are signed and stop working after a while: calls.recordings gives new ones",
        payload=_artifact("recordings", recordings_of),
    ),
    _trigger(
        "calls.transcript_completed",
        "Call transcript ready",
        record({"call": CALL, "transcript": TRANSCRIPT}, required=("call", "transcript")),
        "call.transcript.completed",
        "callTranscript",
        about="By webhook only",
        payload=_artifact("transcript", _finished(transcript_of)),
    ),
    _written_up("calls.summary_completed", "Call summary ready", "summary", SUMMARY, summary_of, "call.summary.completed", "callSummary"),
    _written_up("calls.voicemail_completed", "Voicemail ready", "voicemail", VOICEMAIL, voicemail_of, "call.voicemail.completed"),
)
