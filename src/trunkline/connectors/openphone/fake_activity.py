"""Texts, calls and conversations of a simulated workspace, as both surfaces tell them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request

from trunkline.connectors.openphone.fake_lists import Problem, Refused, commas, dated_page, v1_page, within
from trunkline.model.clock import Instant, iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler

NUMBER_ID: Final = "PNfake0001"
NUMBER: Final = "+15555550100"
USER_ID: Final = "USfake0001"
_V1_CALL: Final = (
    "id",
    "phoneNumberId",
    "direction",
    "status",
    "answeredAt",
    "answeredBy",
    "initiatedBy",
    "completedAt",
    "createdAt",
    "updatedAt",
    "callRoute",
    "duration",
    "forwardedFrom",
    "forwardedTo",
    "aiHandled",
)

Announce = Callable[[str, JSONObject, JSONObject], None]
"""Tells of an event: its name, the record, and what the current generation puts beside it."""


@dataclass(slots=True, kw_only=True)
class Activity:
    """What went on in the workspace, oldest first. Calls are kept as the dated surface tells them, without what `include` adds."""

    now: Callable[[], Instant]
    announce: Announce
    messages: dict[str, JSONObject] = field(default_factory=dict[str, JSONObject])
    calls: dict[str, JSONObject] = field(default_factory=dict[str, JSONObject])
    conversations: dict[str, JSONObject] = field(default_factory=dict[str, JSONObject])
    recordings: dict[str, list[JSON]] = field(default_factory=dict[str, list[JSON]])
    summaries: dict[str, JSONObject] = field(default_factory=dict[str, JSONObject])
    transcripts: dict[str, list[JSONObject]] = field(default_factory=dict[str, list[JSONObject]])
    """Of each recorded stretch of a call."""
    voicemails: dict[str, JSONObject] = field(default_factory=dict[str, JSONObject])

    # ── what a test or a demonstration does to it directly ──

    def message(self, *, sender: str, to: list[JSON], content: str, direction: str, status: str, id: str | None = None) -> JSONObject:
        """A text that came or went."""
        at = iso(self.now())
        told = id or fresh("AC").replace("_", "")
        message: JSONObject = {
            "id": told,
            "from": sender,
            "to": to,
            "text": content,
            "phoneNumberId": NUMBER_ID,
            "conversationId": self._conversation([sender, *to], told, at),
            "direction": direction,
            "userId": USER_ID,
            "status": status,
            "createdAt": at,
            "updatedAt": at,
            "media": [],
        }
        self.messages[told] = message
        return message

    def call(self, *, other: str, direction: str = "incoming", status: str = "ringing", id: str | None = None) -> JSONObject:
        """A call that rings or went by."""
        at, told = iso(self.now()), id or fresh("AC").replace("_", "")
        call: JSONObject = {
            "id": told,
            "phoneNumberId": NUMBER_ID,
            "actorId": USER_ID,
            "direction": direction,
            "status": status,
            "participants": [{"phoneNumber": NUMBER, "actorId": USER_ID}, {"phoneNumber": other, "actorId": None}],
            **dict.fromkeys(("answeredAt", "answeredBy", "completedAt", "forwardedFrom", "forwardedTo", "aiHandled")),
            "initiatedBy": USER_ID if direction == "outgoing" else None,
            "callRoute": "phone-number",
            "duration": 0,
            "createdAt": at,
            "updatedAt": at,
        }
        self.calls[told] = call
        self._conversation([NUMBER, other], told, at)
        return call

    def progress(self, call_id: str, status: str, *, duration: int = 0) -> JSONObject:
        """A call goes on: answered, completed, missed and the like."""
        call, at = self.calls[call_id], iso(self.now())
        call.update({"status": status, "updatedAt": at, "duration": duration})
        if status in ("answered", "in-progress"):
            call.update({"answeredAt": at, "answeredBy": USER_ID})
        if status not in ("ringing", "answered", "in-progress"):
            call["completedAt"] = at
        return call

    def set_status(self, message_id: str, status: str) -> JSONObject:
        """The carrier says what became of a text; that is announced."""
        message = self.messages[message_id]
        message.update({"status": status, "updatedAt": iso(self.now())})
        if status in ("delivered", "failed", "undelivered"):
            self.announce(f"message.{status}", message, {})
        return message

    def _conversation(self, parties: list[JSON], activity: str, at: str) -> str:
        others: list[JSON] = [*sorted({str(one) for one in parties if one != NUMBER})]
        id = "CN" + "".join(str(one)[1:] for one in others)
        blank: JSONObject = {**dict.fromkeys(("name", "assignedTo", "mutedUntil", "snoozedUntil", "deletedAt")), "createdAt": at}
        told: JSONObject = {"lastActivityAt": at, "lastActivityId": activity, "updatedAt": at}
        known = self.conversations.get(id, {"id": id, "phoneNumberId": NUMBER_ID, "participants": others, **blank})
        self.conversations[id] = {**known, **told}
        return id

    # ── answers ──

    def handlers(self) -> Mapping[str, Handler]:
        marks: dict[str, Handler] = {}
        for state in ("read", "done", "open"):
            path = f"/conversations/{{conversationId}}/mark-as-{state}"
            marks[f"POST /v1{path}"] = lambda request, _: self._marked(request)
            marks[f"POST {path}"] = lambda request, _: {"data": _without(self._marked(request), "assignedTo")}
        return {
            "POST /v1/messages": self._send,
            "GET /v1/messages": self._list_of_conversation,
            "GET /v1/messages/{id}": lambda request, _: {"data": _v1_message(self._message(request.path_params["id"]))},
            "GET /messages": self._list_messages,
            "GET /messages/{messageId}": lambda request, _: {"data": self._message(request.path_params["messageId"])},
            "POST /messages/{messageId}/retry": self._retry,
            "GET /v1/calls": self._list_calls_with,
            "GET /v1/calls/{callId}": lambda request, _: {"data": _v1_call(self._call(request))},
            "GET /calls": self._list_calls,
            "GET /calls/{callId}": lambda request, _: {"data": self._included(self._call(request), request.query_params)},
            "GET /v1/call-recordings/{callId}": lambda request, _: {"data": self.recordings.get(str(self._call(request)["id"]), [])},
            "GET /calls/{callId}/recordings": self._list_recordings,
            "GET /v1/call-summaries/{callId}": self._summary,
            "GET /v1/call-transcripts/{id}": self._transcript,
            "GET /calls/{callId}/transcripts": self._list_transcripts,
            "GET /v1/call-voicemails/{callId}": self._voicemail,
            "GET /v1/conversations": self._list_conversations,
            "GET /conversations": self._list_sorted,
            **marks,
        }

    # ── texts ──

    def _message(self, id: str) -> JSONObject:
        if id not in self.messages:
            raise Refused(404, "Message not found")
        return self.messages[id]

    def _send(self, _: Request, body: JSON) -> JSON:
        given = as_object(body)
        if given["from"] not in (NUMBER_ID, NUMBER):
            raise Refused(403, "Not Phone Number User", code="0202403")
        wrong = [Problem(path="/to", message="Expected E.164", value=one) for one in as_list(given["to"]) if not str(one).startswith("+")]
        if wrong:
            raise Refused(400, "Bad Request", problems=wrong)
        sent = self.message(sender=NUMBER, to=as_list(given["to"]), content=str(given["content"]), direction="outgoing", status="queued")
        return {"data": sent}

    def _list_of_conversation(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        others = set(query.getlist("participants"))
        found = [one for one in _newest(self.messages) if _others(one) == others and within(one, query) and _same(one, query, "userId")]
        return v1_page([_v1_message(one) for one in found], query)

    def _list_messages(self, request: Request, _: JSON) -> JSON:
        query = request.query_params

        def wanted(message: JSONObject) -> bool:
            to = set(map(str, as_list(message["to"])))
            exact = "to[all]" not in query or set(commas(query, "to[all]")) == to
            return exact and ("to" not in query or query["to"] in to) and within(message, query)

        plain = ("from", "status", "direction", "phoneNumberId", "userId")
        found = [one for one in _newest(self.messages) if _same(one, query, *plain) and wanted(one)]
        return dated_page(found, query)

    def _retry(self, request: Request, _: JSON) -> JSON:
        message = self._message(request.path_params["messageId"])
        if message["status"] != "failed":
            raise Refused(422, "Message cannot be retried")
        message.update({"status": "queued", "updatedAt": iso(self.now())})
        return {}

    # ── calls ──

    def _call(self, request: Request) -> JSONObject:
        id = request.path_params["callId"]
        if id not in self.calls:
            raise Refused(404, "Call not found")
        return self.calls[id]

    def _list_calls_with(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        found = [one for one in _newest(self.calls) if _parties(one) & set(query.getlist("participants")) and within(one, query)]
        return v1_page([_v1_call(one) for one in found], query)

    def _list_calls(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        parties = set(commas(query, "participant[in]") or query.getlist("participant"))
        states = commas(query, "status[in]") or query.getlist("status")

        def wanted(call: JSONObject) -> bool:
            return (not parties or bool(_parties(call) & parties)) and (not states or call["status"] in states) and within(call, query)

        found = [one for one in _newest(self.calls) if _same(one, query, "phoneNumberId", "actorId", "direction") and wanted(one)]
        return dated_page([self._included(one, query) for one in found], query)

    def _included(self, call: JSONObject, query: QueryParams) -> JSONObject:
        id, more = str(call["id"]), commas(query, "include")
        told: JSONObject = {}
        if "summary" in more:
            told["summary"] = _without(self.summaries.get(id, {"status": "absent"}), "callId")
        if "voicemail" in more:
            told["voicemail"] = self.voicemails.get(id)
        return {**call, **told}

    def _list_recordings(self, request: Request, _: JSON) -> JSON:
        found = self.recordings.get(str(self._call(request)["id"]), [])
        return dated_page([as_object(one) for one in found], request.query_params)

    def _summary(self, request: Request, _: JSON) -> JSON:
        id = str(self._call(request)["id"])
        return {"data": self.summaries.get(id, {"callId": id, "nextSteps": None, "status": "absent", "summary": None})}

    def _transcript(self, request: Request, _: JSON) -> JSON:
        id = request.path_params["id"]
        if id not in self.transcripts:
            raise Refused(404, "Transcript not found")
        return {"data": self.transcripts[id][0]}

    def _list_transcripts(self, request: Request, _: JSON) -> JSON:
        told = self.transcripts.get(str(self._call(request)["id"]), [])
        return dated_page([_stretch(one, number) for number, one in enumerate(told)], request.query_params)

    def _voicemail(self, request: Request, _: JSON) -> JSON:
        id = str(self._call(request)["id"])
        if id not in self.voicemails:
            raise Refused(404, "Voicemail not found")
        return {"data": self.voicemails[id]}

    # ── conversations ──

    def _marked(self, request: Request) -> JSONObject:
        id = request.path_params["conversationId"]
        if id not in self.conversations:
            raise Refused(404, "Conversation not found")
        return self.conversations[id]

    def _list_conversations(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        numbers = query.getlist("phoneNumbers") or query.getlist("phoneNumber") or [NUMBER]
        found = [one for one in _newest(self.conversations) if {NUMBER, NUMBER_ID} & set(numbers) and _in_time(one, query)]
        return v1_page(found, query)

    def _list_sorted(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        ids = commas(query, "phoneNumberId[in]") or query.getlist("phoneNumberId") or [NUMBER_ID]
        by, _, way = query.get("sort", "createdAt:desc").partition(":")
        found = [one for one in self.conversations.values() if one["phoneNumberId"] in ids and _in_time(one, query)]
        found.sort(key=lambda one: str(one[by]), reverse=way == "desc")
        return dated_page([_without(one, "assignedTo") for one in found], query)


def _newest(records: Mapping[str, JSONObject]) -> list[JSONObject]:
    return list(records.values())[::-1]


def _same(record: JSONObject, query: QueryParams, *names: str) -> bool:
    return all(name not in query or record.get(name) == query[name] for name in names)


def _in_time(record: JSONObject, query: QueryParams) -> bool:
    return within(record, query) and within(record, query, "updatedAt")


def _others(message: JSONObject) -> set[str]:
    return {str(one) for one in [message["from"], *as_list(message["to"])] if one != NUMBER}


def _parties(call: JSONObject) -> set[str]:
    return {str(as_object(one)["phoneNumber"]) for one in as_list(call["participants"])}


def _without(record: JSONObject, name: str) -> JSONObject:
    return {key: value for key, value in record.items() if key != name}


def _v1_message(message: JSONObject) -> JSONObject:
    """v1 has no word for a text that never left."""
    return {**message, "status": "undelivered" if message["status"] == "failed" else message["status"]}


def _v1_call(call: JSONObject) -> JSONObject:
    parties: list[JSON] = [as_object(one)["phoneNumber"] for one in as_list(call["participants"])]
    return {**{name: call[name] for name in _V1_CALL}, "participants": parties, "userId": call["actorId"]}


def _stretch(transcript: JSONObject, number: int) -> JSONObject:
    """A transcript as the dated surface tells it."""
    lines: list[JSON] = [
        {**_without(as_object(line), "userId"), "actorId": as_object(line)["userId"]} for line in as_list(transcript["dialogue"])
    ]
    kept: JSONObject = {name: transcript[name] for name in ("status", "createdAt", "duration")}
    recording = f"CR{number}{transcript['callId']}"
    return {**kept, "recordingId": recording, "startTime": transcript["createdAt"], "dialogue": lines}
