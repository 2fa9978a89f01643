"""A receiver of signed webhooks: refuses what is unsigned, stale or wrongly signed, and drops what it has had already."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trunkline.connect.signatures import standard_webhooks
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import WebhookError
from trunkline.model.http import Delivery, Pairs
from trunkline.model.json import JSON, JSONObject
from trunkline.testing import signing
from trunkline.testing.vendor import FakeVendor


class FakeWebhook(FakeVendor):
    """`POST /hook` takes webhooks; `taken` holds each once, by its id."""

    signing_secret: ClassVar[str] = "whsec_" + b64encode(b"the secret that we sign with....").decode()
    webhook_secret: ClassVar[str] = "whsec_" + b64encode(b"the secret that they sign with..").decode()

    def __init__(self) -> None:
        self.taken: dict[str, JSON] = {}
        super().__init__()

    def account(self) -> Account:
        return Account(
            options={"url": "/hook"},
            credential=Credential({"signing_secret": self.signing_secret, "webhook_secret": self.webhook_secret}),
        )

    def lists(self) -> Mapping[str, Sequence[JSONObject]]:
        return {"taken": [{"id": id, "body": body} for id, body in self.taken.items()]}

    def authorised(self, request: Request) -> bool:
        return True

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/hook", self._receive, methods=["POST"])]

    def sign(self, body: bytes, *, at: float) -> Pairs:
        return signing.standard_webhooks(self.webhook_secret, body, at=at)

    async def _receive(self, request: Request) -> Response:
        delivery = Delivery(headers=dict(request.headers), body=await request.body(), query={}, received_at=self.clock.now())
        try:
            id, _ = standard_webhooks(self.signing_secret, delivery)
        except WebhookError as error:
            return self.refusal(401, error.message)
        again = id in self.taken
        self.taken.setdefault(id, await request.json())
        return JSONResponse({"received": True, "again": again})
