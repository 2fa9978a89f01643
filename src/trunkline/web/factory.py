"""The ASGI application: every public route of the hub in one place."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from trunkline.admin.reach import PROBE
from trunkline.engine.metrics import hand_over
from trunkline.web.hooks import PREFIX, Hooks, Ready


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


def application(hooks: Hooks, ready: Ready, *more: Route) -> Front:
    """Routes: `/hooks/{endpoint}` (deliveries; a GET with the header of a probe asks whether they would arrive),
    `/healthz` (the process answers), `/readyz` (it takes work), `/metrics` (Prometheus), and `more`.
    """

    async def reached(request: Request) -> Response:
        if PROBE in request.headers and hooks.knows(request.url.path):
            return Response(status_code=204, headers={PROBE: "here"})
        return PlainTextResponse("Method Not Allowed", status_code=405, headers={"allow": "POST"})

    async def healthz(_: Request) -> Response:
        return JSONResponse({"ok": True})

    async def readyz(_: Request) -> Response:
        takes_work, facts = ready()
        return JSONResponse({"ok": takes_work, **facts}, status_code=200 if takes_work else 503)

    async def metrics(_: Request) -> Response:
        hand_over()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    app = Starlette(
        routes=[
            Route(PREFIX + "{endpoint}", hooks, methods=["POST"]),
            Route(PREFIX + "{endpoint}", reached, methods=["GET"]),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            *more,
        ]
    )
    app.router.redirect_slashes = False
    return Front(hooks, app)
