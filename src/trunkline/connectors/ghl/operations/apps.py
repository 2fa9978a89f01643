"""Marketplace apps: where one is installed."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.ghl.agency import company
from trunkline.connectors.ghl.categories import AGENCY
from trunkline.connectors.ghl.declaring import declared
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.connectors.ghl.sign_in import app_of
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import text

_LOCATIONS: Final = declared(
    "GET /oauth/installedLocations",
    "apps.list_locations",
    "List Locations of an App",
    AGENCY,
    about="The sub-accounts in which a marketplace app is installed; needs the token of an agency that signed in",
    add={"limit": size(), "skip": start(), "appId": text("The app; the connection's own unless told", min_length=1)},
    required=(),
    items="locations",
    id_field="_id",
    next_page=by_offset("locations", offset="skip", usual=20, total="count"),
)


async def _of_own_app(caller: Caller, input: JSONObject) -> JSON:
    """The vendor wants app and agency named, although the token belongs to both."""
    app = input.get("appId") or app_of(caller.account)
    if not app:
        raise MappingError(
            "appId is missing, and the connection has no app",
            field="appId",
            hint="Use a connection that signed in to the agency with an app, or give it the option app.",
        )
    return await caller.call(_LOCATIONS, {**input, "appId": app, "companyId": input.get("companyId") or await company(caller)})


LOCATIONS: Final = replace(_LOCATIONS, call=_of_own_app)

OPERATIONS: Final[tuple[Operation, ...]] = (LOCATIONS,)
