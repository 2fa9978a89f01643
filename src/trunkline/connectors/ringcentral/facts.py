"""The official endpoints, what fills their paths, and those that are never called."""

from typing import Final

from trunkline.connect.endpoints import Endpoint, Endpoints
from trunkline.model.json import JSON, as_list, as_object
from trunkline.model.schema import Schema

MEDIA: Final = "https://media.ringcentral.com"
"""Where recordings, voicemail and attachments are fetched, with the same token."""

_EMERGENCY_FIELDS: Final = frozenset(("emergency", "emergencyAddress"))


def keep_off(endpoint: Endpoint) -> str:
    """Why an endpoint is not offered: help is sent to emergency addresses, so no flow ever writes one."""
    if endpoint.kind == "read":
        return ""
    if "emergency" in endpoint.path or _names_emergency(endpoint.body):
        return "it can change an emergency address, to which help is sent; that is done by a person in RingCentral's own portal"
    return ""


def _names_emergency(schema: Schema) -> bool:
    fields = as_object(schema.get("properties"))
    if _EMERGENCY_FIELDS & fields.keys():
        return True
    below: list[JSON] = [*fields.values(), schema.get("items"), *(one for word in ("oneOf", "anyOf") for one in as_list(schema.get(word)))]
    return any(_names_emergency(one) for one in below if isinstance(one, dict))


ENDPOINTS: Final = Endpoints.of(
    "trunkline.connectors.ringcentral", options={"accountId": "account", "extensionId": "extension"}, refuse=keep_off
)
