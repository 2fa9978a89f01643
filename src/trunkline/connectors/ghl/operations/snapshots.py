"""Snapshots of an agency, and how far they were pushed to sub-accounts."""

from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.agency import with_company
from trunkline.connectors.ghl.categories import AGENCY, WORKFLOWS
from trunkline.connectors.ghl.declaring import declared
from trunkline.connectors.ghl.paging import counted, last, size
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import text

READ: Final = ("snapshots.readonly",)
WRITE: Final = ("snapshots.write",)
"""The description names none; the list of scopes does."""

_USUAL: Final = 20


def _after_last(input: JSONObject, answer: JSON) -> JSONObject | None:
    found = as_list(as_object(answer).get("data"))
    if not found or len(found) < counted(input.get("limit"), _USUAL):
        return None
    return {**input, "lastDoc": last(answer, "data").get("id")}


def _of_agency(key: str, id: str, title: str, *, category: str = AGENCY, **facts: Any) -> Operation:
    return with_company(declared(key, id, title, category, **facts))


OPERATIONS: Final[tuple[Operation, ...]] = (
    _of_agency(
        "GET /snapshots/",
        "snapshots.list",
        "List Snapshots",
        category=WORKFLOWS,
        about="Of the agency: needs a token of its own",
        items="snapshots",
        id_field="id",
        scopes=READ,
    ),
    _of_agency(
        "POST /snapshots/share/link",
        "snapshots.create_share_link",
        "Create Snapshot Share Link",
        about="Each call makes another link",
        scopes=WRITE,
    ),
    _of_agency(
        "GET /snapshots/snapshot-status/{snapshotId}",
        "snapshots.list_pushes",
        "List Snapshot Pushes",
        about="To which sub-accounts a snapshot was pushed between two times, and how far it came",
        add={"limit": size(100), "lastDoc": text("The id of the last push of the page before")},
        required=("snapshotId", "companyId", "from", "to"),
        defaults={"limit": _USUAL},
        items="data",
        id_field="id",
        next_page=_after_last,
        scopes=READ,
    ),
    _of_agency(
        "GET /snapshots/snapshot-status/{snapshotId}/location/{locationId}",
        "snapshots.get_push",
        "Get Latest Snapshot Push",
        about="To one sub-account: what is done and what is not yet",
        asked=("locationId",),
        record="data",
        id_field="id",
        scopes=READ,
    ),
)
