"""What the vendor's contact calls need around them, one function per rule."""

from typing import Final

from trunkline.connect.declaration import Caller, Operation, Perform
from trunkline.connectors.openphone import plain
from trunkline.connectors.openphone.fields import resolve, same, unknown
from trunkline.connectors.openphone.surface import ENDPOINTS, NEXT_PAGE, dated, listed
from trunkline.model.errors import MappingError, OutcomeUnknownError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

DEFAULT_SOURCE: Final = "trunkline"
_RESERVED: Final = frozenset({"openphone", "device", "csv", "zapier", "google-people", "other"})
_RESERVED_STARTS: Final = ("openphone", "csv")
_NAMES: Final = ("firstName", "lastName", "company", "role")
_LISTS: Final = ("emails", "phoneNumbers")
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
    """The vendor's update deletes every list that is left out, so the contact is read, merged and sent whole.

    Nothing is sent when nothing differs.
    """
    changes = await _prepared(caller, input)
    current = as_object(as_object(await caller.call(plain.GET_CONTACT, {"id": input["id"]})).get("data"))
    return await _write_merged(caller, current, changes)


async def upsert(caller: Caller, input: JSONObject) -> JSON:
    """By external id and source, for the vendor has no other exact lookup. A 409 means that somebody else was faster: update theirs."""
    body = await _prepared(caller, {**input, "source": _source(caller, input)})
    found = await _by_external_id(caller, body)
    if found is None:
        try:
            created = as_object(await _written(caller, plain.CREATE_CONTACT, {**body, "defaultFields": _with_first_name(body)}))
            return {"data": created.get("data"), "new": True}
        except RejectedError as refusal:
            found = await _by_external_id(caller, body) if refusal.status == 409 else None
            if found is None:
                raise
    written = as_object(await _write_merged(caller, found, body))
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


def merged(current: JSONObject, changes: JSONObject) -> JSONObject:
    """The body of an update that changes what `changes` names and keeps the rest.

    A list given replaces the list there was, entries keeping their ids by value; custom fields are merged one by one.
    """
    before, given = as_object(current.get("defaultFields")), as_object(changes.get("defaultFields"))
    fields: JSONObject = {name: given.get(name, before.get(name)) for name in _NAMES}
    for name in _LISTS:
        fields[name] = [_entry(entry, as_list(before.get(name))) for entry in as_list(given.get(name, before.get(name)))]
    body: JSONObject = {"defaultFields": fields, "customFields": _merged_custom_fields(current, changes)}
    for name in ("externalId", "source", "sourceUrl"):
        if name in changes and changes[name] != current.get(name):
            body[name] = changes[name]
    return body


def differs(current: JSONObject, body: JSONObject) -> bool:
    """Whether sending `body` would change anything that can be seen."""
    before, after = as_object(current.get("defaultFields")), as_object(body["defaultFields"])
    if any((before.get(name) or None) != (after.get(name) or None) for name in _NAMES):
        return True
    if any(_visible(before.get(name)) != _visible(after.get(name)) for name in _LISTS):
        return True
    held = {field["key"]: field.get("value") for field in map(as_object, as_list(current.get("customFields"))) if "key" in field}
    fields = map(as_object, as_list(body["customFields"]))
    if any(not same(held.get(field["key"]), field.get("value")) for field in fields if "key" in field):
        return True
    return any(name in body for name in ("externalId", "source", "sourceUrl"))


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


def _with_first_name(body: JSONObject) -> JSONObject:
    """A create wants the key, though it may be null; an upsert need not know a first name."""
    return {"firstName": None, **as_object(body.get("defaultFields"))}


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


async def _write_merged(caller: Caller, current: JSONObject, changes: JSONObject) -> JSON:
    body = merged(current, changes)
    if not differs(current, body):
        return {"data": current}
    return await _written(caller, plain.UPDATE_CONTACT, {**body, "id": current["id"]})


def _entry(entry: JSON, before: list[JSON]) -> JSON:
    given = as_object(entry)
    known = next((item for item in map(as_object, before) if item.get("value") == given.get("value") and "id" in item), None)
    kept = {"id": known["id"]} if known is not None and "id" not in given else {}
    return {name: value for name, value in {**given, **kept}.items() if name in ("name", "value", "id")}


def _merged_custom_fields(current: JSONObject, changes: JSONObject) -> list[JSON]:
    given = {field["key"]: field for field in map(as_object, as_list(changes.get("customFields")))}
    body: list[JSON] = []
    for field in map(as_object, as_list(current.get("customFields"))):
        kept = {name: field[name] for name in ("key", "id") if name in field}
        change = given.pop(field.get("key"), None)
        body.append({**kept, "value": field.get("value") if change is None else change.get("value")})
    return [*body, *given.values()]


def _visible(entries: JSON) -> list[tuple[JSON, JSON]]:
    return [(entry.get("name"), entry.get("value")) for entry in map(as_object, as_list(entries))]


# ── notes and properties ─────────────────────────────────────────────────────────────────────────────────────────────

_NOTES: Final = listed(ENDPOINTS.operation("GET /contacts/{contactId}/notes", id="contact_notes.list"), dated({}))
_PROPERTIES: Final = listed(ENDPOINTS.operation("GET /contacts/{contactId}/properties", id="contact_properties.list"), dated({}))


async def find_note(caller: Caller, input: JSONObject) -> JSON | None:
    """The note a lost call added: the contact's newest one, if it says the same."""
    notes = await _all(caller, _NOTES, {"contactId": input["contactId"]})
    newest = max(notes, key=lambda note: str(note.get("createdAt")), default=None)
    return {"data": newest} if newest is not None and newest.get("text") == input["text"] else None


async def find_property(caller: Caller, input: JSONObject) -> JSON | None:
    """The property a lost call added: one of the same type, name and value."""
    held = await _all(caller, _PROPERTIES, {"contactId": input["contactId"], "type": input["type"]})
    wanted = ("type", "name", "value")
    found = next((one for one in held if all(one.get(name) == input.get(name) for name in wanted)), None)
    return None if found is None else {"data": found}


async def _all(caller: Caller, read: Perform, input: JSONObject) -> list[JSONObject]:
    found: list[JSONObject] = []
    page: JSONObject | None = input
    while page is not None:
        answer = as_object(await read(caller, page))
        found += map(as_object, as_list(answer["data"]))
        page = NEXT_PAGE(page, answer)
    return found
