"""The subscription that delivers what flows want to hear of: one for a connection, renewed a day before its end."""

import secrets
from collections.abc import Mapping
from typing import Final

from trunkline.connect.declaration import Caller
from trunkline.connect.subscriptions import Did, Kept, Subscriptions, Wish
from trunkline.connectors.ringcentral.operations.subscriptions import DELETE, KEEP
from trunkline.connectors.ringcentral.webhook import TOKEN
from trunkline.model.clock import from_iso
from trunkline.model.connection import Credential
from trunkline.model.ids import digest
from trunkline.model.json import JSONObject, as_object

_ACCOUNT: Final = "/restapi/v1.0/account/{account}"
_EXTENSION: Final = f"{_ACCOUNT}/extension/{{extension}}"

FILTERS: Final[Mapping[str, str]] = {
    "telephony/sessions": f"{_ACCOUNT}/telephony/sessions",
    "directory/entries": f"{_ACCOUNT}/directory/entries",
    "extension": f"{_ACCOUNT}/extension",
    "message-store/instant": f"{_EXTENSION}/message-store/instant?type=SMS",
    "message-store": f"{_EXTENSION}/message-store",
    "voicemail": f"{_EXTENSION}/voicemail",
    "fax": f"{_EXTENSION}/fax",
    "presence": f"{_EXTENSION}/presence?detailedTelephonyState=true",
    "subscription": "/restapi/v1.0/subscription/~?threshold=86400&interval=3600",
}
"""By what a delivery is called: the filter that brings it (facts page, 6)."""

_DID: Final[dict[str, Did]] = {"nothing": "nothing", "changed": "changed", "renewed": "renewed", "replaced": "repaired"}


async def keep(caller: Caller, wish: Wish) -> Kept:
    """One subscription whose filters are those of the kinds; one that was given up, or carries another token, is made anew."""
    options, token = caller.account.options, digest(caller.account.credential.get(TOKEN, ""), size=8)
    if wish.known and wish.known.get("token") != token:
        await end(caller, wish.known)
    where = {name: str(options.get(name, "~")) for name in ("account", "extension")}
    filters = sorted(FILTERS[kind].format(**where) for kind in wish.kinds if kind in FILTERS)
    kept = as_object(await caller.call(KEEP, {"address": wish.address, "eventFilters": list(filters)}))
    one = as_object(kept["subscription"])
    until = one.get("expirationTime")
    made: Did = "repaired" if wish.known else "created"
    return Kept(
        did=_DID.get(str(kept["did"]), made),
        known={"id": one["id"], "token": token},
        until=from_iso(until) if isinstance(until, str) else None,
    )


async def end(caller: Caller, known: JSONObject) -> None:
    await caller.call(DELETE, {"subscriptionId": known["id"]})


def prepare(credential: Credential) -> Mapping[str, str]:
    """The token that each delivery has to carry is ours to choose."""
    return {} if credential.get(TOKEN) else {TOKEN: secrets.token_urlsafe(32)}


SUBSCRIPTIONS: Final = Subscriptions(keep=keep, end=end, prepare=prepare)
