"""Rooms and equipment that calendars book."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.ghl.categories import CALENDARS
from trunkline.connectors.ghl.declaring import around, declared, gone_is_done, items_of, listed
from trunkline.connectors.ghl.paging import counted, size, start
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import record, text

_ALL: Final = "/calendars/resources/{resourceType}"
_ONE: Final = "/calendars/resources/{resourceType}/{id}"
KINDS: Final = ("equipments", "rooms")
_USUAL: Final = 100


def _with_id(resource: JSON) -> JSON:
    """Its id is missing in the description; as in the rest of the calendars it comes as `_id` or `id`."""
    found = as_object(resource)
    return {"id": found.get("id", found.get("_id")), **found}


GET: Final = around(
    declared(f"GET {_ONE}", "calendars.get_resource", "Get Calendar Resource", CALENDARS, id_field="id"),
    after=_with_id,
)

_LIST: Final = declared(
    f"GET {_ALL}",
    "calendars.list_resources",
    "List Calendar Resources",
    CALENDARS,
    add={"limit": size(), "skip": start()},
    defaults={"limit": _USUAL, "skip": 0},
)


async def read_kinds(caller: Caller, input: JSONObject) -> JSON:
    """One call for the kind that is asked for, one for each when none is."""
    kinds = [str(input["resourceType"])] if input.get("resourceType") else list(KINDS)
    pages = [as_list(await caller.call(_LIST, {**input, "resourceType": kind})) for kind in kinds]
    return {"resources": [_with_id(one) for page in pages for one in page]}


def next_page(input: JSONObject, answer: JSON) -> JSONObject | None:
    """Every kind is passed over by the same number; over when no kind filled its page."""
    kinds = [as_object(one).get("resourceType") for one in as_list(as_object(answer).get("resources"))]
    wanted, skip = counted(input.get("limit"), _USUAL), counted(input.get("skip"), 0)
    full = any(kinds.count(kind) >= wanted for kind in set(kinds))
    return {**input, "limit": wanted, "skip": skip + wanted} if full else None


LIST: Final = replace(
    _LIST,
    call=read_kinds,
    about="Rooms and equipment, or one of them",
    takes=record(
        {"resourceType": text("Both when left out", choices=KINDS), "locationId": text(), "limit": size(), "skip": start()},
    ),
    gives=lambda: items_of(GET.output, "resources"),
    items="resources",
    id_field="id",
    next_page=next_page,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    GET,
    around(
        declared(
            f"POST {_ALL}",
            "calendars.create_resource",
            "Create Calendar Resource",
            CALENDARS,
            id_field="id",
            repeat=listed(LIST, "name", "description", within=("resourceType", "locationId")),
        ),
        after=_with_id,
    ),
    around(declared(f"PUT {_ONE}", "calendars.update_resource", "Update Calendar Resource", CALENDARS, id_field="id"), after=_with_id),
    gone_is_done(declared(f"DELETE {_ONE}", "calendars.delete_resource", "Delete Calendar Resource", CALENDARS)),
)
