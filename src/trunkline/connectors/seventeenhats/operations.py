"""What goes out: JSON to a Zap's catch hook, whose next step does it in 17hats. The hub gets Zapier's receipt, not 17hats's answer."""

from typing import Final
from urllib.parse import urlsplit

from trunkline.connect.declaration import Caller, Crafted, Operation, Perform, Repeat
from trunkline.connectors.seventeenhats import calendar
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError, OutcomeUnknownError
from trunkline.model.http import Request, Response
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_object, dumps
from trunkline.model.schema import Schema, list_of, one_of, record, text

HOOK_HOST: Final = "hooks.zapier.com"

_CONTACT: Final[dict[str, Schema]] = {
    name: text() for name in ("id", "first_name", "last_name", "email", "phone", "company", "title", "type", "address", "address2", "city")
} | {name: text() for name in ("state", "zip", "country", "website", "birthday", "referred_by", "notes")}
_GIVEN: Final = record(
    {**_CONTACT, "tags": one_of(text(), list_of(text())), "custom": record({}, open=True, about="Further fields that your Zap maps")},
)
_RECEIPT: Final = record(
    {"correlation_id": text("Comes back in replies.received, when the Zap ends by posting it"), "receipt": record({}, open=True)},
    required=("correlation_id", "receipt"),
)


def _request(input: JSONObject, account: Account) -> Request:
    """Raises `ConfigError` unless the hook is Zapier's own, or lies below the connection's own address."""
    hook = account.credential.get("catch_hook_url", "")
    parts = urlsplit(hook)
    if not hook:
        raise ConfigError("the connection has no catch hook", hint="Make a Zap that begins with Webhooks by Zapier, Catch Hook.")
    if not hook.startswith("/") and (parts.scheme != "https" or parts.hostname != HOOK_HOST):
        raise ConfigError(f"the catch hook does not begin with https://{HOOK_HOST}/", place="catch_hook_url")
    return Request(method="POST", url=hook, headers=(("content-type", "application/json"),), body=dumps(input))


def _receipt(response: Response) -> JSON:
    """Zapier says `{"status": "success", …}`, in silent mode nothing; it does so even while the Zap is off."""
    try:
        return as_object(response.json())
    except ValueError as exc:
        raise OutcomeUnknownError("Zapier's answer is not JSON", status=response.status) from exc


_HOOK: Final = Operation(
    id="hook",
    title="Post to the catch hook",
    category="Zaps",
    kind="write",
    call=Crafted(request=_request, answer=_receipt),
    takes=record({}, open=True),
    gives=record({}, open=True),
)


async def _post(caller: Caller, action: str, data: JSONObject) -> JSON:
    """Flat as well as nested: Zapier's form shows `contact__email`, and a plain key where nothing is nested."""
    correlation = caller.key or fresh("zap")
    sent: JSONObject = {"action": action, "idempotency_key": correlation, "correlation_id": correlation, **data}
    return {"correlation_id": correlation, "receipt": await caller.call(_HOOK, sent)}


def _sending(action: str) -> Perform:
    async def perform(caller: Caller, input: JSONObject) -> JSON:
        tags = input.get("tags")
        joined: JSONObject = {"tags": ",".join(map(str, tags))} if isinstance(tags, list) else {}
        return await _post(caller, action, {"contact": {**input, **joined}})

    return perform


async def _send(caller: Caller, input: JSONObject) -> JSON:
    return await _post(caller, str(input["action"]), {"data": input.get("data", {})})


def _operation(id: str, title: str, *, repeat: Repeat, about: str, required: tuple[str, ...] = ()) -> Operation:
    return Operation(
        id=id,
        title=title,
        category="Contacts",
        kind="write",
        about=about,
        call=_sending(id.replace("contacts.", "contact.")),
        takes={**_GIVEN, "required": list(required)} if required else _GIVEN,
        gives=_RECEIPT,
        repeat=repeat,
        sample=f"{id}.json",
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    _operation(
        "contacts.create",
        "Create a contact",
        repeat="never",
        about="Your Zap's next step is Create Contact; a repeat would make a second one",
        required=("email",),
    ),
    _operation(
        "contacts.update",
        "Update a contact",
        repeat="safe",
        about="Your Zap finds the contact by e-mail and updates it",
        required=("email",),
    ),
    _operation(
        "contacts.upsert",
        "Create or update a contact",
        repeat="safe",
        about="Your Zap's next step is Find or Create Contact, so a repeat finds what the first time made",
        required=("email",),
    ),
    Operation(
        id="zaps.send",
        title="Send anything to the Zap",
        category="Zaps",
        kind="write",
        about="For what else your Zap can do: `action` says what, `data` holds it",
        call=_send,
        takes=record({"action": text(min_length=1), "data": record({}, open=True)}, required=("action",)),
        gives=_RECEIPT,
        sample="zaps.send.json",
    ),
    calendar.LIST,
)
