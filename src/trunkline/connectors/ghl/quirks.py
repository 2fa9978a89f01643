"""What the vendor's contact calls do besides what they say, one function per oddity.

Oddities of other subjects stand where their data are: a search by phone that finds nothing (`finding.by_phone`), misspelt words
(`spelling`), a 401 that is about scope, version, plan or kind of token (`answers`), messages nested twice (`operations.reading`), task
events without a contact (`triggers.contacts`, `operations.tasks.find`), two events of one change (`triggers.telling.changed`), bulk calls
that count or leave out (`operations.tags`, `operations.enrolment`), paths with and without a slash at the end (`connect.registry`).
"""

from typing import Final

from trunkline.connect.declaration import Caller
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.finding import duplicate, duplicate_phone, read
from trunkline.connectors.ghl.same import agrees, lost, same
from trunkline.model.clock import SECOND, from_iso
from trunkline.model.errors import OutcomeUnknownError, RejectedError, UnavailableError
from trunkline.model.json import JSONObject, as_list, as_object

_PROOF: Final = ("email", "phone", "firstName", "lastName")
"""Fields that must all agree before a contact found is taken for the one we sent."""
_JUST_NOW_S: Final = 120
"""How long ago a contact may have been made to be the one we sent, the vendor's clock included."""


def addressed(input: JSONObject) -> JSONObject:
    """An e-mail without blanks around it; an empty one, as other systems write where there is none, is left out.

    What the vendor makes of an empty one is not described; it checks addresses, and a contact must not be lost for one it does not have.
    """
    email = input.get("email")
    if not isinstance(email, str):
        return input
    rest = {name: value for name, value in input.items() if name != "email"}
    return {**rest, "email": email.strip()} if email.strip() else rest


async def create_told(caller: Caller, input: JSONObject) -> JSONObject:
    """A create refused with 422 may have made the contact all the same: then it is created, and `refused` holds the vendor's words.

    Taken for it is only a contact that agrees and was made just now; an older one is named by the error. Vendor repository, issue 64
    (open), read 2026-11-21.
    """
    try:
        return as_object(await caller.call(calls.CREATE, input))
    except RejectedError as refusal:
        made = await _made_all_the_same(caller, input, refusal) if refusal.status == 422 and _identified(input) else None
        if made is None:
            raise
        if not _just_made(caller, made):
            refusal.hint = f"A contact with the same name and address exists already, as {made.get('id')}: correct it with contacts.update."
            raise
        return {"contact": made, "refused": refusal.message}


async def _made_all_the_same(caller: Caller, input: JSONObject, refusal: RejectedError) -> JSONObject | None:
    """`OutcomeUnknownError` when it cannot be looked up now: nobody knows then whether the contact was made."""
    try:
        return await _matching_duplicate(caller, input)
    except UnavailableError as trouble:
        raise OutcomeUnknownError(
            f"{refusal.message}; whether the contact was made all the same could not be looked up: {trouble.message}",
            connector="ghl",
            operation=calls.CREATE.id,
            status=refusal.status,
        ) from trouble


async def find_created(caller: Caller, input: JSONObject) -> JSONObject | None:
    """The contact a lost create made: one with the same e-mail, phone and names.

    Without e-mail and phone nothing identifies it, so a person has to look.
    """
    if not _identified(input):
        raise OutcomeUnknownError(
            "nothing identifies the contact: it has neither e-mail nor phone",
            hint="Look for it in the sub-account, then mark the write as done or repeat it.",
            connector="ghl",
            operation=calls.CREATE.id,
        )
    made = await _matching_duplicate(caller, input)
    return None if made is None else {"contact": made}


async def upsert_guarded(caller: Caller, input: JSONObject) -> JSONObject:
    """An upsert by a contact's second e-mail makes it the first and forgets the first one: then update the contact without it.

    Vendor repository, issue 337 (open), read 2026-11-21.
    """
    email = input.get("email")
    known = await duplicate(caller, "email", email, _where(input)) if email and not input.get("createNewIfDuplicateAllowed") else None
    if known is None or not known.get("email") or same(known.get("email"), email):
        return as_object(await caller.call(calls.UPSERT, input))
    taken = as_object(calls.UPDATE.input["properties"])
    changes = {name: value for name, value in input.items() if name in taken and name != "email"}
    answer = as_object(await caller.call(calls.UPDATE, {**changes, "contactId": known.get("id")}))
    return {"new": False, "contact": as_object(answer.get("contact"))}


async def unwritten(caller: Caller, sent: JSONObject, contact: JSONObject) -> list[str]:
    """What the vendor answered 200 to and left out all the same: the contact is read back when its answer lacks something.

    Seen so: an e-mail and a phone that belong to two contacts end in one of them without the other's (vendor repository, issue 37), gender
    of a contact that exists (issue 313), a birth date (issue 124), read 2026-11-21. A second e-mail kept as such is not missing.
    """
    missing = _missing(sent, contact)
    if not missing or not contact.get("id"):
        return missing
    held = await read(caller, contact["id"])
    return missing if held is None else _missing(sent, held)


def _missing(sent: JSONObject, contact: JSONObject) -> list[str]:
    further = [as_object(one).get("email") for one in as_list(contact.get("additionalEmails"))]
    return [name for name in lost(sent, contact) if name != "email" or not any(same(one, sent["email"]) for one in further)]


def _identified(input: JSONObject) -> bool:
    return any(input.get(name) for name in ("email", "phone"))


def _where(input: JSONObject) -> JSONObject:
    return {"locationId": input["locationId"]} if input.get("locationId") else {}


def _just_made(caller: Caller, contact: JSONObject) -> bool:
    try:
        added = from_iso(str(contact.get("dateAdded")))
    except ValueError:
        return False
    return abs(caller.clock.now() - added) <= _JUST_NOW_S * SECOND


async def _matching_duplicate(caller: Caller, input: JSONObject) -> JSONObject | None:
    where = _where(input)
    for name in ("email", "phone"):
        if input.get(name):
            found = await (duplicate(caller, name, input[name], where) if name == "email" else duplicate_phone(caller, input[name], where))
            if found is not None and agrees(found, input, _PROOF):
                return found
    return None
