"""Routes of a control API: bodies are checked against their shape, and whatever cannot be done is told in JSON."""

from collections.abc import Callable, Sequence
from typing import Final

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, Router
from starlette.types import Receive, Scope, Send

from trunkline.model.json import JSON, dumps, loads
from trunkline.sandbox.orders import Order

PREFIX: Final = "/_sandbox"


def router(routes: Sequence[Route]) -> Router:
    """The API; what it does not know is answered with what there is."""
    known: list[JSON] = [f"{method} {one.path}" for one in routes for method in sorted((one.methods or set()) - {"HEAD"})]

    async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        said = f"There is no {request.method} {request.url.path} here."
        wrong_method = any(one.matches(scope)[0] is Match.PARTIAL for one in routes)
        await json({"error": [said], "there_is": known}, 405 if wrong_method else 404)(scope, receive, send)

    made = Router(default=unknown)
    made.routes.extend(_Exact(one.path, one.endpoint, methods=sorted(one.methods or ())) for one in routes)
    return made


class _Exact(Route):
    """A route that leaves other methods than its own to whoever says what there is."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        return (match, child) if match is Match.FULL else (Match.NONE, {})


def asking(method: str, path: str, answer: Callable[[Request], JSON]) -> Route:
    """A route without a body."""

    async def endpoint(request: Request) -> Response:
        try:
            return json(answer(request))
        except LookupError as error:
            return json({"error": [str(error)]}, 404)

    return Route(f"{PREFIX}{path}", endpoint, methods=[method])


def taking(method: str, path: str, shape: type[Order] | TypeAdapter[Order], carry_out: Callable[[Request, Order], JSON]) -> Route:
    """A route with a body; one that does not fit is told where."""
    adapter: TypeAdapter[Order] = shape if isinstance(shape, TypeAdapter) else TypeAdapter(shape)

    async def endpoint(request: Request) -> Response:
        try:
            return json(carry_out(request, adapter.validate_python(loads(await request.body() or b"{}"))))
        except ValidationError as error:
            return json({"error": [f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in error.errors()]}, 400)
        except ValueError:
            return json({"error": ["body: no JSON"]}, 400)
        except LookupError as error:
            return json({"error": [str(error)]}, 404)

    return Route(f"{PREFIX}{path}", endpoint, methods=[method])


def json(answer: JSON, status: int = 200) -> Response:
    return Response(dumps(answer), status_code=status, media_type="application/json")
