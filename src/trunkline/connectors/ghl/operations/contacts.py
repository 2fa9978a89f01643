"""Contacts: the vendor's calls, with what a repeat does and the oddities taken care of."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import LookFirst, Operation
from trunkline.connectors.ghl import calls, quirks
from trunkline.model.schema import nullable, record, text

CREATE: Final = replace(calls.CREATE, call=quirks.create_told, repeat=LookFirst(quirks.find_created))
UPSERT: Final = replace(
    calls.UPSERT,
    call=quirks.upsert_guarded,
    repeat=LookFirst(quirks.find_upserted),
    about="Keeps a contact's first e-mail when the second one is sent; `unwritten` names what the vendor left out",
    scopes=(*calls.READ, *calls.WRITE),
)
FIND: Final = Operation(
    id="contacts.find",
    title="Find a contact",
    category="Contacts",
    kind="read",
    call=quirks.find,
    about="By id, e-mail, phone or words; null when there is none",
    takes={
        **record({"contactId": text(), "email": text(), "phone": text(), "query": text(max_length=75)}),
        "anyOf": calls.IDENTIFIER["anyOf"],
    },
    gives=record({"contact": nullable(calls.CONTACT_ANSWER)}, open=True),
    record="contact",
    id_field="id",
    updated_field="dateUpdated",
    scopes=calls.READ,
    sample="contacts.find.json",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    calls.GET_CONTACT,
    calls.SEARCH,
    FIND,
    calls.FIND_DUPLICATE,
    CREATE,
    calls.UPDATE,
    UPSERT,
    replace(calls.DELETE, call=quirks.delete_contact, about="Deleting what is already gone counts as done"),
)
