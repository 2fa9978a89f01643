"""The official endpoints, what fills their paths, and those that are never called."""

from typing import Final

from trunkline.connect.endpoints import Endpoint, Endpoints
from trunkline.model.json import JSON, as_object

MEDIA: Final = "https://media.ringcentral.com"
"""Where recordings, voicemail and attachments are fetched, with the same token."""

_EMERGENCY_FIELDS: Final = frozenset(("emergency", "emergencyAddress"))


def keep_off(endpoint: Endpoint) -> str:
    """Why an endpoint is not offered: help is sent to emergency addresses, so no flow ever writes one."""
    if endpoint.kind == "read":
        return ""
    if "emergency" in endpoint.path.casefold() or _names_emergency(endpoint.body):
        return "it can change an emergency address, to which help is sent; that is done by a person in RingCentral's own portal"
    return ""


def _names_emergency(schema: JSON) -> bool:
    """Whether any field, however deep and in whichever of several shapes, is one of those that hold an emergency address."""
    if isinstance(schema, list):
        return any(map(_names_emergency, schema))
    if not isinstance(schema, dict):
        return False
    return not _EMERGENCY_FIELDS.isdisjoint(as_object(schema.get("properties"))) or any(map(_names_emergency, schema.values()))


ENDPOINTS: Final = Endpoints.of(
    "trunkline.connectors.ringcentral", options={"accountId": "account", "extensionId": "extension"}, refuse=keep_off
)
