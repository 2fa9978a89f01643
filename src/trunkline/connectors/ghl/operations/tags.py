"""Tags of contacts, one by one and many at once."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.declaring import declared
from trunkline.model.errors import MappingError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, boolean, integer, list_of, record, text

_AT_ONCE: Final = 500
"""The most contacts in one call (public notes, read 2026-11-21: the description tells no number)."""
_MOST_NAMED: Final = 20
"""How many contacts that were refused are looked for in one batch."""
_PARTLY: Final = 201
"""The status of an answer that counts errors."""
_TAGS: Final = {"contactId": calls.CONTACT_ID, "tags": list_of(text(min_length=1), min_items=1)}


async def _bulk(caller: Caller, input: JSONObject) -> JSON:
    """The vendor adds or removes in one call, for so many contacts: this does both, for any number.

    What can be done is done before it is told which contacts were refused.
    """
    changes, responses, refused = _changes(input), list[JSON](), list[JSON]()
    where: JSONObject = {"locationId": input["locationId"]} if input.get("locationId") else {}
    contacts = list(dict.fromkeys(map(str, as_list(input.get("contacts")))))
    for at in range(0, len(contacts), _AT_ONCE):
        some: list[JSON] = [*contacts[at : at + _AT_ONCE]]
        for change in changes:
            said, failed = await _changed(caller, {**where, **change}, some)
            responses, refused = responses + said, refused + failed
            some = [one for one in some if one not in failed]
    if refused:
        raise _refusal(refused, len(contacts))
    return {"succeded": True, "succeeded": True, "errorCount": 0, "responses": responses}


async def _changed(caller: Caller, change: JSONObject, contacts: list[JSON]) -> tuple[list[JSON], list[JSON]]:
    """The vendor's words, and contacts it did not change. It only counts these: halves are sent again until each stands alone.

    That leaves the others as they are, and mends what failed for a moment.
    """
    halves, responses, refused = [contacts] if contacts else [], list[JSON](), list[JSON]()
    while halves and len(refused) < _MOST_NAMED:
        some = halves.pop()
        try:
            answer = await caller.call(calls.BULK_TAGS, {**change, "contacts": some})
        except RejectedError as error:
            if error.status != _PARTLY:
                raise
            middle = len(some) // 2
            if middle:
                halves += [some[middle:], some[:middle]]
            else:
                refused += some
        else:
            responses += as_list(as_object(answer).get("responses"))
    return responses, refused


def _refusal(refused: list[JSON], asked: int) -> RejectedError:
    more = " or more" if len(refused) >= _MOST_NAMED else ""
    return RejectedError(
        f"GoHighLevel did not change the tags of {len(refused)}{more} of {asked} contacts",
        hint=f"They may be gone: {', '.join(map(str, refused))}. All others are done; repeating is harmless.",
        connector="ghl",
        operation=calls.BULK_TAGS.id,
        status=_PARTLY,
    )


def _changes(input: JSONObject) -> list[JSONObject]:
    """What is to be done to each contact, in order: removing first."""
    adding, removing = [*as_list(input.get("add"))], [*as_list(input.get("remove"))]
    (removing if input.get("type") == "remove" else adding).extend(as_list(input.get("tags")))
    changes: list[JSONObject] = []
    if input.get("removeAllTags"):
        changes.append({"type": "remove", "tags": removing, "removeAllTags": True})
    elif removing:
        changes.append({"type": "remove", "tags": removing})
    if adding:
        changes.append({"type": "add", "tags": adding})
    if not changes:
        raise MappingError("there is no tag to add or to remove", field="add", hint="Give add, remove, or removeAllTags.")
    return changes


_TAG: Final[Schema] = text(min_length=1)
BULK: Final = replace(
    calls.BULK_TAGS,
    call=_bulk,
    about="Add and remove in one, for any number of contacts; removing comes first",
    takes=record(
        {
            "locationId": text("Sub-account; the connection's own when left out"),
            "contacts": list_of(text(min_length=1), "Contact ids", min_items=1),
            "add": list_of(_TAG),
            "remove": list_of(_TAG),
            "removeAllTags": boolean("Remove every tag before those to add are added"),
            "type": text("What to do with `tags`", choices=("add", "remove")),
            "tags": list_of(_TAG, "Instead of `add` or `remove`, with `type`"),
        },
        required=("contacts",),
    ),
    gives=record(
        {"succeded": boolean(), "succeeded": boolean(), "errorCount": integer(), "responses": list_of(text())},
        required=("succeded",),
        open=True,
    ),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    declared("POST /contacts/{contactId}/tags", "contacts.add_tags", "Add Tags to Contact", calls.CATEGORY, add=_TAGS, repeat="safe"),
    declared("DELETE /contacts/{contactId}/tags", "contacts.remove_tags", "Remove Tags from Contact", calls.CATEGORY, add=_TAGS),
    BULK,
)
