"""A vendor that answers each of its official endpoints: with a handler where it has one, else with the state it keeps by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from sys import modules
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from trunkline.connect.endpoints import Endpoints
from trunkline.model.clock import Clock
from trunkline.model.json import JSON, JSONObject, dumps, loads
from trunkline.testing.deviations import Deviation, deviations_in, of_endpoint
from trunkline.testing.places import Paths
from trunkline.testing.records import Records
from trunkline.testing.routing import Routes
from trunkline.testing.stateful import Behaviour, Given, Held, NotThere
from trunkline.testing.synthesis import Maker
from trunkline.testing.tally import Tally, tally_in
from trunkline.testing.validation import Asked, Checker, Problem
from trunkline.testing.vendor import FakeVendor

Handler = Callable[[Request, JSON], JSON | Response]
"""Answers one endpoint from the request (`path_params` by the names in the path) and its parsed body; a value gets the described status."""


class Refused(Exception):
    """The vendor says no: a status, and what it says."""

    def __init__(self, status: int, message: str = "refused") -> None:
        super().__init__(message)
        self.status = status
        self.message = message


_FILE: Final = b"what a file holds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """An answer of the fake that does not fit the description: a fault of the fake, or a deviation not yet listed."""

    key: str
    said: str


class SimulatedVendor(FakeVendor):
    """A fake vendor shaped by `endpoints`. A subclass brings `handlers` for what it does its own way and the vendor's own refusals.

    A request that does not fit its endpoint is refused by `invalid`. An answer that does not fit is kept in `mismatches`. What no handler
    answers is answered from `held`: records by path, made, listed, changed and removed as the paths say. `deviations.toml` beside the
    subclass tells where the vendor differs from its description.
    """

    endpoints: ClassVar[Endpoints]
    aliases: ClassVar[Mapping[str, str]] = {}
    """Collections that lie elsewhere: `{"/calendars/events": "/calendars/events/appointments"}`, placeholders by their names."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 1) -> None:
        self.mismatches: list[Mismatch] = []
        self.misfits: list[tuple[str, list[Problem]]] = []
        """Requests that were refused because they do not fit their endpoint."""
        self.asked: list[str] = []
        """The endpoints that were called, by their keys."""
        self.strict_slashes = True
        """Set to False to answer paths with and without a slash at their end."""
        super().__init__(clock=clock)
        self.held = Held(records=Records(), maker=Maker(seed), now=self.clock.now, owner=self.owner_of)
        self._handlers = dict(self.handlers())
        self._shape = _shape(type(self))
        self._by_itself_last: tuple[str, Given] | None = None

    # ── what a vendor says of itself ──

    def handlers(self) -> Mapping[str, Handler]:
        """What answers an endpoint in the vendor's own way, by its key; other addresses than the described ones may be added."""
        return {}

    def objection(self, key: str, request: Request) -> Response | None:
        """What the vendor refuses before it looks at the rest of a request; None lets it pass."""
        return None

    def invalid(self, key: str, problems: Sequence[Problem]) -> Response:
        """The answer to a request that does not fit its endpoint."""
        first = problems[0]
        return self.refusal(400, f"{first.place} {first.field}: {first.reason}")

    def refused(self, key: str, error: Refused) -> Response:
        """The answer when a handler raised `error`, or a record is not there (404)."""
        return self.refusal(error.status, error.message)

    def no_such_endpoint(self, method: str, path: str) -> Response:
        return self.refusal(404, f"Cannot {method} {path}")

    def out_of_scope(self, scope: str) -> Response:
        """The answer to a credential that lacks a scope."""
        return self.refusal(403, f"the scope {scope} is missing")

    def owner_of(self, name: str, value: str) -> str:
        """What stands for `value` in a path, where a vendor has words such as `~` for the caller's own record."""
        return value

    def routes(self) -> Sequence[BaseRoute]:
        return ()

    # ── state ──

    def seed_records(self, records: Mapping[str, Sequence[JSONObject]]) -> None:
        """Put records in by the path of their collection: `{"contacts": […], "contacts/c1/notes": […]}`; each has its id."""
        for collection, some in records.items():
            for record in some:
                id = next(str(record[name]) for name in ("id", "_id") if name in record)
                self.held.records.put(f"/{collection.strip('/')}", id, dict(record))

    def stored(self, collection: str) -> list[JSONObject]:
        """The records of a collection by its path, oldest first."""
        return self.held.records.all(f"/{collection.strip('/')}")

    def fill_last_list(self, count: int) -> bool:
        """Put `count` records, and no others, where the last request that no handler took listed its own; False when there was none."""
        if self._by_itself_last is None:
            return False
        key, given = self._by_itself_last
        behaviour = self._shape.behaviour(key)
        if behaviour.target.doing != "list":
            return False
        behaviour.fill(given, self.held, count)
        return True

    # ── answers ──

    async def _carry_out(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode() if "raw_path" in request.scope else request.url.path
        found = self._find(request.method, path.partition("?")[0])
        if found is None:
            return self.no_such_endpoint(request.method, request.url.path)
        key, values = found
        request.scope["path_params"] = values
        self.asked.append(key)
        body = await request.body()
        if key not in self.endpoints:
            return self._handled(key, request, _parsed(body))
        checker = self._shape.checker(key)
        if (objection := self.objection(key, request)) is not None:
            return objection
        if lacking := self.scopes_refused.intersection(checker.endpoint.permissions):
            return self.out_of_scope(min(lacking))
        asked = Asked(path=values, query=request.query_params.multi_items(), headers=dict(request.headers), body=body)
        self._shape.tally.requests += 1
        read, problems = checker.request(asked)
        if problems:
            self.misfits.append((key, problems))
            return self.invalid(key, problems)
        return self._checked(key, checker, self._handled(key, request, read))

    def _find(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        routes = self._routes
        found = routes.find(method, path)
        if found is None and not self.strict_slashes:
            found = routes.find(method, path.removesuffix("/") if path.endswith("/") else f"{path}/")
        return found

    @cached_property
    def _routes(self) -> Routes:
        if all(key in self.endpoints for key in self._handlers):
            return self._shape.routes
        return Routes([*self._handlers, *self.endpoints])

    def _handled(self, key: str, request: Request, body: JSON) -> Response:
        handler = self._handlers.get(key)
        try:
            answer = self._by_itself(key, request, body) if handler is None else handler(request, body)
        except Refused as error:
            return self.refused(key, error)
        except NotThere as error:
            return self.refused(key, Refused(404, str(error)))
        except ValueError as error:  # a handler was given a text that it cannot read as a number or a date
            return self.invalid(key, [Problem(place="body", field="", kind="wrong", reason=str(error))])
        if isinstance(answer, Response):
            return answer
        return _json(answer, self._shape.checker(key).endpoint.answer_status if key in self.endpoints else 200)

    def _by_itself(self, key: str, request: Request, body: JSON) -> JSON | Response:
        behaviour = self._shape.behaviour(key)
        given = Given(path=dict(request.path_params), query=dict(request.query_params.items()), body=body)
        self._by_itself_last = key, given
        answer = behaviour.answer(given, self.held)
        if behaviour.is_file:
            return Response(_FILE, status_code=behaviour.status, media_type=behaviour.type.replace("*", "plain"))
        return answer

    def _checked(self, key: str, checker: Checker, answer: Response) -> Response:
        if 200 <= answer.status_code < 300 and (answer.media_type or answer.headers.get("content-type", "")).startswith("application/json"):
            self._hold(key, checker.answer(loads(bytes(answer.body))))
        return answer

    def _hold(self, key: str, said: Sequence[str]) -> None:
        """Note what does not fit of an answer."""
        self.mismatches += [Mismatch(key=key, said=one) for one in said]
        self._shape.tally.answers += 1
        self._shape.tally.mismatches += [f"{key}: {one}" for one in said]


class _Shape:
    """What follows from a vendor's endpoints; shared by all fakes of one class, each part made when first asked for."""

    def __init__(self, endpoints: Endpoints, deviations: tuple[Deviation, ...], aliases: Mapping[str, str], tally: Tally) -> None:
        self.tally = tally
        self.routes = Routes(endpoints)
        self._endpoints = endpoints
        self._deviations = deviations
        self._aliases = aliases
        self._paths = Paths(endpoints, lambda key: self.checker(key).answer_schema)
        self._checkers: dict[str, Checker] = {}
        self._behaviours: dict[str, Behaviour] = {}

    def checker(self, key: str) -> Checker:
        if key not in self._checkers:
            self._checkers[key] = Checker(self._endpoints[key], of_endpoint(key, self._deviations))
        return self._checkers[key]

    def behaviour(self, key: str) -> Behaviour:
        if key not in self._behaviours:
            self._behaviours[key] = Behaviour(
                self._endpoints[key], self._paths, answer=self.checker(key).answer_schema, aliases=self._aliases
            )
        return self._behaviours[key]


_SHAPES: dict[type[SimulatedVendor], _Shape] = {}


def _shape(vendor: type[SimulatedVendor]) -> _Shape:
    if vendor not in _SHAPES:
        folder = Path(str(modules[vendor.__module__].__file__)).parent
        _SHAPES[vendor] = _Shape(vendor.endpoints, deviations_in(folder), vendor.aliases, tally_in(folder))
    return _SHAPES[vendor]


def checker_of(vendor: type[SimulatedVendor], key: str) -> Checker:
    """What an endpoint of this vendor takes and answers."""
    return _shape(vendor).checker(key)


def _parsed(body: bytes) -> JSON:
    try:
        return loads(body) if body else None
    except ValueError:
        return None


def _json(value: JSON, status: int) -> Response:
    if status == 204:
        return Response(status_code=204)
    return Response(dumps(value), status_code=status, media_type="application/json")
