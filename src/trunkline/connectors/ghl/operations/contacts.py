"""Contacts: found, read, written with their custom fields by name, deleted."""

from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Caller, LookFirst, Operation
from trunkline.connectors.ghl import calls, quirks
from trunkline.connectors.ghl.custom_fields import ASKED, CONTACT, GIVEN, Entries, attached, by_name, entries, merged
from trunkline.connectors.ghl.declaring import declared, gone_is_done
from trunkline.connectors.ghl.finding import WAYS, find, given
from trunkline.connectors.ghl.paging import by_fields, by_offset, size, start
from trunkline.connectors.ghl.spelling import told
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, integer, list_of, nullable, number, record, text

CATEGORY: Final = calls.CATEGORY

# ── read ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _asking(operation: Operation, **facts: Any) -> Operation:
    """The same read, which also gives custom fields by name when it is asked to."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        rest = {name: value for name, value in input.items() if name != "custom_fields"}
        answer = await caller.call(operation, rest)
        if input.get("custom_fields"):
            for contact in [as_object(answer).get("contact"), *as_list(as_object(answer).get("contacts"))]:
                await _name_fields(caller, as_object(contact), input)
        return answer

    def takes() -> Schema:
        return _with(operation.input, custom_fields=ASKED)

    return replace(operation, call=perform, takes=takes, **facts)


def _with(schema: Schema, **more: Schema) -> Schema:
    return {**schema, "properties": {**as_object(schema["properties"]), **more}}


async def _name_fields(caller: Caller, contact: JSONObject, input: JSONObject) -> None:
    """Put the contact's custom fields by name beside those by id."""
    if contact:
        contact["custom_fields"] = await by_name(caller, contact.get("customFields"), CONTACT, location=input.get("locationId"))


async def _find(caller: Caller, input: JSONObject) -> JSON:
    found = await find(caller, given(input))
    if found is not None and input.get("custom_fields"):
        await _name_fields(caller, found, input)
    return {"contact": found}


FIND: Final = Operation(
    id="contacts.find",
    title="Find Contact",
    category=CATEGORY,
    kind="read",
    call=_find,
    about="By id, e-mail, phone in any spelling, full name or words, in this order; null when nobody fits. What is empty is passed over",
    takes=record(
        {
            "contactId": nullable(text()),
            "email": nullable(text()),
            "phone": nullable(text("Any spelling")),
            "name": nullable(text("The full name")),
            "query": nullable(text("Words to look for", max_length=75)),
            "locationId": text("Sub-account; the connection's own when left out"),
            "custom_fields": ASKED,
        },
        either=WAYS,
    ),
    gives=record({"contact": nullable(calls.CONTACT_ANSWER)}, required=("contact",), open=True),
    record="contact",
    id_field="id",
    updated_field="dateUpdated",
    scopes=calls.READ,
    sample="contacts.find.json",
)

_CONTACTS: Final = record({"contacts": list_of(calls.CONTACT_ANSWER), "count": number()}, required=("contacts",), open=True)

LIST: Final = declared(
    "GET /contacts/",
    "contacts.list",
    "List Contacts (Deprecated)",
    CATEGORY,
    about="Use contacts.search: the vendor has taken this one out of its newer version",
    add={"limit": size(100), "startAfter": integer("From the page before")},
    output=record({"contacts": list_of(calls.CONTACT_ANSWER)}, required=("contacts",), open=True),
    items="contacts",
    id_field="id",
    updated_field="dateUpdated",
    next_page=by_fields(fields={"startAfter": "meta.startAfter", "startAfterId": "meta.startAfterId"}, items="contacts"),
)

LIST_BY_BUSINESS: Final = declared(
    "GET /contacts/business/{businessId}",
    "contacts.list_by_business",
    "Get Contacts by Business",
    CATEGORY,
    add={"limit": size(100), "skip": start()},
    output=_CONTACTS,
    items="contacts",
    id_field="id",
    next_page=by_offset("contacts", offset="skip", usual=25, total="count"),
)

LIST_APPOINTMENTS: Final = declared(
    "GET /contacts/{contactId}/appointments",
    "contacts.list_appointments",
    "Get Contact Appointments",
    CATEGORY,
    add={"contactId": calls.CONTACT_ID},
    items="events",
    id_field="id",
    updated_field="dateUpdated",
)

# ── write ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _create(caller: Caller, input: JSONObject) -> JSON:
    made = await _entries(caller, input)
    sent = quirks.addressed(merged(input, made))
    return await _finished(caller, input, sent, made, await quirks.create_told(caller, sent))


async def _update(caller: Caller, input: JSONObject) -> JSON:
    made = await _entries(caller, input)
    sent = {name: value for name, value in quirks.addressed(merged(input, made)).items() if name != "locationId"}
    if input.get("email") is not None and "email" not in sent:
        sent["email"] = None  # an empty one clears it
    return await _finished(caller, input, sent, made, as_object(await caller.call(calls.UPDATE, sent)))


async def _upsert(caller: Caller, input: JSONObject) -> JSON:
    made = await _entries(caller, input)
    sent = quirks.addressed(merged(input, made))
    return await _finished(caller, input, sent, made, await quirks.upsert_guarded(caller, sent))


async def find_created(caller: Caller, input: JSONObject) -> JSON | None:
    """The contact that a lost create made; what a create does after it, its files above all, is done now."""
    made = await _entries(caller, input)
    sent = quirks.addressed(merged(input, made))
    found = await quirks.find_created(caller, sent)
    return None if found is None else await _finished(caller, input, sent, made, found)


async def find_upserted(caller: Caller, input: JSONObject) -> JSON | None:
    """A repeated upsert overwrites with the same, unless it was told to make a new contact each time."""
    return await find_created(caller, input) if input.get("createNewIfDuplicateAllowed") else None


async def _entries(caller: Caller, input: JSONObject) -> Entries:
    return await entries(caller, input.get("custom_fields"), CONTACT, location=input.get("locationId"))


async def _finished(caller: Caller, input: JSONObject, sent: JSONObject, made: Entries, answer: JSONObject) -> JSON:
    """The answer with what is known after it: files attached, what was left out, custom fields by name where they were given so."""
    contact = as_object(answer.get("contact"))
    if made.files and contact.get("id"):
        files = await attached(caller, made, contact["id"], location=input.get("locationId"))
        further = await caller.call(calls.UPDATE, {"contactId": contact["id"], "customFields": [*files]})
        contact = as_object(as_object(further).get("contact")) or contact
    missing = made.called(await quirks.unwritten(caller, sent, contact))
    if input.get("custom_fields"):
        await _name_fields(caller, contact, input)
    return {**as_object(told(answer)), "contact": contact, "unwritten": [*missing]}


_UNWRITTEN: Final = list_of(text(), "Inputs the vendor took without a word and did not write")


def _writing(operation: Operation, perform: Any, **facts: Any) -> Operation:
    def takes() -> Schema:
        return _with(operation.input, custom_fields=GIVEN)

    def gives() -> Schema:
        return _with(operation.output, unwritten=_UNWRITTEN, refused=text("The vendor's words, where it refused and did it all the same"))

    return replace(
        operation,
        call=perform,
        takes=takes,
        gives=gives,
        scopes=(*calls.READ, *calls.WRITE, *calls.FIELDS_READ),
        about=f"{operation.about + '. ' if operation.about else ''}Custom fields go by name; `unwritten` names what the vendor left out",
        **facts,
    )


CREATE: Final = _writing(calls.CREATE, _create, repeat=LookFirst(find_created))
UPDATE: Final = _writing(calls.UPDATE, _update)
UPSERT: Final = _writing(
    replace(calls.UPSERT, about="Keeps a contact's first e-mail when the second one is sent"),
    _upsert,
    repeat=LookFirst(find_upserted),
)

DELETE: Final = gone_is_done(
    declared(
        "DELETE /contacts/{contactId}",
        "contacts.delete",
        "Delete Contact",
        CATEGORY,
        about="Deleting what is already gone counts as done",
        add={"contactId": calls.CONTACT_ID},
    )
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    FIND,
    _asking(calls.GET_CONTACT),
    _asking(calls.SEARCH),
    calls.FIND_DUPLICATE,
    LIST,
    LIST_BY_BUSINESS,
    LIST_APPOINTMENTS,
    CREATE,
    UPDATE,
    UPSERT,
    DELETE,
)
