"""Tags a sub-account knows; those of one contact are among the operations of contacts."""

from collections.abc import Mapping
from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import OTHER
from trunkline.connectors.ghl.declaring import declared, gone_is_done, listed
from trunkline.model.schema import text

# The description names scopes for the list and for making one only; the others need the same.
_READ: Final = ("locations/tags.readonly",)
_WRITE: Final = ("locations/tags.write",)
_ID: Final = {"tagId": text("The tag's id", min_length=1)}
_TAG: Final[Mapping[str, Any]] = {"record": "tag", "id_field": "id"}
_NAME: Final = {"name": text(min_length=1)}

LIST: Final = declared("GET /locations/{locationId}/tags", "location_tags.list", "List Location Tags", OTHER, items="tags", id_field="id")

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    declared("GET /locations/{locationId}/tags/{tagId}", "location_tags.get", "Get Location Tag", OTHER, add=_ID, scopes=_READ, **_TAG),
    declared(
        "POST /locations/{locationId}/tags",
        "location_tags.create",
        "Create Location Tag",
        OTHER,
        add=_NAME,
        repeat=listed(LIST, "name", within=("locationId",), wrap="tag"),
        scopes=(*_READ, *_WRITE),
        **_TAG,
    ),
    declared(
        "PUT /locations/{locationId}/tags/{tagId}",
        "location_tags.update",
        "Rename Location Tag",
        OTHER,
        add={**_ID, **_NAME},
        scopes=_WRITE,
        **_TAG,
    ),
    gone_is_done(
        declared(
            "DELETE /locations/{locationId}/tags/{tagId}", "location_tags.delete", "Delete Location Tag", OTHER, add=_ID, scopes=_WRITE
        )
    ),
)
