"""The control API of a simulated vendor, under `/_sandbox/`: look into it, put records in, spoil answers and deliveries."""

from collections import Counter
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any, Final

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from trunkline.model.json import JSON, JSONObject
from trunkline.sandbox.deliveries import Faults
from trunkline.sandbox.orders import SendWebhook, SetScopes, SetToken, SetWebhooks, SpoilNext, TakeContacts, TakeRelease
from trunkline.sandbox.people import people
from trunkline.sandbox.routes import PREFIX, asking, json, router, taking
from trunkline.sandbox.simulated import KeepsContacts, Simulated
from trunkline.testing.simulation import SimulatedVendor

_NEWEST: Final = 20


class Controlled:
    """An ASGI app: the vendor itself, and beside it the control API, which needs no token. `made` people are in it already."""

    def __init__(self, simulated: Simulated, *, seed: int, made: int = 0) -> None:
        self._simulated = simulated
        self._vendor = simulated.vendor
        self._deliveries = simulated.deliveries
        self._seed = seed
        self._made = made
        self._control = router(self._routes())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        inside = scope["type"] == "http" and scope["path"].startswith(f"{PREFIX}/")
        await (self._control if inside else self._vendor)(scope, receive, send)

    def _routes(self) -> list[Route]:
        return [
            asking("GET", "/state", lambda _: self.state()),
            asking("GET", "/contacts", lambda _: [*self._hand().contacts]),
            asking("GET", "/calls", lambda _: self.calls()),
            asking("GET", "/mismatches", lambda _: self._mismatches()),
            asking("GET", "/records/{collection:path}", lambda request: [*self._vendor.stored(request.path_params["collection"])]),
            Route(f"{PREFIX}/webhook-key", self._key),
            taking("POST", "/contacts", TakeContacts, lambda _, order: self._take(order)),
            taking("PATCH", "/contacts/{id}", TypeAdapter(dict[str, Any]), self._change),
            taking("POST", "/records/{collection:path}", TypeAdapter(list[dict[str, Any]]), self._put),
            taking("POST", "/next", SpoilNext, lambda _, order: self._spoil(order)),
            taking("PUT", "/token", SetToken, lambda _, order: self._set_token(order)),
            asking("POST", "/token/expire", lambda _: self._expire()),
            taking("PUT", "/scopes", SetScopes, lambda _, order: self._set_scopes(order)),
            taking("PUT", "/webhooks", SetWebhooks, lambda _, order: self._set_webhooks(order)),
            taking("POST", "/webhooks", SendWebhook, lambda _, order: self._send(order)),
            asking("POST", "/webhooks/hold", lambda _: self._hold()),
            taking("POST", "/webhooks/release", TakeRelease, lambda _, order: self._release(order)),
        ]

    def _hand(self) -> KeepsContacts:
        if self._simulated.hand is None:
            raise LookupError(f"The contacts of {self._simulated.connector.name} are not made by hand here; try /records/.")
        return self._simulated.hand

    def _mismatches(self) -> list[JSON]:
        if not isinstance(self._vendor, SimulatedVendor):
            raise LookupError(f"{self._simulated.connector.name} has no official description that answers could be held against.")
        return [asdict(one) for one in self._vendor.mismatches]

    # ── looking ──

    def state(self) -> JSONObject:
        """Counts and switches."""
        hooks = self._deliveries
        answered = sum(1 for sent in hooks.log if sent.status is not None and sent.status < 300)
        return {
            "vendor": self._simulated.connector.name,
            **({} if self._simulated.hand is None else {"contacts": len(self._simulated.hand.contacts)}),
            "calls": len(self._vendor.calls),
            "over_limit": self._vendor.over_limit,
            "limits": [{"calls": limit.calls, "per_s": limit.per_s} for limit in self._vendor.limits],
            "token_accepted": self._vendor.token_accepted,
            "scopes_refused": [*sorted(self._vendor.scopes_refused)],
            **self._of_description(),
            "webhooks": {
                "urls": [*hooks.urls],
                "drop": hooks.drop,
                "copies": hooks.copies,
                **asdict(hooks.faults),
                **{f"were_{name}": hooks.suffered[name] for name in ("emitted", "lost", "twice", "late")},
                "tries": len(hooks.log),
                "taken": answered,
                "under_way": hooks.under_way,
            },
        }

    def _of_description(self) -> JSONObject:
        if not isinstance(self._vendor, SimulatedVendor):
            return {}
        return {"mismatches": len(self._vendor.mismatches)}

    def calls(self) -> JSONObject:
        """How often each route was called, ids left out, and the newest calls."""
        routes = Counter(f"{call.method} {_without_ids(call.path)}" for call in self._vendor.calls)
        newest: list[JSON] = [call.route for call in self._vendor.calls[-_NEWEST:]]
        return {"total": len(self._vendor.calls), "routes": dict(routes.most_common()), "newest": newest}

    async def _key(self, _: Request) -> Response:
        key = self._simulated.key
        return json({"error": ["its webhooks are not signed"]}, 404) if key is None else PlainTextResponse(key)

    # ── doing ──

    def _take(self, order: TakeContacts) -> JSON:
        """The contacts that were made: one of these fields, or the next `count` made-up people."""
        if order.fields is not None:
            return [self._hand().create_contact(order.fields)]
        made = people(order.count, seed=self._seed, start=self._made)
        self._made += order.count
        return [self._hand().create_contact(self._simulated.person(one)) for one in made]

    def _change(self, request: Request, fields: JSONObject) -> JSON:
        contact_id = request.path_params["id"]
        if all(contact["id"] != contact_id for contact in self._hand().contacts):
            raise LookupError(f"There is no contact {contact_id}.")
        return self._hand().change_contact(contact_id, fields)

    def _put(self, request: Request, records: list[JSONObject]) -> JSON:
        """The collection after these records were put in; each brings its id."""
        collection = request.path_params["collection"]
        if any("id" not in record and "_id" not in record for record in records):
            raise LookupError("A record has no id.")
        self._vendor.seed_records({collection: records})
        return [*self._vendor.stored(collection)]

    def _spoil(self, order: SpoilNext) -> JSON:
        self._vendor.next(
            order.route,
            status=order.status,
            body=order.body,
            headers=order.headers,
            after=order.after,
            ending=order.ending,
            delay_s=order.delay_s,
            times=order.times,
        )
        return self.state()

    def _set_token(self, order: SetToken) -> JSON:
        self._vendor.token_accepted = order.accepted
        return self.state()

    def _expire(self) -> JSON:
        """End every access token, so that a connection has to renew its own."""
        if self._vendor.sign_in is None:
            raise LookupError(f"Nobody signs in to the simulated {self._simulated.connector.name}; its token does not expire.")
        self._vendor.sign_in.expire()
        return self.state()

    def _set_scopes(self, order: SetScopes) -> JSON:
        known = self._simulated.scopes
        if not known:
            raise LookupError(f"{self._simulated.connector.name} knows no scopes; /token refuses its credential.")
        unknown = [scope for scope in order.refused if scope not in known]
        if unknown:
            near = get_close_matches(unknown[0], known, n=3, cutoff=0.5)
            raise LookupError(f"There is no scope {unknown[0]}." + (f" Did you mean {' or '.join(near)}?" if near else ""))
        self._vendor.scopes_refused = set(order.refused)
        return self.state()

    def _send(self, order: SendWebhook) -> JSON:
        self._deliveries.emit(order.body)
        return self.state()

    def _set_webhooks(self, order: SetWebhooks) -> JSON:
        """Change what was given and keep the rest."""
        hooks = self._deliveries
        if order.urls is not None:
            hooks.urls = list(order.urls)
        hooks.drop = hooks.drop if order.drop is None else order.drop
        hooks.copies = hooks.copies if order.copies is None else order.copies
        given = {name: getattr(order, name) for name in ("lost", "twice", "late", "late_s") if getattr(order, name) is not None}
        hooks.faults = Faults(**{**asdict(hooks.faults), **given})
        return self.state()

    def _hold(self) -> JSON:
        self._deliveries.hold()
        return self.state()

    def _release(self, order: TakeRelease) -> JSON:
        self._deliveries.release(reverse=order.reverse)
        return self.state()


def _without_ids(path: str) -> str:
    """`/contacts/cOnTaCt1/notes` → `/contacts/{id}/notes`: a part that holds a digit and is no version is an id."""
    parts = path.split("/")
    return "/".join("{id}" if any(letter.isdigit() for letter in part) and len(part) > 3 else part for part in parts)
