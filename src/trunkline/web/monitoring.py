"""What programs that watch the hub are told: whether it answers, whether it takes work, and its figures, which are not for everybody."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from trunkline.engine.metrics import hand_over
from trunkline.web.pages import UNKEPT

Ready = Callable[[], tuple[bool, dict[str, object]]]
"""Whether the hub takes work now, and the figures that say so."""

_PASSED_ON: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_NOT_FOR_YOU: Final = "Figures are told to programs on this machine, and to those that have the token (TRUNKLINE_METRICS_TOKEN)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchers:
    """Who is told figures, which name connections: whoever has the `token`; without one, programs on this machine.

    A proxy on this machine asks on behalf of strangers, and not every one says so: a hub that is `published` tells nobody without a token.
    """

    token: str = field(default="", repr=False)
    published: bool = False

    def may_know(self, request: Request) -> bool:
        """Whether the figures are for whoever asks."""
        if not self.token:
            return not self.published and _is_from_here(request)
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(self.token.encode(), given.encode())


def routes(ready: Ready, watchers: Watchers) -> list[Route]:
    """`/healthz` (the process answers), `/readyz` (it takes work; with figures for watchers), `/metrics` (for them alone, Prometheus)."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"ok": True}, headers=UNKEPT)

    async def readyz(request: Request) -> Response:
        takes_work, figures = ready()
        told = figures if watchers.may_know(request) else {}
        return JSONResponse({"ok": takes_work, **told}, status_code=200 if takes_work else 503, headers=UNKEPT)

    async def metrics(request: Request) -> Response:
        if not watchers.may_know(request):
            return PlainTextResponse(_NOT_FOR_YOU, status_code=401, headers={**UNKEPT, "www-authenticate": "Bearer"})
        hand_over()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST, headers=UNKEPT)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def _is_from_here(request: Request) -> bool:
    """Asked by this machine, of this machine: a name that leads here by somebody else's word (DNS rebinding) is none of ours."""
    if request.client is None or any(name in request.headers for name in _PASSED_ON):
        return False
    return _is_loopback(request.client.host) and _is_loopback(_host(request.headers.get("host", "")))


def _host(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
