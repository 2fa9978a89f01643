"""What the vendor's contact calls need around them, one function per rule."""

from typing import Final

from trunkline.connect.declaration import Caller, Operation, Perform
from trunkline.connectors.openphone import plain
from trunkline.connectors.openphone.fields import resolve, unknown
from trunkline.connectors.openphone.merging import differs, merged, without_removed
from trunkline.connectors.openphone.surface import ENDPOINTS, dated, every, first, listed
from trunkline.model.errors import MappingError, OutcomeUnknownError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

DEFAULT_SOURCE: Final = "trunkline"
_RESERVED: Final = frozenset({"openphone", "device", "csv", "zapier", "google-people", "other"})
_RESERVED_STARTS: Final = ("openphone", "csv")
_DEFINITIONS: Final = "custom fields of contacts"
_DEFINITIONS_KEPT_S: Final = 600


async def create(caller: Caller, input: JSONObject) -> JSON:
    """A create with our source, checked numbers and custom fields by key."""
    body = await _prepared(caller, {**input, "source": _source(caller, input)})
    return await _written(caller, plain.CREATE_CONTACT, body)


async def find_created(caller: Caller, input: JSONObject) -> JSON | None:
    """The contact a lost create made, by its external id; without one nothing identifies it, so a person has to look."""
    if not input.get("externalId"):
        raise OutcomeUnknownError(
            "nothing identifies the contact: it has no externalId",
            hint="Give every contact an externalId, or use contacts.upsert; then a lost answer resolves itself.",
            connector="openphone",
            operation=plain.CREATE_CONTACT.id,
        )
    found = await _by_external_id(caller, input)
    return None if found is None else {"data": found}


async def update(caller: Caller, input: JSONObject) -> JSON:
    """The vendor's update wipes what it leaves out of the lists, so the contact is read, merged and sent whole.

    Nothing is sent when nothing differs.
    """
    return await _changed(caller, input["id"], await _prepared(caller, input))


async def upsert(caller: Caller, input: JSONObject) -> JSON:
    """By external id and source, for the vendor has no other exact lookup. A 409 means that somebody else was faster: update theirs."""
    body = await _prepared(caller, {**input, "source": _source(caller, input)})
    async with caller.memory.turn(f"contact of {body['source']}: {body['externalId']}"):
        found = await _by_external_id(caller, body)
        if found is None:
            try:
                created = as_object(await _written(caller, plain.CREATE_CONTACT, {**body, "defaultFields": _for_a_new_one(body)}))
                return {"data": created.get("data"), "new": True}
            except RejectedError as refusal:
                found = await _by_external_id(caller, body) if refusal.status == 409 else None
                if found is None:
                    raise
    if not differs(found, merged(found, body)):
        return {"data": found, "new": False}
    written = as_object(await _changed(caller, found["id"], body))
    return {"data": written.get("data"), "new": False}


async def delete(caller: Caller, input: JSONObject) -> JSON:
    """A delete of what is already gone is done, so a repeat after a lost answer is harmless."""
    return await gone(plain.DELETE_CONTACT)(caller, input)


def gone(call: Operation) -> Perform:
    """A delete that counts as done where there is nothing (any more)."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        try:
            await caller.call(call, input)
        except RejectedError as refusal:
            if refusal.status != 404:
                raise
            return {"existed": False}
        return {"existed": True}

    return perform


async def find_by_external_id(caller: Caller, input: JSONObject) -> JSON:
    return {"data": await _by_external_id(caller, input)}


def check_source(source: JSON) -> None:
    """The vendor keeps some sources for itself and refuses them."""
    if isinstance(source, str) and (source in _RESERVED or source.startswith(_RESERVED_STARTS)):
        raise MappingError(
            "the vendor keeps this source for itself", field="source", hint="Choose your own label, such as your product's name."
        )


async def _prepared(caller: Caller, input: JSONObject) -> JSONObject:
    check_source(input.get("source"))
    given = as_list(input.get("customFields"))
    if not given:
        return {name: value for name, value in input.items() if name != "customFields"}
    known = await _definitions(caller)
    if unknown(given, known):  # it may have been made in the app a moment ago
        caller.memory.forget(_DEFINITIONS)
        known = await _definitions(caller)
    return {**input, "customFields": resolve(given, known)}


async def _definitions(caller: Caller) -> list[JSON]:
    """The workspace's custom fields, read at most every ten minutes."""

    async def fetch() -> JSON:
        return as_object(await caller.call(plain.CUSTOM_FIELDS, {})).get("data")

    return as_list(await caller.memory.recall(_DEFINITIONS, fetch, max_age_s=_DEFINITIONS_KEPT_S))


async def _written(caller: Caller, call: Operation, body: JSONObject) -> JSON:
    """A refusal may mean that a field changed its type in the app; then the next try reads the definitions anew."""
    try:
        return await caller.call(call, body)
    except RejectedError:
        if body.get("customFields"):
            caller.memory.forget(_DEFINITIONS)
        raise


def _source(caller: Caller, input: JSONObject) -> JSON:
    return input.get("source") or caller.account.options.get("source") or DEFAULT_SOURCE


def _for_a_new_one(body: JSONObject) -> JSONObject:
    """A create wants the key, though it may be null; an upsert need not know a first name."""
    return {"firstName": None, **without_removed(as_object(body.get("defaultFields")))}


async def _by_external_id(caller: Caller, input: JSONObject) -> JSONObject | None:
    """The oldest contact with this external id and source: the vendor does not promise that there is only one."""
    source = _source(caller, input)
    page = as_object(await caller.call(plain.LIST_CONTACTS, {"externalIds": [input["externalId"]], "sources": [source], "maxResults": 50}))
    found = [
        contact
        for contact in map(as_object, as_list(page.get("data")))
        if contact.get("externalId") == input["externalId"] and contact.get("source") == source
    ]
    return min(found, key=lambda contact: (str(contact.get("createdAt")), str(contact.get("id"))), default=None)


async def _changed(caller: Caller, id: JSON, changes: JSONObject) -> JSON:
    """Read, merge, write, and nobody else of this connection in between. What others change meanwhile cannot be noticed: the vendor has no
    version to check, so the contact is read at the last moment.
    """
    async with caller.memory.turn(f"contact {id}"):
        current = as_object(as_object(await caller.call(plain.GET_CONTACT, {"id": id})).get("data"))
        body = merged(current, changes)
        if not differs(current, body):
            return {"data": current}
        return await _written(caller, plain.UPDATE_CONTACT, {**body, "id": current["id"]})


# ── notes and properties ─────────────────────────────────────────────────────────────────────────────────────────────

_NOTES: Final = listed(ENDPOINTS.operation("GET /contacts/{contactId}/notes", id="contact_notes.list"), dated({}))
_PROPERTIES: Final = listed(ENDPOINTS.operation("GET /contacts/{contactId}/properties", id="contact_properties.list"), dated({}))


async def find_note(caller: Caller, input: JSONObject) -> JSON | None:
    """The note a lost call added: the contact's newest one, if it says the same."""
    notes = await every(caller, _NOTES, {"contactId": input["contactId"]})
    newest = max(notes, key=lambda note: str(note.get("createdAt")), default=None)
    return {"data": newest} if newest is not None and newest.get("text") == input["text"] else None


async def find_property(caller: Caller, input: JSONObject) -> JSON | None:
    """The property a lost call added: one of the same type, name and value."""

    def alike(one: JSONObject) -> bool:
        return all(one.get(name) == input.get(name) for name in ("type", "name", "value"))

    found = await first(caller, _PROPERTIES, {"contactId": input["contactId"], "type": input["type"]}, alike)
    return None if found is None else {"data": found}
