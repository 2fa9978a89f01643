"""Sites, which are this vendor's locations, and emergency locations, which are only read."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ringcentral.declaring import ACCOUNT, EXTENSION, composed, declared, gone_is_done, listed, merging

_ONE: Final = f"{ACCOUNT}/sites/{{siteId}}"
_FIELDS: Final = ("name", "extensionNumber", "callerIdName", "email", "businessAddress", "regionalSettings", "operator", "siteAccess")
_READ_ONLY: Final = "Only read: help is sent to these addresses, so a person changes them in RingCentral's own portal"

LIST: Final = declared(
    f"GET {ACCOUNT}/sites", "sites.list", "List sites", "Sites", items="records", id_field="id", about="On accounts with several sites only"
)
GET: Final = declared(f"GET {_ONE}", "sites.get", "Get site", "Sites", id_field="id", about="`main-site` is no id that can be read")
_UPDATE: Final = declared(f"PUT {_ONE}", "sites.update", "Update site", "Sites", id_field="id", leave_out=("accessibleSiteIds",))
EMERGENCY: Final = listed(
    f"GET {ACCOUNT}/emergency-locations", "emergency_locations.list", "List emergency locations", "Locations", about=_READ_ONLY
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    declared(f"POST {ACCOUNT}/sites", "sites.create", "Create site", "Sites", id_field="id", leave_out=("id",)),
    GET,
    composed(_UPDATE, merging(GET, _UPDATE, _FIELDS), about="What is left out stays; nothing is written when nothing differs"),
    gone_is_done(declared(f"DELETE {_ONE}", "sites.delete", "Delete site", "Sites")),
    declared(f"GET {_ONE}/members", "sites.members", "List site members", "Sites", items="records", id_field="id"),
    EMERGENCY,
    declared(
        f"GET {ACCOUNT}/emergency-locations/{{locationId}}",
        "emergency_locations.get",
        "Get emergency location",
        "Locations",
        id_field="id",
        about=_READ_ONLY,
    ),
    listed(
        f"GET {EXTENSION}/emergency-locations",
        "extension_emergency_locations.list",
        "List emergency locations of an extension",
        "Locations",
        about=_READ_ONLY,
    ),
)
