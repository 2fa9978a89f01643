"""A request put to an ASGI app without a socket in between."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote, urlencode, urlsplit

from starlette.types import ASGIApp, Message, Scope

from trunkline.connect.client import Client, full_url
from trunkline.model.http import Request, Response


class DirectClient(Client):
    """A client whose requests go to `app`, wherever they are addressed to; for laws that need thousands of calls."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._app = app

    async def send(
        self, request: Request, *, base_url: str = "", timeout_s: float = 30, write: bool, answering: Callable[[], None] | None = None
    ) -> Response:
        return await ask(self._app, replace(request, url=full_url(request, base_url), query=()))


async def ask(app: ASGIApp, request: Request) -> Response:
    """What `app` answers; `request.url` is a path or a whole address, of which the path counts."""
    parts = urlsplit(request.url)
    query = "&".join(part for part in (parts.query, urlencode(request.query)) if part)
    scope: Scope = {
        "type": "http",
        "method": request.method,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers],
    }
    start: Message = {}
    chunks: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": request.body or b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Response(status=start["status"], headers=headers, body=b"".join(chunks))
