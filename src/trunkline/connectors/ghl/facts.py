"""The vendor's official endpoints, the version each of them wants, and what the connection knows of their inputs."""

from collections.abc import Mapping
from typing import Final

from trunkline.connect.endpoints import Endpoint, Endpoints, Filled

VERSION: Final = "2021-07-28"
"""What most endpoints name; the version is a property of the endpoint, not of the client."""

_OF_AREA: Final = {"conversations": "2021-04-15", "oauth": None}
"""By the first part of the path, for endpoints whose own description names none; a token is fetched without."""


FROM_CONNECTION: Final = {"locationId": "location", "location_id": "location", "altId": "location", "companyId": "company"}
"""Inputs that a connection's option fills: it knows its sub-account and its agency."""


def version_of(endpoint: Endpoint) -> Mapping[str, str]:
    """The header for an endpoint that names no version: 29 do so, and all but one answer 401 without any.

    Official descriptions of 2026-05-01; the other calls of the same areas name these versions.
    """
    version = _OF_AREA.get(endpoint.path.split("/")[1], VERSION)
    return {} if version is None or "version" in endpoint.headers else {"version": version}


def known_of(endpoint: Endpoint) -> Filled:
    """What the connection knows, so that no flow has to repeat it; a sub-account that is itself written to must be named."""
    names = endpoint.inputs
    options = {name: option for name, option in FROM_CONNECTION.items() if name in names}
    if endpoint.path.startswith("/conversations/"):
        options.pop("altId", None)  # the id of a message at the provider
    if not endpoint.is_below("locationId"):
        options.pop("locationId", None)
    return Filled(
        options=options,
        defaults={"altType": "location"} if "altType" in names else {},
    )


ENDPOINTS: Final = Endpoints.of("trunkline.connectors.ghl", headers=version_of, fills=known_of)
