"""The curated contact operations: the vendor's calls, with what a repeat does and the oddities taken care of."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import LookFirst, Operation
from trunkline.connectors.ghl import calls, quirks
from trunkline.model.schema import nullable, record, text

CREATE = replace(calls.CREATE, call=quirks.create_told, repeat=LookFirst(quirks.find_created))
UPSERT = replace(
    calls.UPSERT,
    call=quirks.upsert_guarded,
    repeat=LookFirst(quirks.find_upserted),
    about="Keeps a contact's first e-mail when the second one is sent; `unwritten` names what the vendor left out",
    scopes=(*calls.READ, *calls.WRITE),
)
FIND = Operation(
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
    calls.ADD_TAGS,
    calls.REMOVE_TAGS,
    calls.BULK_TAGS,
    calls.LIST_NOTES,
    calls.GET_NOTE,
    replace(calls.CREATE_NOTE, repeat=LookFirst(quirks.find_note)),
    calls.UPDATE_NOTE,
    replace(calls.DELETE_NOTE, call=quirks.delete_note),
    calls.LIST_TASKS,
    calls.GET_TASK,
    replace(calls.CREATE_TASK, repeat=LookFirst(quirks.find_task)),
    calls.UPDATE_TASK,
    calls.COMPLETE_TASK,
    replace(calls.DELETE_TASK, call=quirks.delete_task),
)
