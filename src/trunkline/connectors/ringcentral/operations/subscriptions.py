"""Subscriptions: what tells RingCentral where to deliver events, and for how long."""

from typing import Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.ringcentral.declaring import composed, declared, gone_is_done
from trunkline.connectors.ringcentral.webhook import TOKEN
from trunkline.model.clock import Instant, from_iso, later
from trunkline.model.errors import ConfigError, MappingError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, integer, list_of, record, text

LONGEST_S: Final = 315_360_000
"""Ten years. The vendor's sources disagree on the bound (facts page, 6), and this one is below both."""

_ALL: Final = "/restapi/v1.0/subscription"
_ONE: Final = f"{_ALL}/{{subscriptionId}}"
_EARLY_S: Final = 86_400

_ADDRESS: Final = text("The connection's webhook address", format="uri")
_FILTERS: Final = list_of(text(min_length=1), "What to be told of: /restapi/v1.0/account/~/telephony/sessions", min_items=1)
_EXPIRES: Final[Schema] = integer("How many seconds it lasts; seven days unless told", minimum=3600, maximum=LONGEST_S)

LIST: Final = declared(f"GET {_ALL}", "subscriptions.list", "List subscriptions", "Subscriptions", items="records", id_field="id")
_CREATE: Final = declared(f"POST {_ALL}", "subscriptions.create", "Create event subscription", "Subscriptions", id_field="id")
_UPDATE: Final = declared(
    f"PUT {_ONE}",
    "subscriptions.update",
    "Change or renew subscription",
    "Subscriptions",
    id_field="id",
    add={"eventFilters": _FILTERS, "expiresIn": _EXPIRES},
)
_RENEW: Final = declared(f"POST {_ONE}/renew", "subscriptions.renew", "Renew subscription", "Subscriptions", id_field="id", repeat="safe")
_DELETE: Final = declared(f"DELETE {_ONE}", "subscriptions.delete", "Delete subscription", "Subscriptions")
DELETE: Final = gone_is_done(_DELETE)


async def _create(caller: Caller, input: JSONObject) -> JSON:
    """The vendor asks the address at once whether it is ours, so the address must be reachable. A filter it takes but will not serve is
    told in the answer only: then the half subscription is taken back, and the refusal names the filters.
    """
    token = caller.account.credential.get(TOKEN)
    if not token:
        raise ConfigError(
            "this connection has no verification token, so its deliveries could not be told from anybody's",
            hint=f"Give the connection the secret {TOKEN}: a long random text of your own.",
            place=TOKEN,
        )
    how: JSONObject = {"transportType": "WebHook", "address": input["address"], "verificationToken": token}
    rest = {name: input[name] for name in ("eventFilters", "expiresIn") if name in input}
    made = as_object(await caller.call(_CREATE, {**rest, "deliveryMode": how}))
    disabled = list(map(as_object, as_list(made.get("disabledFilters"))))
    if disabled:
        await caller.call(DELETE, {"subscriptionId": made["id"]})
        raise _refused(disabled)
    return dict(made)


def _refused(disabled: list[JSONObject]) -> MappingError:
    """The subscription itself was taken, so it is what was asked for that does not fit."""
    named = "; ".join(f"{one.get('filter')}: {one.get('message') or one.get('reason')}" for one in disabled)
    return MappingError(
        f"RingCentral does not serve these filters: {named}",
        field="eventFilters",
        hint="Each filter needs its app permission and the user's right to see what it tells of.",
    )


async def _change(caller: Caller, input: JSONObject) -> JSON:
    changed = as_object(await caller.call(_UPDATE, input))
    disabled = list(map(as_object, as_list(changed.get("disabledFilters"))))
    if disabled:
        raise _refused(disabled)
    return dict(changed)


async def _keep(caller: Caller, input: JSONObject) -> JSON:
    """What has to be done so that exactly these filters are delivered to this address.

    One that the vendor gave up (`Blacklisted`) never works again, so it is deleted and made anew.
    """
    found = map(as_object, as_list(as_object(await caller.call(LIST, {})).get("records")))
    ours = [one for one in found if as_object(one.get("deliveryMode")).get("address") == input["address"]]
    alive = [one for one in ours if one.get("status") != "Blacklisted"]
    for other in [one for one in ours if one not in alive] + alive[1:]:
        await caller.call(DELETE, {"subscriptionId": other["id"]})
    if not alive:
        return {"subscription": await _create(caller, input), "did": "replaced" if ours else "created"}
    return await _kept(caller, alive[0], input)


async def _kept(caller: Caller, known: JSONObject, input: JSONObject) -> JSON:
    wanted = set(map(str, as_list(input["eventFilters"])))
    if set(map(_plain, as_list(known.get("eventFilters")))) != set(map(_plain, wanted)):
        rest = {name: input[name] for name in ("eventFilters", "expiresIn") if name in input}
        return {"subscription": await _change(caller, {**rest, "subscriptionId": known["id"]}), "did": "changed"}
    if _ends_soon(known, later(caller.clock.now(), _EARLY_S)):
        return {"subscription": await caller.call(_RENEW, {"subscriptionId": known["id"]}), "did": "renewed"}
    return {"subscription": known, "did": "nothing"}


def _plain(filter: JSON) -> str:
    """A filter without the ids that the vendor puts in place of `~`."""
    parts = str(filter).split("/")
    return "/".join("~" if before in ("account", "extension") else part for before, part in zip(["", *parts], parts, strict=False))


def _ends_soon(known: JSONObject, limit: Instant) -> bool:
    until = known.get("expirationTime")
    return not isinstance(until, str) or from_iso(until) < limit


_TAKES: Final = record({"address": _ADDRESS, "eventFilters": _FILTERS, "expiresIn": _EXPIRES}, required=("address", "eventFilters"))

KEEP: Final = Operation(
    id="subscriptions.keep",
    title="Keep a subscription alive",
    category="Subscriptions",
    kind="write",
    call=_keep,
    about="Creates, changes, renews a day before its end, or replaces one that was given up; does nothing when all is well",
    takes=_TAKES,
    gives=lambda: record(
        {"subscription": _CREATE.output, "did": text(choices=("nothing", "created", "changed", "renewed", "replaced"))},
        required=("subscription", "did"),
    ),
    repeat="safe",
    record="subscription",
    id_field="id",
    group=_CREATE.group,
    sample="subscriptions.keep.json",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    composed(
        _CREATE, _create, takes=_TAKES, about="The address is asked at once whether it is yours. Needs the connection's webhook_token"
    ),
    declared(f"GET {_ONE}", "subscriptions.get", "Get subscription", "Subscriptions", id_field="id"),
    composed(_UPDATE, _change),
    _RENEW,
    DELETE,
    KEEP,
)
