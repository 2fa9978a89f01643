"""Phone calls and what comes of them; they can be read, never made."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.openphone.records.call import rest_call
from trunkline.connectors.openphone.surface import (
    ENDPOINTS,
    INCLUSIVE,
    NEXT_PAGE,
    dated,
    described,
    listed,
    number_id,
    one_of_those,
    paged,
    pages_of,
    read_one,
    within,
)
from trunkline.model.schema import anything, list_of, nullable, text

ENDED: Final = ("completed", "busy", "failed", "no-answer", "canceled", "missed", "answered", "forwarded", "abandoned")
STATES: Final = ("queued", "initiated", "ringing", "in-progress", *ENDED)

_CATEGORY: Final = "Calls"
_CALL_ID: Final = {"callId": text("The call's id", pattern="^AC")}
_CALL: Final = described(
    "GET /calls/{callId}",
    {
        "participants": list_of(text(), "The numbers on the call"),
        "participantDetails": list_of(anything(), "The same with the user or agent behind each"),
        "userId": nullable(text("The user who had the call; null for the AI agent")),
    },
)
_INCLUDE: Final = list_of(text(choices=("summary", "voicemail")), "What to tell besides", min_items=1)
_LIST: Final = ENDPOINTS.operation("GET /calls", id="calls.list")
_GET: Final = ENDPOINTS.operation("GET /calls/{callId}", id="calls.get")
_TRANSCRIPTS: Final = ENDPOINTS.operation("GET /calls/{callId}/transcripts", id="calls.transcripts")

LIST: Final[Operation] = replace(
    _LIST,
    title="List calls",
    category=_CATEGORY,
    about="Newest first, of the whole workspace, group calls among them. A call under way is here too, with its status",
    call=listed(
        _LIST, dated({**INCLUSIVE, "userId": "actorId", "participants": "participant[in]", "status": "status[in]"}), shape=rest_call
    ),
    takes=paged(
        {
            "phoneNumberId": number_id(),
            "userId": text("Had by this user (US…) or AI agent (SYU…)", pattern="^(US|SYU)"),
            "participants": list_of(text(format="e164"), "With any of these numbers", min_items=1),
            "direction": text(choices=("incoming", "outgoing")),
            "status": list_of(text(choices=STATES), "In any of these states", min_items=1),
            "include": _INCLUDE,
            **within("calls that began"),
        }
    ),
    gives=pages_of(_CALL),
    items="data",
    id_field="id",
    updated_field="updatedAt",
    next_page=NEXT_PAGE,
    sample="calls.list.json",
)

GET: Final[Operation] = replace(
    _GET,
    title="Get call",
    category=_CATEGORY,
    call=read_one(_GET, shape=rest_call),
    takes=lambda: {**_GET.input, "properties": {**_CALL_ID, "include": _INCLUDE}},
    gives=one_of_those(_CALL),
    record="data",
    id_field="id",
    updated_field="updatedAt",
    sample="calls.get.json",
)

RECORDINGS: Final[Operation] = ENDPOINTS.operation(
    "GET /v1/call-recordings/{callId}",
    id="calls.recordings",
    title="List call recordings",
    category=_CATEGORY,
    about="Oldest first. Links are signed and stop working after a while",
    add=_CALL_ID,
    items="data",
    id_field="id",
    sample="calls.recordings.json",
)

SUMMARY: Final[Operation] = ENDPOINTS.operation(
    "GET /v1/call-summaries/{callId}",
    id="calls.summary",
    title="Get call summary",
    category=_CATEGORY,
    about="Of the Business and Scale plans",
    add=_CALL_ID,
    record="data",
    id_field="callId",
    sample="calls.summary.json",
)

TRANSCRIPT: Final[Operation] = ENDPOINTS.operation(
    "GET /v1/call-transcripts/{id}",
    id="calls.transcript",
    title="Get call transcript",
    category=_CATEGORY,
    about="Of the Business and Scale plans",
    add={"id": text("The call's id", pattern="^AC")},
    record="data",
    id_field="callId",
    sample="calls.transcript.json",
)

TRANSCRIPTS: Final[Operation] = replace(
    _TRANSCRIPTS,
    title="List call transcripts",
    category=_CATEGORY,
    about="One for each recorded stretch of the call; its times count from the beginning of that stretch",
    call=listed(_TRANSCRIPTS, dated({})),
    takes=paged(_CALL_ID, required=("callId",)),
    gives=pages_of(described("GET /calls/{callId}/transcripts")),
    items="data",
    id_field="recordingId",
    next_page=NEXT_PAGE,
    sample="calls.transcripts.json",
)

VOICEMAIL: Final[Operation] = ENDPOINTS.operation(
    "GET /v1/call-voicemails/{callId}",
    id="calls.voicemail",
    title="Get call voicemail",
    category=_CATEGORY,
    add=_CALL_ID,
    record="data",
    id_field="id",
    sample="calls.voicemail.json",
)

OPERATIONS: Final = (LIST, GET, RECORDINGS, SUMMARY, TRANSCRIPT, TRANSCRIPTS, VOICEMAIL)
