"""Sub-accounts and the agency they belong to."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.agency import LOCATION, with_company
from trunkline.connectors.ghl.categories import OTHER
from trunkline.connectors.ghl.declaring import declared, listed
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.model.schema import text

_CHOSEN: Final = {"locationId": text("The sub-account that is acted upon", min_length=1)}

LIST: Final = declared(
    "GET /locations/search",
    "locations.list",
    "List Locations",
    OTHER,
    about="All of the agency with its token; a sub-account's token sees its own",
    add={"limit": size(), "skip": start(), "order": text(choices=("asc", "desc"))},
    items="locations",
    id_field="id",
    next_page=by_offset("locations", offset="skip", usual=10),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    LOCATION,
    with_company(
        declared(
            "POST /locations/",
            "locations.create",
            "Create Location",
            OTHER,
            about="Needs an agency's token; `snapshotId` fills the new sub-account",
            required=("name",),
            id_field="id",
        ),
        repeat=listed(LIST, "name", "phone", "address", within=("companyId",)),
        scopes=("locations.readonly", "locations.write"),
    ),
    with_company(
        declared(
            "PUT /locations/{locationId}",
            "locations.update",
            "Update Location",
            OTHER,
            asked=("locationId",),
            about="Needs an agency's token",
            add=_CHOSEN,
            required=("locationId",),
            id_field="id",
        )
    ),
    with_company(
        declared(
            "GET /companies/{companyId}",
            "companies.get",
            "Get Company",
            OTHER,
            about="The agency itself; needs its token",
            record="company",
            id_field="id",
        ),
    ),
)
