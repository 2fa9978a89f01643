"""Personal contacts of an extension: all of these calls are heavy, so lists and sync come before one by one."""

from contextlib import AsyncExitStack
from typing import Final

from trunkline.connect.declaration import Caller, LookFirst, NextPage, Operation
from trunkline.connectors.ringcentral.declaring import (
    ACCOUNT,
    EXTENSION,
    ID,
    IDS,
    composed,
    declared,
    full,
    gone_is_done,
    listed,
    merged,
    syncing,
)
from trunkline.connectors.ringcentral.numbers import NUMBER, e164
from trunkline.model.errors import MappingError, OutcomeUnknownError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, boolean, integer, list_of, nullable, record, text

PHONES: Final = (
    *("homePhone", "homePhone2", "businessPhone", "businessPhone2", "mobilePhone", "companyPhone"),
    *("assistantPhone", "carPhone", "otherPhone", "otherFax", "businessFax", "callbackPhone"),
)
EMAILS: Final = ("email", "email2", "email3")
_NAMES: Final = ("firstName", "middleName", "lastName", "nickName", "company", "jobTitle")
_BOOK: Final = f"{EXTENSION}/address-book/contact"
_ONE: Final = f"{_BOOK}/{{contactId}}"
_ABOUT_LIMIT: Final = "Ten calls a minute, together with the call log"

LIST: Final = listed(
    f"GET {_BOOK}", "contacts.list", "List personal contacts", "Contacts", about=_ABOUT_LIMIT, add={"phoneNumber": list_of(NUMBER)}
)
GET: Final = declared(f"GET {_ONE}", "contacts.get", "Get personal contact", "Contacts", id_field="id", add={"contactId": ID})


async def _find(caller: Caller, input: JSONObject) -> JSON:
    numbers: list[JSON] = [
        e164(str(number), caller.account, field="phoneNumber") for number in _as_list(input.get("phoneNumber")) if number is not None
    ]
    asked: JSONObject = {**input, **({"phoneNumber": numbers} if numbers else {})}
    return await caller.call(LIST, asked)


def _as_list(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else [] if value is None else [value]


# ── create and update ────────────────────────────────────────────────────────────────────────────────────────────────


async def _found_created(caller: Caller, input: JSONObject) -> JSON | None:
    """The contact that a lost create made: one with all that was sent in names, numbers and e-mail addresses."""
    sent: JSONObject = {name: value for name, value in _spelt(caller, input).items() if name in (*_NAMES, *EMAILS, *PHONES) and value}
    if not sent:
        raise OutcomeUnknownError(
            "nothing identifies the contact: it has no name, number or e-mail address",
            hint="Look in the address book.",
            connector="ringcentral",
        )
    where = {name: input[name] for name in ("accountId", "extensionId") if name in input}
    numbers: list[JSON] = [sent[name] for name in PHONES if name in sent]
    asked: JSONObject = {**where, "perPage": 1000, **({"phoneNumber": numbers[:1]} if numbers else _starting_with(sent))}
    found = map(as_object, as_list(as_object(await caller.call(LIST, asked)).get("records")))
    return next((dict(one) for one in found if all(_alike(one.get(name), value) for name, value in sent.items())), None)


def _starting_with(sent: JSONObject) -> JSONObject:
    word = sent.get("firstName") or sent.get("lastName")
    return {"startsWith": word} if word else {}


def _alike(held: JSON, sent: JSON) -> bool:
    return str(held or "").strip().casefold() == str(sent).strip().casefold()


def _spelt(caller: Caller, input: JSONObject) -> JSONObject:
    """Its numbers in E.164, as they are sent and as the vendor keeps them."""
    return {**input, **{name: e164(str(input[name]), caller.account, field=name) for name in PHONES if input.get(name)}}


async def _written(caller: Caller, operation: Operation, input: JSONObject) -> JSON:
    return await caller.call(operation, _spelt(caller, input))


async def _create(caller: Caller, input: JSONObject) -> JSON:
    return await _written(caller, _CREATE, input)


async def _update(caller: Caller, input: JSONObject) -> JSON:
    return await _written(caller, _UPDATE, input)


async def _replace(caller: Caller, input: JSONObject) -> JSON:
    return await _written(caller, _REPLACE, input)


_PHONE_FIELDS: Final[dict[str, Schema]] = dict.fromkeys(PHONES, NUMBER)
_CREATE: Final = declared(f"POST {_BOOK}", "contacts.create", "Create personal contact", "Contacts", id_field="id", add=_PHONE_FIELDS)
_UPDATE: Final = declared(
    f"PATCH {_ONE}",
    "contacts.update",
    "Update personal contact",
    "Contacts",
    id_field="id",
    repeat="safe",
    add={
        "contactId": ID,
        **{name: nullable(NUMBER) for name in PHONES},
        **{name: nullable(text()) for name in (*_NAMES, "notes", "ringtoneIndex", "appInfo")},
        "birthday": nullable(text(format="date-time")),
        "webPage": nullable(text(format="uri")),
        **{name: nullable(text(format="email")) for name in EMAILS},
    },
)
_REPLACE: Final = declared(
    f"PUT {_ONE}", "contacts.replace", "Replace personal contact", "Contacts", id_field="id", add={"contactId": ID, **_PHONE_FIELDS}
)

CREATE: Final = composed(_CREATE, _create, repeat=LookFirst(_found_created), about=f"{_ABOUT_LIMIT}; for many use contacts.bulk_upload")


async def _upsert(caller: Caller, input: JSONObject) -> JSON:
    """By any of its numbers, the only exact search there is. Nothing is sent when nothing differs.

    Runs that bring a contact with the same number take turns, so that one of them makes it and the others find it.
    """
    sent = _spelt(caller, input)
    numbers = list(dict.fromkeys(str(sent[name]) for name in PHONES if sent.get(name)))
    if not numbers:
        raise MappingError("a contact is found by its numbers, and it has none", field="mobilePhone")
    async with AsyncExitStack() as turns:
        for number in sorted(numbers):
            await turns.enter_async_context(caller.memory.turn(f"contact with {number}"))
        return await _put(caller, sent, numbers)


async def _put(caller: Caller, sent: JSONObject, numbers: list[str]) -> JSON:
    where = {name: sent[name] for name in ("accountId", "extensionId") if name in sent}
    answer = as_object(await caller.call(LIST, {**where, "phoneNumber": [*numbers]}))
    alive = [one for one in map(as_object, as_list(answer.get("records"))) if one.get("availability", "Alive") == "Alive"]
    if not alive:
        return {"contact": await caller.call(_CREATE, sent), "new": True}
    known = min(alive, key=lambda one: int(str(one.get("id", 0))))
    fields = {name: value for name, value in sent.items() if name not in where}
    if all(merged(known.get(name), value) == known.get(name) for name, value in fields.items()):
        return {"contact": known, "new": False}
    return {"contact": await caller.call(_UPDATE, {**sent, "contactId": known["id"]}), "new": False}


UPSERT: Final = Operation(
    id="contacts.upsert",
    title="Create or update personal contact by its numbers",
    category="Contacts",
    kind="write",
    call=_upsert,
    about="What is left out stays; nothing is written when nothing differs",
    takes=lambda: CREATE.input,
    gives=lambda: record({"contact": CREATE.output, "new": boolean("Whether it was created")}, required=("contact", "new")),
    repeat="safe",
    record="contact",
    id_field="id",
    group=LIST.group,
    sample="contacts.upsert.json",
)

# ── sync and bulk ────────────────────────────────────────────────────────────────────────────────────────────────────


def _next_piece() -> NextPage:
    """The pieces of one sync. A sync that started over goes on without the old token."""

    def next_page(input: JSONObject, answer: JSON) -> JSONObject | None:
        page = as_object(answer)
        following = page.get("nextPageId")
        if following is None or not as_list(page.get("records")):
            return None
        started_over = as_object(page.get("syncInfo")).get("syncType") == "FSync"
        return {**(full(input) if started_over else input), "pageId": following}

    return next_page


SYNC: Final = syncing(
    declared(
        f"GET {EXTENSION}/address-book-sync",
        "contacts.sync",
        "Personal contacts changed since a sync token",
        "Contacts",
        items="records",
        id_field="id",
        next_page=_next_piece(),
        add={"perPage": integer("How many at once", minimum=1, maximum=250)},
    ),
    about="All of them without a token; deleted ones tell so in their availability. Starts over by itself when the token is too old",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    composed(LIST, _find),
    composed(
        LIST,
        _find,
        id="contacts.find",
        title="Find personal contact",
        sample="contacts.find.json",
        about="By number or beginning of a name",
    ),
    CREATE,
    GET,
    composed(_UPDATE, _update, about="What is left out stays, null clears a field"),
    composed(_REPLACE, _replace, about="What is left out is cleared: contacts.update keeps it"),
    UPSERT,
    gone_is_done(declared(f"DELETE {_ONE}", "contacts.delete", "Delete personal contact", "Contacts", add={"contactId": IDS})),
    SYNC,
    declared(
        f"POST {ACCOUNT}/address-book-bulk-upload",
        "contacts.bulk_upload",
        "Bulk upload contacts",
        "Contacts",
        about="Up to 500 extensions with up to 10,000 contacts each; answers a task to ask after",
    ),
    declared(
        f"GET {ACCOUNT}/address-book-bulk-upload/tasks/{{taskId}}",
        "contacts.bulk_upload_task",
        "Get bulk upload task",
        "Contacts",
        id_field="id",
    ),
)
