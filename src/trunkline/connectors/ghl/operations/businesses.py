"""Businesses of a sub-account: the companies its contacts work for."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.declaring import around, declared, gone_is_done, listed
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.connectors.ghl.spelling import told
from trunkline.model.json import as_object
from trunkline.model.schema import Schema, boolean, record, text

CATEGORY: Final = "Businesses"

_ID: Final = {"businessId": text("The business's id", min_length=1)}

LIST: Final = declared(
    "GET /businesses/",
    "businesses.list",
    "List Businesses by Location",
    CATEGORY,
    add={"limit": size(100), "skip": start()},
    items="businesses",
    id_field="id",
    updated_field="updatedAt",
    next_page=by_offset("businesses", offset="skip", usual=100),
)
GET: Final = declared(
    "GET /businesses/{businessId}",
    "businesses.get",
    "Get Business",
    CATEGORY,
    add=_ID,
    record="business",
    id_field="id",
    updated_field="updatedAt",
)


def _answered() -> Schema:
    business = as_object(as_object(GET.output["properties"])["business"])
    return record({"success": boolean(), "business": business, "buiseness": business}, required=("business",), open=True)


OPERATIONS: Final[tuple[Operation, ...]] = (
    GET,
    LIST,
    around(
        declared("POST /businesses/", "businesses.create", "Create Business", CATEGORY, id_field="id", updated_field="updatedAt"),
        after=told,
        gives=_answered,
        record="business",
        repeat=listed(LIST, "name", "email", "phone", within=("locationId",), wrap="business"),
        scopes=("businesses.readonly", "businesses.write"),
    ),
    around(
        declared(
            "PUT /businesses/{businessId}",
            "businesses.update",
            "Update Business",
            CATEGORY,
            add=_ID,
            id_field="id",
            updated_field="updatedAt",
        ),
        after=told,
        gives=_answered,
        record="business",
    ),
    gone_is_done(declared("DELETE /businesses/{businessId}", "businesses.delete", "Delete Business", CATEGORY, add=_ID)),
)
