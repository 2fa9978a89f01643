"""The ASGI application: every public route of the hub in one place."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from trunkline.admin.reach import PROBE
from trunkline.web import monitoring
from trunkline.web.hooks import PREFIX, Hooks
from trunkline.web.monitoring import Ready, Watchers
from trunkline.web.pages import UNKEPT


class Front:
    """Deliveries go straight to `hooks`; everything else is routed by `rest`. Routing a delivery would cost as much as storing it."""

    def __init__(self, hooks: Hooks, rest: Starlette) -> None:
        self.hooks = hooks
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(PREFIX):
            await self.hooks(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    def routes(self) -> list[str]:
        """Every public route, as `GET /path`."""
        known = (route for route in self._rest.routes if isinstance(route, Route))
        return sorted(f"{method} {route.path}" for route in known for method in route.methods or ())


def application(hooks: Hooks, ready: Ready, *more: Route, watchers: Watchers | None = None) -> Front:
    """Routes: `/hooks/{endpoint}` (deliveries; a GET with the header of a probe asks whether they would arrive), those for who watches
    the hub, and `more`.
    """

    async def reached(request: Request) -> Response:
        if PROBE in request.headers and hooks.knows(request.scope["path"]):
            return Response(status_code=204, headers={**UNKEPT, PROBE: "here"})
        return PlainTextResponse("Method Not Allowed", status_code=405, headers={**UNKEPT, "allow": "POST"})

    app = Starlette(
        routes=[
            Route(PREFIX + "{endpoint}", hooks, methods=["POST"]),
            Route(PREFIX + "{endpoint}", reached, methods=["GET"]),
            *monitoring.routes(ready, watchers or Watchers()),
            *more,
        ]
    )
    app.router.redirect_slashes = False
    return Front(hooks, app)
