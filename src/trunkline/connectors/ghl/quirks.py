"""What the vendor's contact calls do besides what they say, one function per oddity."""

import re
from datetime import datetime
from typing import Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.answers import says_missing
from trunkline.model.errors import OutcomeUnknownError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

_PROOF: Final = ("email", "phone", "firstName", "lastName")
"""Fields that must all agree before a contact found is taken for the one we sent."""


async def find(caller: Caller, input: JSONObject) -> JSON:
    """The vendor has no one call for this: by id, else by its own duplicate rule, else by search. Null when there is none."""
    if "contactId" in input:
        return {"contact": await _read(caller, input["contactId"])}
    for ours, theirs in (("email", "email"), ("phone", "number")):
        if input.get(ours) and (contact := await _duplicate(caller, theirs, input[ours])):
            return {"contact": contact}
    filters: list[JSON] = [{"field": name, "operator": "eq", "value": input[name]} for name in ("email", "phone") if input.get(name)]
    search: JSONObject = {
        "pageLimit": 1,
        **({"query": input["query"]} if "query" in input else {}),
        **({"filters": filters} if filters else {}),
    }
    found = as_list(as_object(await caller.call(calls.SEARCH, search)).get("contacts"))
    return {"contact": found[0] if found else None}


async def create_told(caller: Caller, input: JSONObject) -> JSON:
    """A create refused with 422 may have made the contact all the same: then say so, or the next try makes a second one.

    Vendor repository, issue 64 (open), read 2026-11-21.
    """
    try:
        return await caller.call(calls.CREATE, input)
    except RejectedError as refusal:
        if refusal.status == 422 and any(input.get(name) for name in ("email", "phone")):
            made = await _matching_duplicate(caller, input)
            if made is not None:
                refusal.hint = f"The contact was created all the same, as {made.get('id')}: correct it with contacts.update."
        raise


async def find_created(caller: Caller, input: JSONObject) -> JSON | None:
    """The contact a lost create made: one with the same e-mail, phone and names.

    Without e-mail and phone nothing identifies it, so a person has to look.
    """
    if not any(input.get(name) for name in ("email", "phone")):
        raise OutcomeUnknownError(
            "nothing identifies the contact: it has neither e-mail nor phone",
            hint="Look for it in the sub-account, then mark the write as done or repeat it.",
            connector="ghl",
            operation=calls.CREATE.id,
        )
    made = await _matching_duplicate(caller, input)
    return None if made is None else {"contact": made}


async def upsert_guarded(caller: Caller, input: JSONObject) -> JSON:
    """An upsert by a contact's second e-mail makes it the first and forgets the first one: then update the contact without it.

    Vendor repository, issue 337 (open), read 2026-11-21. Also tells what an upsert silently leaves out (issue 37): e-mail and phone
    that belong to two contacts end in one of them, without the other's.
    """
    email = input.get("email")
    known = await _duplicate(caller, "email", email) if email and not input.get("createNewIfDuplicateAllowed") else None
    if known is None or not known.get("email") or _same(known.get("email"), email):
        answer = as_object(await caller.call(calls.UPSERT, input))
        return {**answer, "unwritten": _unwritten(input, as_object(answer.get("contact")))}
    taken = as_object(calls.UPDATE.input["properties"])
    changes = {name: value for name, value in input.items() if name in taken and name != "email"}
    answer = as_object(await caller.call(calls.UPDATE, {**changes, "contactId": known.get("id")}))
    contact = as_object(answer.get("contact"))
    lost: list[JSON] = ["gender"] if "gender" in input else []
    return {"new": False, "contact": contact, "unwritten": [*_unwritten(changes, contact), *lost]}


async def find_upserted(caller: Caller, input: JSONObject) -> JSON | None:
    """A repeated upsert overwrites with the same, unless it was told to make a new contact each time."""
    return await find_created(caller, input) if input.get("createNewIfDuplicateAllowed") else None


async def delete_contact(caller: Caller, input: JSONObject) -> JSON:
    return await _gone(caller, calls.DELETE, input)


async def delete_note(caller: Caller, input: JSONObject) -> JSON:
    return await _gone(caller, calls.DELETE_NOTE, input)


async def delete_task(caller: Caller, input: JSONObject) -> JSON:
    return await _gone(caller, calls.DELETE_TASK, input)


async def find_note(caller: Caller, input: JSONObject) -> JSON | None:
    """The note a lost create made: the contact's note with the same text and title."""
    notes = as_list(as_object(await caller.call(calls.LIST_NOTES, {"contactId": input["contactId"]})).get("notes"))
    note = next((note for note in map(as_object, notes) if _agrees(note, input, ("body", "title"))), None)
    return None if note is None else {"note": note}


async def find_task(caller: Caller, input: JSONObject) -> JSON | None:
    """The task a lost create made: the contact's task with the same title, text and due time."""
    tasks = as_list(as_object(await caller.call(calls.LIST_TASKS, {"contactId": input["contactId"]})).get("tasks"))
    task = next((task for task in map(as_object, tasks) if _agrees(task, input, ("title", "body", "dueDate"))), None)
    return None if task is None else {"task": task}


async def _gone(caller: Caller, operation: Operation, input: JSONObject) -> JSON:
    """A delete of what is already gone is done, so a repeat after a lost answer is harmless."""
    try:
        return await caller.call(operation, input)
    except RejectedError as refusal:
        if not says_missing(refusal):
            raise
        return {"succeded": True, "existed": False}


async def _read(caller: Caller, contact_id: JSON) -> JSON:
    try:
        return as_object(await caller.call(calls.GET_CONTACT, {"contactId": contact_id})).get("contact")
    except RejectedError as refusal:
        if not says_missing(refusal):
            raise
        return None


async def _duplicate(caller: Caller, name: str, value: JSON) -> JSONObject | None:
    found = as_object(await caller.call(calls.FIND_DUPLICATE, {name: value})).get("contact")
    return found if isinstance(found, dict) and found else None


async def _matching_duplicate(caller: Caller, input: JSONObject) -> JSONObject | None:
    for ours, theirs in (("email", "email"), ("phone", "number")):
        if input.get(ours):
            found = await _duplicate(caller, theirs, input[ours])
            if found is not None and _agrees(found, input, _PROOF):
                return found
    return None


def _agrees(found: JSONObject, sent: JSONObject, names: tuple[str, ...]) -> bool:
    return all(_same(found.get(name), sent.get(name)) for name in names if sent.get(name))


def _unwritten(sent: JSONObject, contact: JSONObject) -> list[JSON]:
    return [name for name in ("email", "phone") if sent.get(name) and name in contact and not _same(contact.get(name), sent[name])]


def _same(held: JSON, sent: JSON) -> bool:
    """Whether the vendor would have made `held` of `sent`: case, blanks, the spelling of a number or a time do not count."""
    if not isinstance(held, str) or not isinstance(sent, str):
        return held == sent
    if _is_number(held) and _is_number(sent):
        one, other = re.sub(r"\D", "", held), re.sub(r"\D", "", sent)
        return one == other or (not sent.strip().startswith("+") and one.endswith(other.lstrip("0")))
    return _instant(held) == _instant(sent) or " ".join(held.split()).casefold() == " ".join(sent.split()).casefold()


def _is_number(text: str) -> bool:
    """A phone number in any spelling; a date looks like one and is none."""
    return re.fullmatch(r"\s*\+?[\d\s().-]{7,}", text) is not None and re.match(r"\d{4}-\d\d-\d\d", text) is None


def _instant(text: str) -> float | str:
    try:
        return datetime.fromisoformat(text).timestamp() if re.match(r"\d{4}-\d\d-\d\dT", text) else text
    except ValueError:
        return text
