"""The vendor's official endpoints, and the version each of them wants."""

from collections.abc import Mapping
from typing import Final

from trunkline.connect.endpoints import Endpoint, Endpoints

VERSION: Final = "2021-07-28"
"""What most endpoints name; the version is a property of the endpoint, not of the client."""

_OF_AREA: Final = {"conversations": "2021-04-15", "oauth": None}
"""By the first part of the path, for endpoints whose own description names none; a token is fetched without."""


def version_of(endpoint: Endpoint) -> Mapping[str, str]:
    """The header for an endpoint that names no version: 29 do so, and all but one answer 401 without any.

    Official descriptions of 2026-05-01; the other calls of the same areas name these versions.
    """
    version = _OF_AREA.get(endpoint.path.split("/")[1], VERSION)
    return {} if version is None or "version" in endpoint.headers else {"version": version}


ENDPOINTS: Final = Endpoints.of("trunkline.connectors.ghl", headers=version_of)
