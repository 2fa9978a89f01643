"""The fake's subscriptions: made after a handshake, renewed, given up for ever."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from trunkline.connect.client import Client
from trunkline.connectors.ringcentral.fake_records import ACCOUNT_ID, EXTENSION_ID, HOME, Now
from trunkline.model.clock import iso, later
from trunkline.model.errors import TrunklineError
from trunkline.model.http import Request as Outgoing
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler, Refused
from trunkline.testing.webhooks import Webhooks

PATH: Final = "/restapi/v1.0/subscription"
WEEK_S: Final = 604_800
_MOST_HANDSHAKE: Final = 1024


class Subscriptions:
    """By id in `held`. `refused_filters` are taken and not served, with the reason told; an address gets `handshake_s` to answer.

    `token_told` hears the token that the newest subscription wants on its deliveries.
    """

    def __init__(self, *, now: Now, webhooks: Webhooks, token_told: Callable[[str], None]) -> None:
        self.held: dict[str, JSONObject] = {}
        self.refused_filters: dict[str, str] = {}
        self.handshake_s = 3.0
        self._now = now
        self._webhooks = webhooks
        self._token_told = token_told
        self._made = 0

    def handlers(self) -> Mapping[str, Handler]:
        one = f"{PATH}/{{subscriptionId}}"
        return {
            f"GET {PATH}": self._list,
            f"POST {PATH}": self._create,
            f"GET {one}": lambda request, _: self._known(request),
            f"PUT {one}": self._change,
            f"POST {one}/renew": lambda request, _: self._renewed(self._known(request), {}),
            f"DELETE {one}": self._delete,
        }

    def add(self, id: str, address: str, filters: list[JSON], lasts_s: int = WEEK_S) -> JSONObject:
        now = self._now()
        self.held[id] = {
            "id": id,
            "uri": f"{HOME}/subscription/{id}",
            "creationTime": iso(now),
            "expirationTime": iso(later(now, lasts_s)),
            "expiresIn": lasts_s,
            "status": "Active",
            "eventFilters": filters,
            "deliveryMode": {"transportType": "WebHook", "address": address, "encryption": False},
        }
        return self.held[id]

    def blacklist_unreached(self) -> None:
        """Give up every subscription whose address did not take its last delivery, for ever."""
        for one in self.held.values():
            address = str(as_object(one["deliveryMode"])["address"])
            tries = [sent.status for sent in self._webhooks.log if sent.url == address]
            if tries and tries[-1] != 200:
                one["status"] = "Blacklisted"
                one["blacklistedData"] = {"reason": "the address did not answer", "blacklistedAt": iso(self._now())}
                self._webhooks.urls.remove(address)

    async def shake(self, address: str) -> tuple[str, str] | None:
        """Ask the address for its token back, in time and in few bytes; code and words of the refusal when it does not give it.

        Nobody lives below `.example` (RFC 2606): such an address is taken for one that answered.
        """
        base, _, path = address.partition("://")
        host, _, path = path.partition("/")
        if host.endswith(".example"):
            return None
        token = fresh("validate")
        asking = Outgoing(method="POST", url=f"/{path}", headers=(("validation-token", token),), body=b"")
        try:
            async with Client() as client:
                answer = await client.send(asking, base_url=f"{base}://{host}", timeout_s=self.handshake_s, write=False)
        except TrunklineError:
            return ("SUB-521", "WebHook is not reachable")
        if answer.status != 200 or answer.headers.get("validation-token") != token:
            return ("SUB-520", "WebHook responds without the validation token")
        size = sum(len(name) + len(value) + 4 for name, value in answer.headers.items()) + len(answer.body)
        return ("SUB-525", "WebHook response is too large") if size > _MOST_HANDSHAKE else None

    def _list(self, _: Request, __: JSON) -> JSON:
        records: list[JSON] = [*self.held.values()]
        return {"uri": f"{HOME}/subscription", "records": records[:30]}

    def _create(self, _: Request, body: JSON) -> JSON:
        told = as_object(body)
        mode = as_object(told["deliveryMode"])
        if mode.get("verificationToken"):
            self._token_told(str(mode["verificationToken"]))
        lasts_s = told.get("expiresIn", WEEK_S)
        assert isinstance(lasts_s, int)
        self._made += 1
        made = self.add(f"sub-{100 + self._made}", str(mode["address"]), [], lasts_s)
        self._webhooks.urls.append(str(mode["address"]))
        return self._filtered(made, told)

    def _filtered(self, one: JSONObject, told: JSONObject) -> JSONObject:
        """The vendor puts ids where `~` was, and tells which filters it does not serve."""
        asked = [str(name) for name in as_list(told["eventFilters"])]
        one["eventFilters"] = [
            name.replace("account/~", f"account/{ACCOUNT_ID}").replace("extension/~", f"extension/{EXTENSION_ID}") for name in asked
        ]
        disabled: list[JSON] = [
            {"filter": name, "reason": "Forbidden", "message": self.refused_filters[name]} for name in asked if name in self.refused_filters
        ]
        one.pop("disabledFilters", None)
        one.update({"disabledFilters": disabled} if disabled else {})
        return one

    def _known(self, request: Request) -> JSONObject:
        known = self.held.get(request.path_params["subscriptionId"])
        if known is None:
            raise Refused(404, "Resource for parameter [subscriptionId] is not found")
        return known

    def _change(self, request: Request, body: JSON) -> JSON:
        return self._renewed(self._filtered(self._known(request), as_object(body)), as_object(body))

    def _renewed(self, known: JSONObject, told: JSONObject) -> JSONObject:
        lasts_s = told.get("expiresIn", known["expiresIn"])
        assert isinstance(lasts_s, int)
        known.update({"expiresIn": lasts_s, "expirationTime": iso(later(self._now(), lasts_s))})
        return known

    def _delete(self, request: Request, _: JSON) -> Response:
        known = self._known(request)
        del self.held[str(known["id"])]
        address = str(as_object(known["deliveryMode"])["address"])
        if address in self._webhooks.urls:
            self._webhooks.urls.remove(address)
        return Response(status_code=204)
