"""Tasks of a contact."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import LookFirst, Operation
from trunkline.connectors.ghl import calls, quirks

OPERATIONS: Final[tuple[Operation, ...]] = (
    calls.LIST_TASKS,
    calls.GET_TASK,
    replace(calls.CREATE_TASK, repeat=LookFirst(quirks.find_task)),
    calls.UPDATE_TASK,
    calls.COMPLETE_TASK,
    replace(calls.DELETE_TASK, call=quirks.delete_task),
)
