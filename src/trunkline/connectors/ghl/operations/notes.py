"""Notes of a contact."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import LookFirst, Operation
from trunkline.connectors.ghl import calls, quirks

OPERATIONS: Final[tuple[Operation, ...]] = (
    calls.LIST_NOTES,
    calls.GET_NOTE,
    replace(calls.CREATE_NOTE, repeat=LookFirst(quirks.find_note)),
    calls.UPDATE_NOTE,
    replace(calls.DELETE_NOTE, call=quirks.delete_note),
)
