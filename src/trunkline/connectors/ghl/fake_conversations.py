"""How the simulated sub-account answers about conversations and messages: newest first, lists nested twice, e-mails without their text."""

from collections.abc import Mapping
from struct import pack
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_where import Where
from trunkline.model.clock import Instant, from_iso, iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler

_TYPES: Final[Mapping[str, tuple[int, str]]] = {
    "Call": (1, "TYPE_CALL"),
    "SMS": (2, "TYPE_SMS"),
    "Email": (3, "TYPE_EMAIL"),
    "WebChat": (5, "TYPE_WEBCHAT"),
    "FB": (11, "TYPE_FACEBOOK"),
    "IG": (18, "TYPE_INSTAGRAM"),
    "WhatsApp": (19, "TYPE_WHATSAPP"),
    "Live_Chat": (29, "TYPE_LIVE_CHAT"),
}
_CONVERSATIONS: Final = "/conversations"
_MESSAGES: Final = "/conversations/messages"
_EMAILS: Final = "/conversations/messages/email"
_SOUND: Final = b"RIFF" + pack("<I4s4sIHHIIHH4sI", 36, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", 0)
"""A sound without a sample."""
_DATES: Final = ("dateAdded", "dateUpdated", "lastMessageDate")
CONVERSATION: Final = "cOnVeRsAtIoN0000000A1"
SMS: Final = "mEsSaGe00000000000A1"
EMAIL: Final = "eMaIl0000000000000A1"
CALL: Final = "cAlLmSg000000000000A1"
_SPOKEN: Final = ("Hello, this is Quinn.", "Hello Quinn, about the roof.")


class ConversationCalls:
    """The handlers."""

    def __init__(self, where: Where) -> None:
        self._where = where

    def handlers(self) -> Mapping[str, Handler]:
        one, message = "/conversations/{conversationId}", "/conversations/messages/{messageId}"
        spoken = "/conversations/locations/{locationId}/messages/{messageId}/transcription"
        return {
            "GET /conversations/search": self._search,
            "POST /conversations/": self._create,
            f"GET {one}": lambda request, _: _shown(self._conversation(request.path_params["conversationId"])),
            f"PUT {one}": self._update,
            f"DELETE {one}": self._delete,
            f"GET {one}/messages": self._list,
            "POST /conversations/messages": self._send,
            "POST /conversations/messages/inbound": self._receive,
            "POST /conversations/messages/outbound": self._called,
            "POST /conversations/messages/review-reply": self._reply,
            "GET /conversations/messages/export": self._export,
            "GET /conversations/messages/{id}": lambda request, _: self._message(request.path_params["id"]),
            "GET /conversations/messages/email/{id}": lambda request, _: self._email(request.path_params["id"]),
            f"PUT {message}/status": self._delivered,
            f"PUT {message}/attachments": self._attach,
            f"DELETE {message}/schedule": self._cancel,
            "DELETE /conversations/messages/email/{emailMessageId}/schedule": self._cancel_email,
            "POST /conversations/messages/upload": self._upload,
            f"GET {message}/locations/{{locationId}}/recording": self._recording,
            f"GET {spoken}": self._transcribe,
            f"GET {spoken}/download": self._download,
        }

    def seed(self) -> None:
        """A conversation with an SMS, an e-mail and a call in it, oldest first."""
        said: JSONObject = {"type": "SMS", "message": "How much is a new roof?"}
        self.add(ADA, said, inbound=True, conversation=CONVERSATION, id=SMS, at=from_iso("2026-11-18T09:00:00.000Z"))
        email: JSONObject = {"type": "Email", "subject": "Your quote", "html": "<p>Here it is.</p>", "emailMessageId": EMAIL}
        self.add(ADA, email, id="eMaIlMsG0000000000A1", at=from_iso("2026-11-18T10:00:00.000Z"))
        self.add(ADA, {"type": "Call"}, inbound=True, id=CALL, at=from_iso("2026-11-18T11:00:00.000Z"))

    # ── conversations ──

    def _conversation(self, id: str) -> JSONObject:
        found = self._where.held().get(_CONVERSATIONS, id)
        if found is None:
            raise Refused(404, "Conversation not found")
        return found

    def _of(self, contact: str) -> JSONObject | None:
        return next((one for one in self._where.held().all(_CONVERSATIONS) if one["contactId"] == contact), None)

    def _opened(self, contact: str, *, id: str = "", at: Instant | None = None) -> JSONObject:
        """The contact's conversation, a new one when there is none."""
        known = self._of(contact)
        if known is not None:
            return known
        person, begun = self._where.contact(contact), (self._where.now() if at is None else at) // 1000
        name = " ".join(str(person[part]) for part in ("firstName", "lastName") if person.get(part))
        made: JSONObject = {
            "id": id or fresh("c").removeprefix("c_"),
            "contactId": contact,
            "locationId": self._where.location,
            "fullName": name,
            "contactName": name,
            "email": person.get("email") or "",
            "phone": person.get("phone") or "",
            "type": "TYPE_PHONE",
            "lastMessageBody": "",
            "lastMessageType": "TYPE_SMS",
            **dict.fromkeys(_DATES, begun),
            "unreadCount": 0,
            "starred": False,
            "deleted": False,
            "inbox": True,
        }
        self._where.held().put(_CONVERSATIONS, str(made["id"]), made)
        return made

    def _create(self, _: Request, body: JSON) -> JSON:
        contact = str(as_object(body)["contactId"])
        if self._of(contact) is not None:
            raise Refused(400, "Conversation already exists")
        made = self._opened(contact)
        return {"success": True, "conversation": {**made, **{name: iso(self._where.now()) for name in _DATES}}}

    def _update(self, request: Request, body: JSON) -> JSON:
        found = self._conversation(request.path_params["conversationId"])
        found.update({name: value for name, value in as_object(body).items() if name in ("unreadCount", "starred")})
        told: JSONObject = {"id": found["id"], "unreadCount": found["unreadCount"]}
        self._where.announce("ConversationUnreadUpdate", {**told, "contactId": found["contactId"], "starred": found["starred"]})
        shown = {name: value for name, value in found.items() if name not in (*_DATES, "type")}
        return {"success": True, "conversation": {**shown, "lastMessageDate": str(found["lastMessageDate"])}}

    def _delete(self, request: Request, _: JSON) -> JSON:
        id = str(self._conversation(request.path_params["conversationId"])["id"])
        for message in self._in(id):
            self._where.held().remove(_MESSAGES, str(message["id"]))
        self._where.held().remove(_CONVERSATIONS, id)
        return {"success": True}

    def _search(self, request: Request, _: JSON) -> JSON:
        """By contact and state; by the date of the last message, newest first, `startAfterDate` excluded."""
        query = request.query_params
        found = [one for one in self._where.held().all(_CONVERSATIONS) if _wanted(one, query)]
        newest = query.get("sort", "desc") == "desc"
        found.sort(key=_last_at, reverse=newest)
        after = query.get("startAfterDate")
        rest = [one for one in found if after is None or (_last_at(one) < int(after) if newest else _last_at(one) > int(after))]
        page: list[JSON] = [{**one, "sort": [one["lastMessageDate"]]} for one in rest[: int(query.get("limit", 20))]]
        return {"conversations": page, "total": len(found)}

    # ── messages ──

    def add(
        self, contact: str, said: JSONObject, *, inbound: bool = False, conversation: str = "", id: str = "", at: Instant | None = None
    ) -> JSONObject:
        """A message to or from a contact; `said` has the fields of a send."""
        known = self._opened(contact, id=conversation, at=at)
        number, kind = _TYPES.get(str(said.get("type")), (20, "TYPE_CUSTOM_SMS"))
        when = self._where.now() if at is None else at
        message: JSONObject = {
            "id": id or fresh("m").removeprefix("m_"),
            "type": number,
            "messageType": kind,
            "locationId": self._where.location,
            "contactId": contact,
            "conversationId": known["id"],
            "dateAdded": iso(when),
            "direction": "inbound" if inbound else "outbound",
            "status": "delivered" if inbound else "scheduled" if said.get("scheduledTimestamp") else "sent",
            "contentType": "text/html" if kind == "TYPE_EMAIL" else "text/plain",
            "attachments": as_list(said.get("attachments")),
            "source": "api",
        }
        if kind == "TYPE_EMAIL":
            message["meta"] = {"email": {"messageIds": [self._add_email(said, message)]}}
        else:
            message["body"] = said.get("message") or ""
        self._where.held().put(_MESSAGES, str(message["id"]), message)
        known.update(
            lastMessageType=kind, lastMessageDate=when // 1000, dateUpdated=when // 1000, lastMessageDirection=message["direction"]
        )
        known["lastMessageBody"] = str(said.get("message") or said.get("subject") or "")
        if inbound:
            known["unreadCount"] = int(str(known["unreadCount"])) + 1
        self._where.announce("InboundMessage" if inbound else "OutboundMessage", {**message, "messageId": message["id"]})
        return message

    def _add_email(self, said: JSONObject, message: JSONObject) -> str:
        person, id = self._where.contact(str(message["contactId"])), str(said.get("emailMessageId") or fresh("e").removeprefix("e_"))
        told = {name: message[name] for name in ("locationId", "contactId", "conversationId", "dateAdded", "direction", "contentType")}
        email: JSONObject = {
            **told,
            "id": id,
            "threadId": said.get("threadId") or id,
            "subject": said.get("subject") or "",
            "body": said.get("html") or said.get("message") or "",
            "from": said.get("emailFrom") or "office@palmer.example.com",
            "to": [said.get("emailTo") or person.get("email") or ""],
            "status": "scheduled" if said.get("scheduledTimestamp") else "sent",
            "attachments": as_list(said.get("attachments")),
            "source": "api",
            "messageId": message["id"],
        }
        self._where.held().put(_EMAILS, id, email)
        return id

    def _in(self, conversation: str) -> list[JSONObject]:
        """Its messages, newest first."""
        return [one for one in reversed(self._where.held().all(_MESSAGES)) if one["conversationId"] == conversation]

    def _message(self, id: str) -> JSONObject:
        found = self._where.held().get(_MESSAGES, id)
        if found is None:
            raise Refused(404, "Message not found")
        return found

    def _email(self, id: str) -> JSONObject:
        found = self._where.held().get(_EMAILS, id)
        if found is None:
            raise Refused(404, "Email message not found")
        return found

    def _list(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        conversation = str(self._conversation(request.path_params["conversationId"])["id"])
        found = [one for one in self._in(conversation) if _of_type(one, query.get("type"))]
        ids, after, size = [one["id"] for one in found], query.get("lastMessageId"), int(query.get("limit", 20))
        begin = ids.index(after) + 1 if after in ids else 0
        page = found[begin : begin + size]
        following = begin + size < len(found)
        return {"messages": {"messages": [*page], "lastMessageId": page[-1]["id"] if page else "", "nextPage": following}}

    def _send(self, _: Request, body: JSON) -> JSON:
        said = as_object(body)
        self._where.contact(str(said["contactId"]))
        if not any(said.get(name) for name in ("message", "html", "attachments", "templateId", "forward")):
            raise Refused(400, "There is no message or attachments for this message. Skip sending.")
        message = self.add(str(said["contactId"]), said)
        return {**_sent(message), "msg": "Message queued successfully.", "status": "pending"}

    def _receive(self, _: Request, body: JSON) -> JSON:
        said = as_object(body)
        conversation = self._conversation(str(said["conversationId"]))
        message = self.add(str(conversation["contactId"]), said, inbound=True)
        return {**_sent(message), "success": True, "message": "Message added", "dateAdded": message["dateAdded"]}

    def _called(self, _: Request, body: JSON) -> JSON:
        said = as_object(body)
        conversation = self._conversation(str(said["conversationId"]))
        message = self.add(str(conversation["contactId"]), said)
        return {**_sent(message), "success": True, "message": "Call added", "dateAdded": message["dateAdded"]}

    def _reply(self, _: Request, body: JSON) -> JSON:
        conversation = self._conversation(str(as_object(body)["conversationId"]))
        return {**_sent(self.add(str(conversation["contactId"]), as_object(body))), "status": "pending"}

    def _export(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        names = ("conversationId", "contactId")
        found = [one for one in self._where.held().all(_MESSAGES) if all(query.get(name) in (None, one[name]) for name in names)]
        found = [one for one in found if _of_type(one, query.get("channel"))]
        if query.get("sortOrder", "desc") == "desc":
            found.reverse()
        begin, size = int(query.get("cursor", 0)), int(query.get("limit", 100))
        more = {"nextCursor": str(begin + size)} if begin + size < len(found) else {}
        return {"messages": [*found[begin : begin + size]], "total": len(found), **more}

    def _delivered(self, request: Request, body: JSON) -> JSON:
        found = self._message(request.path_params["messageId"])
        found["status"] = as_object(body)["status"]
        return {**_sent(found), "status": found["status"]}

    def _attach(self, request: Request, body: JSON) -> JSON:
        self._message(request.path_params["messageId"])["attachments"] = as_object(body)["attachments"]
        return {"success": True}

    def _cancel(self, request: Request, _: JSON) -> JSON:
        found = self._message(request.path_params["messageId"])
        self._where.held().remove(_MESSAGES, str(found["id"]))
        return {"status": 200, "message": "The scheduled message was cancelled."}

    def _cancel_email(self, request: Request, _: JSON) -> JSON:
        found = self._email(request.path_params["emailMessageId"])
        self._where.held().remove(_EMAILS, str(found["id"]))
        self._where.held().remove(_MESSAGES, str(found["messageId"]))
        return {"status": 200, "message": "The scheduled email was cancelled."}

    def _upload(self, _: Request, body: JSON) -> JSON:
        urls = [str(url) for url in as_list(as_object(body).get("attachmentUrls"))]
        return {"uploadedFiles": {url.rpartition("/")[2]: f"https://storage.example.com/{fresh('f')}" for url in urls}}

    # ── calls ──

    def _recording(self, request: Request, _: JSON) -> Response:
        self._message(request.path_params["messageId"])
        return Response(_SOUND, media_type="audio/x-wav")

    def _transcribe(self, request: Request, _: JSON) -> JSON:
        self._message(request.path_params["messageId"])
        return _sentences()

    def _download(self, request: Request, _: JSON) -> Response:
        self._message(request.path_params["messageId"])
        return Response("\n".join(_SPOKEN), media_type="text/plain")


def _shown(conversation: JSONObject) -> JSONObject:
    """A conversation read by itself is told in other words than one that is found."""
    names = ("id", "contactId", "locationId", "deleted", "inbox", "unreadCount", "starred")
    return {**{name: conversation[name] for name in names}, "type": 1}


def _sent(message: JSONObject) -> JSONObject:
    ids = as_list(as_object(as_object(message.get("meta")).get("email")).get("messageIds"))
    more: JSONObject = {"emailMessageId": ids[0]} if ids else {}
    return {"conversationId": message["conversationId"], "messageId": message["id"], "contactId": message["contactId"], **more}


def _last_at(conversation: JSONObject) -> int:
    return int(str(conversation["lastMessageDate"]))


def _wanted(conversation: JSONObject, query: Mapping[str, str]) -> bool:
    plain = all(query.get(name) in (None, "", conversation.get(name)) for name in ("contactId", "id", "assignedTo"))
    words = query.get("query", "").lower()
    told = " ".join(str(conversation[name]) for name in ("fullName", "email", "phone", "lastMessageBody")).lower()
    state = {"unread": conversation["unreadCount"] != 0, "read": conversation["unreadCount"] == 0, "starred": conversation["starred"]}
    begun = int(str(conversation["dateAdded"]))
    within = int(query.get("startDate", 0)) <= begun <= int(query.get("endDate", begun))
    return plain and words in told and bool(state.get(query.get("status", "all"), True)) and within


def _of_type(message: JSONObject, kinds: str | None) -> bool:
    """`TYPE_SMS` in a conversation, `SMS` in an export; several with commas."""
    wanted = {kind if kind.startswith("TYPE_") else _TYPES.get(kind, (0, kind))[1] for kind in (kinds or "").split(",") if kind}
    return not wanted or message["messageType"] in wanted


def _sentences() -> JSON:
    return [
        {
            "mediaChannel": 1 + number % 2,
            "sentenceIndex": number,
            "startTime": 2 * number,
            "endTime": 2 * number + 2,
            "transcript": words,
            "confidence": 0.9,
        }
        for number, words in enumerate(_SPOKEN)
    ]
