"""What can happen: calls and messages by webhook with polled twins; contacts, sites and the account by polls, since no event tells them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from trunkline.connect.declaration import Poll, Trigger
from trunkline.connect.inputs import compiled
from trunkline.connect.watching import Shape, watch
from trunkline.connectors.ringcentral import telephony
from trunkline.connectors.ringcentral.declaring import ids_as_text, plain_object, text_in, token_of
from trunkline.connectors.ringcentral.message import MESSAGE, message_of
from trunkline.connectors.ringcentral.operations import account, calls, contacts, messages, people, places
from trunkline.connectors.ringcentral.webhook import TELEPHONY
from trunkline.model.connection import Account
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import Schema, anything, boolean, integer, list_of, nullable, record, text

_PLAIN: Final = Shape(item=plain_object, schema=ids_as_text)
_HEAVY_S: Final = 600
"""Heavy reads share ten calls a minute with everything else that is heavy, so they come less often."""
_DAY_S: Final = 86_400


def _at(*names: str) -> Callable[[JSONObject], str]:
    def key(payload: JSONObject) -> str:
        value: JSON = payload
        for name in names:
            value = as_object(value).get(name)
        return str(value)

    return key


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _log_since(since: str | None, account: Account, input: JSONObject) -> JSONObject:  # noqa: ARG001 - the call itself knows the account
    return {"perPage": 250, "view": "Detailed", "type": ["Voice"], **({"dateFrom": since} if since else {}), **input}


def _log_time(item: JSONObject) -> str | None:
    at = item.get("startTime")
    return at if isinstance(at, str) else None


_LOG: Final = Poll(
    read=calls.WATCHED,
    start=_log_since,
    payload=telephony.logged,
    cursor=_log_time,
    items=telephony.over,
    overlap_s=_DAY_S,  # a call appears after its end, under the time of its beginning
    every_s=_HEAVY_S,
)
_WHOSE: Final = record({"company": boolean("Poll the whole company's log instead of the extension's own")})


def _any_call(call: JSONObject) -> bool:  # noqa: ARG001 - all of them
    return True


def _is_missed(call: JSONObject) -> bool:
    return call.get("missed") is True


def _of_call(id: str, title: str, wanted: Callable[[JSONObject], bool], about: str) -> Trigger:
    return Trigger(
        id=id,
        title=title,
        category="Calls",
        about=about,
        kinds=(TELEPHONY,),
        payload=telephony.notified,
        poll=_LOG,
        takes=_WHOSE,
        gives=telephony.PAYLOAD,
        record_key=telephony.key,
        fold=telephony.gathering(wanted),
        sample=f"{id}.json",
    )


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _message(item: JSONObject) -> JSONObject:
    return {"message": message_of(item)}


def _message_told(body: JSONObject) -> JSONObject | None:
    return _message(body) if text_in(body.get("id")) and body.get("direction", "Inbound") == "Inbound" else None


def _of_store(kind: str) -> Poll:
    def start(since: str | None, account: Account, input: JSONObject) -> JSONObject:  # noqa: ARG001 - the call itself knows the account
        asked: JSONObject = {"messageType": [kind], "direction": ["Inbound"], "perPage": 250}
        return {**asked, **({"dateFrom": since} if since else {}), **input}

    def created(item: JSONObject) -> str | None:
        at = item.get("creationTime")
        return at if isinstance(at, str) else None

    return Poll(read=messages.LIST, start=start, payload=_message, cursor=created, every_s=120)


def _of_message(id: str, title: str, kind: str, told_as: str, about: str = "") -> Trigger:
    return Trigger(
        id=id,
        title=title,
        category="Messages",
        about=about,
        kinds=(told_as,),
        payload=_message_told,
        poll=_of_store(kind),
        gives=record({"message": MESSAGE}, required=("message",)),
        record_key=_at("message", "id"),
        fingerprint=_once,
        sample=f"{id}.json",
    )


def _once(payload: JSONObject) -> JSON:  # noqa: ARG001 - each record counts once
    return "seen"


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _since_token(since: str | None, account: Account, input: JSONObject) -> JSONObject:  # noqa: ARG001 - the call itself knows the account
    return {"perPage": 250, **({"syncToken": since} if since else {}), **input}


def _contact(item: JSONObject) -> JSONObject:
    return {"contact": plain_object(item)}


def _is_alive(payload: JSONObject) -> bool:
    return as_object(payload["contact"]).get("availability", "Alive") == "Alive"


def _if_alive(before: JSON, payload: JSONObject) -> JSONObject | None:  # noqa: ARG001 - what was there before does not matter
    return payload if _is_alive(payload) else None


def _if_gone(before: JSON, payload: JSONObject) -> JSONObject | None:  # noqa: ARG001 - what was there before does not matter
    return None if _is_alive(payload) else payload


def _whole_contact(payload: JSONObject) -> JSON:
    return {name: value for name, value in as_object(payload["contact"]).items() if name != "uri"}


def _contact_schema() -> Schema:
    items = as_object(as_object(as_object(contacts.SYNC.output["properties"])["records"])["items"])
    return record({"contact": ids_as_text(items)}, required=("contact",))


_BOOK: Final = Poll(read=contacts.SYNC, start=_since_token, payload=_contact, token=token_of, every_s=_HEAVY_S)


def _of_contact(id: str, title: str, about: str, **news: Any) -> Trigger:
    return Trigger(
        id=id,
        title=title,
        category="Contacts",
        about=about,
        poll=_BOOK,
        gives=_contact_schema,
        record_key=_at("contact", "id"),
        sample=f"{id}.json",
        **news,
    )


# ── what only webhooks tell ──────────────────────────────────────────────────────────────────────────────────────────

_PRESENCE_NAMES: Final = {
    "presence": "presenceStatus",
    "telephony": "telephonyStatus",
    "user": "userStatus",
    "dnd": "dndStatus",
    "message": "message",
}
PRESENCE: Final[Schema] = record(
    {"extension_id": text(), **{name: nullable(text()) for name in _PRESENCE_NAMES}}, required=("extension_id",)
)


def _presence(item: JSONObject) -> JSONObject:
    found = plain_object(item)
    told = (found.get("extensionId"), as_object(found.get("extension")).get("id"), found.get("ownerId"))
    id = next((str(text_in(one)) for one in told if text_in(one)), "")
    return {"presence": {"extension_id": id, **{ours: text_in(found.get(theirs)) for ours, theirs in _PRESENCE_NAMES.items()}}}


def _presence_told(body: JSONObject) -> JSONObject | None:
    payload = _presence(body)
    return payload if as_object(payload["presence"])["extension_id"] else None


def _as_record(answer: JSON) -> list[JSON]:
    return [as_object(answer)]


def _own_presence(since: str | None, account: Account, input: JSONObject) -> JSONObject:  # noqa: ARG001 - it has no time
    return dict(input)


def _told_only(id: str, title: str, category: str, kind: str, *, key: str, about: str, fields: Mapping[str, Schema]) -> Trigger:
    """A trigger whose payload is the notification's own, with ids as text, less what is not of the type it should be.

    `key` is the field that names the record; a notification without it says nothing.
    """
    known = {**fields, **dict.fromkeys(("ownerId", "subscriptionId", "timestamp"), nullable(text()))}

    def told(body: JSONObject) -> JSONObject | None:
        found = plain_object(body)
        kept = {name: value for name, value in found.items() if name not in known or compiled(known[name]).is_valid(value)}
        return kept if text_in(kept.get(key)) else None

    return Trigger(
        id=id,
        title=title,
        category=category,
        about=about,
        kinds=(kind,),
        payload=told,
        gives=record({key: text(), **known}, open=True),
        record_key=_at(key),
        sample=f"{id}.json",
    )


TRIGGERS: Final[tuple[Trigger, ...]] = (
    _of_message("sms.received", "SMS received", "SMS", "message-store/instant"),
    _of_message(
        "voicemails.received",
        "Voicemail received",
        "VoiceMail",
        "voicemail",
        "Audio and transcription are attachments: messages.content fetches them",
    ),
    _of_message("faxes.received", "Fax received", "Fax", "fax"),
    _of_call(
        "calls.ended",
        "Call ended",
        _any_call,
        "Once for each call, whatever queues and transfers made of it. The poll of the call log finds what no event told",
    ),
    _of_call(
        "calls.missed", "Missed call", _is_missed, "An inbound call that nobody answered, once; also when the caller left a voicemail"
    ),
    _told_only(
        "calls.changed",
        "Call state changed",
        "Calls",
        TELEPHONY,
        key="telephonySessionId",
        about="Each step of a call as it is told: parts may come in any order, `sequence` tells it",
        fields={"sequence": integer(), "parties": list_of(anything())},
    ),
    _told_only(
        "messages.changed",
        "Message store changed",
        "Messages",
        "message-store",
        key="extensionId",
        about="Counts only: what changed is read with messages.sync",
        fields={"changes": list_of(anything())},
    ),
    _of_contact("contacts.created", "Personal contact created", "Also one that came back", fingerprint=_once, compare=_if_alive),
    _of_contact(
        "contacts.changed",
        "Personal contact created or changed",
        "By the address book's own sync",
        fingerprint=_whole_contact,
        compare=_if_alive,
    ),
    _of_contact("contacts.deleted", "Personal contact deleted", "Told with its id only", fingerprint=_is_alive, compare=_if_gone),
    watch(
        people.DIRECTORY, id="directory.changed", title="Company contact created or changed", under="entry", shape=_PLAIN, ignore=("uri",)
    ),
    _told_only(
        "directory.told",
        "Company contact changed, as told",
        "Directory",
        "directory/entries",
        key="id",
        about="At once, with `eventType` Create, Update or Delete; the polled trigger tells the whole entry",
        fields={"eventType": nullable(text())},
    ),
    watch(people.LIST, id="extensions.changed", title="Extension created or changed", under="extension", shape=_PLAIN, ignore=("uri",)),
    _told_only(
        "extensions.told",
        "Extension changed, as told",
        "Extensions",
        "extension",
        key="extensionId",
        about="At once, with `eventType` and hints of what changed; the polled trigger tells the whole extension",
        fields={"eventType": nullable(text())},
    ),
    Trigger(
        id="presence.changed",
        title="Presence changed",
        category="Extensions",
        about="Availability, do-not-disturb or whether somebody is on the phone; the poll knows the own extension or the one named",
        kinds=("presence",),
        payload=_presence_told,
        poll=Poll(read=people.PRESENCE, start=_own_presence, payload=_presence, items=_as_record),
        takes=record({"extensionId": text("The extension that is polled")}),
        gives=record({"presence": PRESENCE}, required=("presence",)),
        record_key=_at("presence", "extension_id"),
        fingerprint=lambda payload: payload["presence"],
        sample="presence.changed.json",
    ),
    watch(places.LIST, id="sites.changed", title="Site created or changed", under="site", shape=_PLAIN, ignore=("uri",)),
    watch(places.LIST, id="sites.created", title="Site created", news="new", under="site", shape=_PLAIN),
    watch(
        places.EMERGENCY,
        id="emergency_locations.changed",
        title="Emergency location created or changed",
        under="location",
        shape=_PLAIN,
    ),
    watch(account.GET, id="account.changed", title="Account changed", news="record", under="account", shape=_PLAIN, ignore=("uri",)),
    watch(
        account.ADDRESS,
        id="account.business_address.changed",
        title="Company business address changed",
        news="record",
        under="address",
        ignore=("uri",),
    ),
    _told_only(
        "subscriptions.ending",
        "Subscription about to expire",
        "Subscriptions",
        "subscription",
        key="id",
        about="subscriptions.keep renews it",
        fields={},
    ),
)
