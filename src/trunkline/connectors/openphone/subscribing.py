"""The webhook that delivers what flows want to hear of: one of the current generation for a connection, for all numbers."""

from typing import Final

from trunkline.connect.declaration import Caller
from trunkline.connect.subscriptions import Did, Kept, Subscriptions, Wish
from trunkline.connectors.openphone.operations.webhooks import CREATE, DELETE, EVENTS, LIST, ROTATE, UPDATE
from trunkline.connectors.openphone.webhook import KEY
from trunkline.model.json import JSONObject, as_list, as_object

_LABEL: Final = "Trunkline"


async def keep(caller: Caller, wish: Wish) -> Kept:
    """The vendor shows a webhook's key once: for one whose key is not known (its answer was lost) a new key is asked for."""
    events = sorted(wish.kinds & set(EVENTS))
    found = [as_object(one) for one in as_list(as_object(await caller.call(LIST, {})).get("data"))]
    ours = [one for one in found if one.get("url") == wish.address and one.get("generation") == "current"]
    for other in ours[1:]:
        await end(caller, other)
    did: Did
    if not ours:
        asked: JSONObject = {"url": wish.address, "events": list(events), "resourceIds": ["*"], "label": _LABEL, "status": "enabled"}
        one, did = as_object(as_object(await caller.call(CREATE, asked)).get("data")), "repaired" if wish.known else "created"
    else:
        one, did = await _as_wished(caller, ours[0], events)
        if not caller.account.credential.get(KEY):
            one = as_object(as_object(await caller.call(ROTATE, {"webhookId": one["id"]})).get("data"))
            did = "repaired"
    key = one.get("key")
    return Kept(
        did=did,
        known={"id": one["id"]},
        secrets={KEY: key} if isinstance(key, str) and key else {},
    )


async def _as_wished(caller: Caller, one: JSONObject, events: list[str]) -> tuple[JSONObject, Did]:
    """Switched on, for these events: the vendor switches one off whose deliveries failed for long."""
    enabled = one.get("status") != "disabled"
    if enabled and sorted(map(str, as_list(one.get("events")))) == events and as_list(one.get("resourceIds")) == ["*"]:
        return one, "nothing"
    asked: JSONObject = {"webhookId": one["id"], "events": list(events), "resourceIds": ["*"], "status": "enabled"}
    return {**one, **as_object(as_object(await caller.call(UPDATE, asked)).get("data"))}, "changed" if enabled else "repaired"


async def end(caller: Caller, known: JSONObject) -> None:
    await caller.call(DELETE, {"webhookId": known["id"]})


SUBSCRIPTIONS: Final = Subscriptions(keep=keep, end=end)
