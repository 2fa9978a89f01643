"""The fake's message store, and texts out."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from trunkline.connectors.ringcentral.declaring import EXTENSION
from trunkline.connectors.ringcentral.fake_records import NUMBER, OWN, Changing, NextNumber, Now, Page, gone, synced, there
from trunkline.model.clock import iso, later
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler, Refused

_STORE: Final = f"{EXTENSION}/message-store"
_DAY_S: Final = 86_400
_TWO_SECONDS_OF_AUDIO: Final = b64decode("SUQzBAAAAAAAAA==")


class Messages:
    """Texts, voicemail and fax of the one extension, kept in `store`. `senders` tells the extension's numbers with their features."""

    def __init__(self, *, now: Now, number: NextNumber, page: Page, senders: Callable[[], list[JSONObject]]) -> None:
        self.store = Changing()
        self._now = now
        self._number = number
        self._page = page
        self._senders = senders

    def add(self, kind: str, sender: str, **more: JSON) -> JSONObject:
        id, now = 1_000_000_000_000 + self._number(), iso(self._now())
        message: JSONObject = {
            "uri": f"{OWN}/message-store/{id}",
            "id": id,
            "type": kind,
            "direction": "Inbound",
            "availability": "Alive",
            "readStatus": "Unread",
            "messageStatus": "Received",
            "creationTime": now,
            "lastModifiedTime": now,
            "from": {"phoneNumber": sender},
            "to": [{"phoneNumber": NUMBER}],
            "attachments": [],
            "conversationId": 8_000_000_000_001,
        }
        return self.store.put({**message, **more})

    def handlers(self) -> Mapping[str, Handler]:
        return {
            f"GET {_STORE}": self._list,
            f"GET {_STORE}/{{messageId}}": lambda request, _: {**self._known(request), "vmSideRecipients": [{"target": True}]},
            f"PUT {_STORE}/{{messageId}}": self._set_read,
            f"DELETE {_STORE}/{{messageId}}": lambda request, _: gone(self.store, request.path_params["messageId"]),
            f"GET {_STORE}/{{messageId}}/content/{{attachmentId}}": audio,
            f"GET {EXTENSION}/message-sync": lambda request, _: synced(self.store, request, now=self._now, too_old="MSG-333"),
            f"POST {EXTENSION}/sms": self._send,
        }

    def _known(self, request: Request) -> JSONObject:
        return there(self.store, request.path_params["messageId"])

    def _list(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        since = query.get("dateFrom") or iso(later(self._now(), -_DAY_S))
        kinds, ways = set(query.getlist("messageType")), set(query.getlist("direction"))
        found = [
            one
            for one in reversed(self.store.all())
            if str(one["creationTime"]) >= since and (not kinds or one["type"] in kinds) and (not ways or one["direction"] in ways)
        ]
        return self._page(found, request)

    def _set_read(self, request: Request, body: JSON) -> JSON:
        changed: JSONObject = {"readStatus": as_object(body)["readStatus"], "lastModifiedTime": iso(self._now())}
        return self.store.put({**self._known(request), **changed})

    def _send(self, _: Request, body: JSON) -> JSON:
        told = as_object(body)
        sender = as_object(told["from"])["phoneNumber"]
        if not any(one["phoneNumber"] == sender and "SmsSender" in as_list(one["features"]) for one in self._senders()):
            raise Refused(400, "MSG-304: Phone number doesn't belong to extension")
        sent: JSONObject = {"to": told["to"], "subject": told["text"], "messageStatus": "Queued", "readStatus": "Read"}
        return self.add("SMS", str(sender), direction="Outbound", **sent)


def audio(_: Request, __: JSON) -> Response:
    """What a voicemail or a recording sounds like."""
    return Response(_TWO_SECONDS_OF_AUDIO, media_type="audio/mpeg")
