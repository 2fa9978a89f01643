"""Some server on the internet: keeps what it is sent under its path, and signs its webhooks as Standard Webhooks."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from trunkline.connectors.http.proof import sign_in
from trunkline.model.connection import Account, Credential
from trunkline.model.http import Pairs
from trunkline.model.json import JSON, JSONObject
from trunkline.testing import signing
from trunkline.testing.oauth import AuthorizationServer
from trunkline.testing.vendor import FakeVendor

WHERE: Final[JSONObject] = {"authorize_url": "/oauth/authorize", "token_url": "/oauth/token"}
"""What an owner says of its authorization server."""


class FakeHTTP(FakeVendor):
    """`POST /things` makes one, `GET /things/{id}` reads it, `GET /page` is text, `GET /picture` is neither, `/away` leads elsewhere."""

    webhook_secret: ClassVar[str] = "whsec_" + b64encode(b"a secret of thirty-two bytes....").decode()

    def __init__(self) -> None:
        self.things: dict[str, JSONObject] = {}
        super().__init__()
        oauth = sign_in(Account(options=WHERE, credential=Credential()))
        assert oauth is not None
        self.sign_in = AuthorizationServer(oauth, clock=self.clock)

    def account(self) -> Account:
        return Account(
            options={"webhook_auth": "standard", "idempotency_header": "idempotency-key", **WHERE},
            credential=Credential({"token": self.token, "webhook_secret": self.webhook_secret}),
        )

    def collections(self) -> Mapping[str, dict[str, JSONObject]]:
        return {"things": self.things}

    def seed(self) -> None:
        self.things["1"] = {"id": "1", "name": "First"}

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/things", self._make, methods=["POST"]),
            Route("/things/{id}", self._read, methods=["GET"]),
            Route("/page", self._page, methods=["GET"]),
            Route("/picture", self._picture, methods=["GET"]),
            Route("/away", self._away, methods=["GET", "POST"]),
        ]

    def sign(self, body: bytes, *, at: float) -> Pairs:
        return signing.standard_webhooks(self.webhook_secret, body, at=at)

    async def _make(self, request: Request) -> Response:
        sent: JSON = await request.json()
        id = str(len(self.things) + 1)
        self.things[id] = {"id": id, "sent": sent}
        return JSONResponse(self.things[id], status_code=201)

    async def _read(self, request: Request) -> Response:
        thing = self.things.get(request.path_params["id"])
        return JSONResponse(thing) if thing else self.refusal(404, "no such thing")

    async def _page(self, _: Request) -> Response:
        return PlainTextResponse("only words")

    async def _picture(self, _: Request) -> Response:
        return Response(b"\x89PNG\xff", media_type="image/png")

    async def _away(self, _: Request) -> Response:
        return Response(status_code=302, headers={"location": "/things/1"})
