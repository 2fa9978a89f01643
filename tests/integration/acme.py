"""A connector and its fake vendor made for tests: one write of each kind of repeat, and a trigger that webhooks and polls share."""

from collections.abc import Sequence
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trunkline.connect.declaration import (
    Caller,
    Connector,
    IdempotencyKey,
    LookFirst,
    Operation,
    Poll,
    Repeat,
    Secret,
    Trigger,
    bearer,
    by_token,
    get,
    send,
)
from trunkline.connect.gone import gone
from trunkline.connect.watching import Reading, matching, watch
from trunkline.connect.webhooks import Incoming, Verified, Webhook
from trunkline.model.connection import Account
from trunkline.model.http import Delivery
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import anything, integer, list_of, record, text
from trunkline.testing.vendor import FakeVendor

THING = record({"id": text(), "name": text(), "updated_at": text(), "number": integer(), "extra": anything()}, open=True)


def _write(id: str, path: str, repeat: Repeat) -> Operation:
    return Operation(
        id=id,
        title=id,
        category="Things",
        kind="write",
        call=send("POST", path),
        takes=record({"name": text(), "number": anything()}, required=("name",)),
        gives=THING,
        repeat=repeat,
        id_field="id",
    )


list_things = Operation(
    id="things.list",
    title="List things",
    category="Things",
    kind="read",
    call=get("/things", query=("since", "page", "kind")),
    takes=record({"since": text(), "page": text(), "kind": text()}),
    gives=record({"items": list_of(THING), "next": anything()}),
    items="items",
    id_field="id",
    next_page=by_token(param="page", answer="next"),
)

sync_things = Operation(
    id="things.sync",
    title="Things changed after a mark",
    category="Things",
    kind="read",
    call=get("/sync", query=("mark", "page")),
    takes=record({"mark": text(), "page": text()}),
    gives=record({"items": list_of(THING), "mark": text(), "next": anything()}),
    items="items",
    id_field="id",
    next_page=by_token(param="page", answer="next"),
)

get_thing = Operation(
    id="things.get",
    title="Get a thing",
    category="Things",
    kind="read",
    call=get("/things/{id}"),
    takes=record({"id": text()}, required=("id",)),
    gives=THING,
    id_field="id",
)


async def find_by_name(caller: Caller, input: JSONObject) -> JSON:
    """The thing a lost `make` made, if it did."""
    answer = as_object(await caller.call(list_things, {}))
    found = [thing for thing in as_list(answer.get("items")) if as_object(thing).get("name") == input["name"]]
    return found[0] if found else None


def _payload(body: JSONObject) -> JSONObject:
    return {"thing": {name: body[name] for name in ("id", "name", "number", "updated_at", "extra") if name in body}}


def _whole(body: JSONObject) -> JSONObject:
    return {"thing": body}


def _mark(answer: JSON) -> str | None:
    mark = as_object(answer).get("mark")
    return mark if isinstance(mark, str) else None


def _gather(before: JSON, payload: JSONObject) -> tuple[JSON, JSONObject | None]:
    """Names of a thing's parts until one says it is the last; then they are one event, and no other follows."""
    thing = as_object(payload["thing"])
    known = as_object(before)
    parts = sorted({*map(str, as_list(known.get("parts"))), str(thing["name"])})
    whole = known.get("whole") is True
    state: JSONObject = {"parts": [*parts], "whole": whole or thing.get("last") is True}
    if whole or not state["whole"]:
        return state, None
    return state, {"thing": {"id": thing["id"], "name": "+".join(parts)}}


def _verify(delivery: Delivery, _: Account) -> Verified:
    return Verified(delivery_id=delivery.headers.get("x-id"), sent_at=delivery.headers.get("x-at"))


def _split(body: JSON, _: Delivery) -> tuple[Incoming, ...]:
    return (Incoming(kind="thing", body=as_object(body)),)


connector = Connector(
    id="acme",
    name="Acme",
    base_url="https://acme.example",
    about="For tests.",
    auth=bearer,
    secrets=(Secret(name="token", title="Token"),),
    operations=(
        _write("things.add", "/add", "never"),
        _write("things.put", "/put", "safe"),
        _write("things.key", "/key", IdempotencyKey("idempotency-key")),
        _write("things.make", "/make", LookFirst(find_by_name)),
        _write("things.say", "/say", "safe"),
        list_things,
        sync_things,
        get_thing,
    ),
    triggers=(
        Trigger(
            id="things.changed",
            title="Thing changed",
            category="Things",
            gives=record({"thing": THING}),
            record_key=lambda payload: str(as_object(payload["thing"])["id"]),
            kinds=("thing",),
            payload=_payload,
            fingerprint=lambda payload: as_object(payload["thing"])["name"],
            poll=Poll(
                read=list_things,
                start=lambda since, account, input: {} if since is None else {"since": since},
                payload=_payload,
                cursor=lambda item: str(item["updated_at"]),
                overlap_s=60,
            ),
        ),
        Trigger(
            id="things.said",
            title="Something was said of a thing",
            category="Things",
            gives=record({"thing": THING}),
            record_key=lambda payload: str(as_object(payload["thing"])["id"]),
            kinds=("thing",),
            payload=_payload,
        ),
        watch(
            list_things,
            id="things.of_kind",
            title="Thing of a kind appeared or changed",
            under="thing",
            kinds=("thing",),
            payload=_whole,
            matches=matching({"kind": "thing.kind"}),
            reading=Reading(leave_out=("since",)),
        ),
        Trigger(
            id="things.synced",
            title="Thing changed, by the vendor's own mark",
            category="Things",
            gives=record({"thing": THING}),
            record_key=lambda payload: str(as_object(payload["thing"])["id"]),
            fingerprint=lambda payload: payload["thing"],
            poll=Poll(
                read=sync_things,
                start=lambda since, account, input: {} if since is None else {"mark": since},
                payload=_payload,
                token=_mark,
            ),
        ),
        Trigger(
            id="things.gathered",
            title="All parts of a thing were told",
            category="Things",
            gives=record({"thing": THING}),
            record_key=lambda payload: str(as_object(payload["thing"])["id"]),
            kinds=("thing",),
            payload=_whole,
            fold=_gather,
        ),
        Trigger(
            id="things.renamed",
            title="Thing got another name",
            category="Things",
            gives=record({"thing": THING}),
            record_key=lambda payload: str(as_object(payload["thing"])["id"]),
            kinds=("thing",),
            payload=_payload,
            fingerprint=lambda payload: as_object(payload["thing"])["name"],
            poll=Poll(read=list_things, start=lambda since, account, input: {}, payload=_payload, notes_unseen=True),
        ),
        gone(list_things, id="things.gone", title="Thing is gone", under="thing", keeps=("name",), reading=Reading(leave_out=("since",))),
        watch(get_thing, id="things.get.changed", title="One thing changed", news="record", under="thing", ignore=("updated_at",)),
    ),
    webhook=Webhook(verify=_verify, split=_split, busy_status=429),
    check=list_things,
)


class FakeAcme(FakeVendor):
    """Keeps things by name; `/put` overwrites, `/key` honours its header, `/add` and `/make` make another one each time, `/say`
    makes none.
    """

    token: ClassVar[str] = "acme-token"

    def __init__(self) -> None:
        self.things: list[JSONObject] = []
        self.said: list[str] = []
        """What `/say` was told."""
        self.readable: int | None = None
        """From this position on `/things` cannot be read."""
        self.log: list[JSONObject] = []
        """What `/sync` tells."""
        self.keys: dict[str, JSONObject] = {}
        super().__init__()

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/add", self._add, methods=["POST"]),
            Route("/make", self._add, methods=["POST"]),
            Route("/say", self._say, methods=["POST"]),
            Route("/put", self._put, methods=["POST"]),
            Route("/key", self._key, methods=["POST"]),
            Route("/things", self._list, methods=["GET"]),
            Route("/sync", self._sync, methods=["GET"]),
            Route("/things/{id}", self._get, methods=["GET"]),
        ]

    def names(self) -> list[str]:
        """The names of all things, in the order they were made."""
        return [str(thing["name"]) for thing in self.things]

    async def _add(self, request: Request) -> Response:
        body: JSONObject = await request.json()
        self.things.append({"id": f"t{len(self.things)}", "updated_at": "2026-01-01T00:00:00Z", **body})
        return JSONResponse(self.things[-1], status_code=201)

    async def _say(self, request: Request) -> Response:
        body: JSONObject = await request.json()
        self.said.append(str(body["name"]))
        return JSONResponse({"id": "said", "name": body["name"]})

    async def _put(self, request: Request) -> Response:
        body: JSONObject = await request.json()
        self.things = [thing for thing in self.things if thing["name"] != body["name"]]
        return await self._add(request)

    async def _key(self, request: Request) -> Response:
        key = request.headers["idempotency-key"]
        if key not in self.keys:
            await self._add(request)
            self.keys[key] = self.things[-1]
        return JSONResponse(self.keys[key])

    async def _list(self, request: Request) -> Response:
        since = request.query_params.get("since", "")
        kind = request.query_params.get("kind")
        found = [thing for thing in self.things if str(thing["updated_at"]) >= since and (kind is None or thing.get("kind") == kind)]
        begin = int(request.query_params.get("page", "0"))
        following = str(begin + 2) if begin + 2 < len(found) else None
        if self.readable is not None and begin >= self.readable:
            return self.refusal(503)
        return JSONResponse({"items": found[begin : begin + 2], "next": following})

    async def _sync(self, request: Request) -> Response:
        """All of the log without a mark, else what was added after it; one a page, the mark on each."""
        begin = int(request.query_params.get("page") or request.query_params.get("mark") or "0")
        following = str(begin + 1) if begin + 1 < len(self.log) else None
        return JSONResponse({"items": self.log[begin : begin + 1], "mark": str(len(self.log)), "next": following})

    async def _get(self, request: Request) -> Response:
        found = [thing for thing in self.things if thing["id"] == request.path_params["id"]]
        return JSONResponse(found[0]) if found else self.refusal(404)
