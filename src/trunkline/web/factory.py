"""The ASGI application: every public route of the hub in one place."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from trunkline.web.hooks import Hooks, Ready


def application(hooks: Hooks, ready: Ready) -> Starlette:
    """Routes: `/hooks/{endpoint}`, `/healthz` (the process answers), `/readyz` (it takes work), `/metrics` (Prometheus)."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"ok": True})

    async def readyz(_: Request) -> Response:
        takes_work, facts = ready()
        return JSONResponse({"ok": takes_work, **facts}, status_code=200 if takes_work else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    app = Starlette(
        routes=[
            Route("/hooks/{endpoint}", hooks, methods=["POST"]),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ]
    )
    app.router.redirect_slashes = False
    return app
