"""The message store: texts, voicemail and fax; and texts out."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, LookFirst, Operation
from trunkline.connectors.ringcentral.declaring import (
    ACCOUNT,
    EXTENSION,
    ID,
    IDS,
    composed,
    declared,
    gone_is_done,
    listed,
    syncing,
)
from trunkline.connectors.ringcentral.facts import ENDPOINTS, MEDIA
from trunkline.connectors.ringcentral.numbers import NUMBER, e164
from trunkline.connectors.ringcentral.operations.people import NUMBERS
from trunkline.model.clock import iso, later
from trunkline.model.errors import MappingError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import integer, list_of, one_of, record, text

_STORE: Final = f"{EXTENSION}/message-store"
_ONE: Final = f"{_STORE}/{{messageId}}"
_NUMBERS_LAST_S: Final = 3600
_LOOK_BACK_S: Final = 86_400

LIST: Final = listed(
    f"GET {_STORE}",
    "messages.list",
    "List messages",
    "Messages",
    about="Texts, voicemail, fax and pager messages; the last 24 hours unless dateFrom is told",
    add={"conversationId": ID, "perPage": integer("How many at once", minimum=1, maximum=1000)},
)

SYNC: Final = syncing(
    declared(
        f"GET {EXTENSION}/message-sync",
        "messages.sync",
        "Messages changed since a sync token",
        "Messages",
        items="records",
        id_field="id",
        add={"conversationId": ID},
    ),
    about="Repeats some seconds of what was told before; deleted ones come with id and availability only. Starts over by itself",
)

# ── texts out ────────────────────────────────────────────────────────────────────────────────────────────────────────

_SMS: Final = declared(f"POST {EXTENSION}/sms", "sms.send", "Send SMS", "Messages", id_field="id")
_WHERE: Final = ("accountId", "extensionId")


async def _send(caller: Caller, input: JSONObject) -> JSON:
    sent = _told(caller, input)
    await _check_sender(caller, sent, input)
    return await caller.call(_SMS, sent)


def _told(caller: Caller, input: JSONObject) -> JSONObject:
    """The vendor's nested numbers made of plain ones."""
    given = input["to"] if isinstance(input["to"], list) else [input["to"]]
    to: list[JSON] = [{"phoneNumber": e164(str(one), caller.account, field="to")} for one in given]
    sender: JSONObject = {"phoneNumber": e164(str(input["from"]), caller.account, field="from")}
    return {**input, "from": sender, "to": to}


async def _check_sender(caller: Caller, sent: JSONObject, input: JSONObject) -> None:
    """Only an own number that can send texts may send; the vendor's own refusal does not say which those are."""
    where = {name: input[name] for name in _WHERE if name in input}

    async def fetch() -> JSON:
        return await _senders(caller, where)

    name = f"sms senders {sorted(where.items())}"
    number = as_object(sent["from"])["phoneNumber"]
    known = await caller.memory.recall(name, fetch, max_age_s=_NUMBERS_LAST_S)
    if isinstance(known, list) and number not in known:
        caller.memory.forget(name)
        raise MappingError(
            "from is no number of this extension that can send texts",
            field="from",
            hint="extension_phone_numbers.list shows them: their features have SmsSender.",
        )


async def _senders(caller: Caller, where: JSONObject) -> JSON:
    """The numbers that can send; None when the credential may not see them, so that the vendor decides."""
    try:
        answer = as_object(await caller.call(NUMBERS, {**where, "perPage": 1000}))
    except RejectedError:
        return None
    rows = map(as_object, as_list(answer.get("records")))
    return [row.get("phoneNumber") for row in rows if "SmsSender" in as_list(row.get("features"))]


async def _found_sent(caller: Caller, input: JSONObject) -> JSON | None:
    """The text that a lost answer was about: same sender, same recipients, same words, within the last day."""
    sent = _told(caller, input)
    since = iso(later(caller.clock.now(), -_LOOK_BACK_S))
    asked: JSONObject = {"messageType": ["SMS"], "direction": ["Outbound"], "dateFrom": since, "perPage": 1000}
    asked.update({name: input[name] for name in _WHERE if name in input})
    answer = as_object(await caller.call(LIST, asked))
    wanted = _numbers(sent["to"])
    for message in map(as_object, as_list(answer.get("records"))):
        to = _numbers(message.get("to"))
        sender = as_object(message.get("from")).get("phoneNumber")
        if to == wanted and message.get("subject") == input["text"] and sender == as_object(sent["from"])["phoneNumber"]:
            return dict(message)
    return None


def _numbers(sides: JSON) -> set[str]:
    return {str(as_object(one).get("phoneNumber")) for one in as_list(sides)}


SEND: Final = composed(
    _SMS,
    _send,
    about="From an own number with SmsSender. After a lost answer the message store is looked into before anything is sent again",
    takes=record(
        {
            "from": NUMBER,
            "to": one_of(NUMBER, list_of(NUMBER, min_items=1, max_items=10)),
            "text": text("What it says", min_length=1, max_length=1000),
            "accountId": text(),
            "extensionId": text(),
        },
        required=("from", "to", "text"),
    ),
    repeat=LookFirst(_found_sent),
)

_SET_READ: Final = declared(
    f"PUT {_ONE}", "messages.set_read_status", "Set message read status", "Messages", id_field="id", add={"messageId": ID}, repeat="safe"
)


async def _batch(caller: Caller, input: JSONObject) -> JSON:
    """The vendor's list of recipients made of plain numbers; each gets a message of its own."""
    sender = e164(str(input["from"]), caller.account, field="from")
    messages: list[JSON] = [{"to": [e164(str(one), caller.account, field="to")]} for one in as_list(input["to"])]
    rest = {name: input[name] for name in ("accountId", "text") if name in input}
    return await caller.call(_BATCH, {**rest, "from": sender, "messages": messages})


_BATCH: Final = declared(f"POST {ACCOUNT}/a2p-sms/batches", "a2p.send_batch", "Send high-volume SMS batch", "Messages", id_field="id")

OPERATIONS: Final[tuple[Operation, ...]] = (
    SEND,
    LIST,
    # The description says that each message names who else got a voicemail; those of a list, which are the same, do not.
    replace(
        declared(f"GET {_ONE}", "messages.get", "Get message", "Messages", id_field="id", add={"messageId": ID}),
        gives=lambda: {name: fact for name, fact in ENDPOINTS[f"GET {_ONE}"].answer.items() if name != "required"},
    ),
    _SET_READ,
    gone_is_done(declared(f"DELETE {_ONE}", "messages.delete", "Delete message", "Messages", add={"messageId": IDS}, leave_out=("body",))),
    SYNC,
    declared(
        f"GET {_ONE}/content/{{attachmentId}}",
        "messages.content",
        "Download message attachment or voicemail audio",
        "Messages",
        add={"messageId": ID, "attachmentId": ID},
        call={"host": MEDIA, "file": True},
    ),
    composed(
        _BATCH,
        _batch,
        about="One message to each of many; the number must be registered for it. A repeat would send again, so a person decides",
        takes=record(
            {"from": NUMBER, "to": list_of(NUMBER, min_items=1), "text": text(min_length=1, max_length=1000), "accountId": text()},
            required=("from", "to", "text"),
        ),
    ),
    declared(
        f"GET {ACCOUNT}/a2p-sms/messages",
        "a2p.messages",
        "List high-volume SMS",
        "Messages",
        items="records",
        id_field="id",
        next_page=None,
    ),
    declared(f"GET {ACCOUNT}/a2p-sms/opt-outs", "a2p.opt_outs", "List SMS opt-outs", "Messages", items="records"),
)
