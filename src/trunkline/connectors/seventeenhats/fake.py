"""The pieces around 17hats, simulated: a Zap's catch hook, a Zap that posts, and a calendar feed."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from trunkline.model.connection import Account, Credential
from trunkline.model.http import Pairs
from trunkline.model.json import JSONObject, as_object, loads
from trunkline.testing import signing
from trunkline.testing.vendor import FakeVendor

HOOK: Final = "/hooks/catch/1234567/abcdefg/"
FEED: Final = "/calendar/feed-5f0c1d2e.ics"
_HEAD: Final = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//fake//calendar//EN\r\n"


class FakeSeventeenHats(FakeVendor):
    """`caught` holds what reached the catch hook; `appointments` are the VEVENTs of the feed, by uid."""

    webhook_secret: ClassVar[str] = "whsec_" + b64encode(b"a secret that only zaps know....").decode()

    def __init__(self) -> None:
        self.caught: list[JSONObject] = []
        self.appointments: dict[str, str] = {}
        self.silent = False
        """Zapier's silent mode: an empty receipt."""
        super().__init__()

    def account(self) -> Account:
        secrets = {"webhook_secret": self.webhook_secret, "catch_hook_url": HOOK, "calendar_url": FEED}
        return Account(options={"webhook_auth": "standard"}, credential=Credential(secrets))

    def lists(self) -> Mapping[str, Sequence[JSONObject]]:
        return {"caught": self.caught, "appointments": [{"id": uid, "ical": text} for uid, text in self.appointments.items()]}

    def seed_records(self, records: Mapping[str, Sequence[JSONObject]]) -> None:
        """Appointments: `{"id": "a1", "starts": "20261201T150000Z", "ends": "20261201T160000Z", "title": "Meeting"}`."""
        for one in records.get("appointments", ()):
            self.book(*(str(one.get(name, "")) for name in ("id", "starts", "ends", "title")))
        if others := [name for name in records if name != "appointments"]:
            super().seed_records({others[0]: [{"id": ""}]})

    def seed(self) -> None:
        """The appointments the samples speak of."""
        self.book("apt-1", "20261201T150000Z", "20261201T160000Z", "First meeting")
        self.book("apt-2", "20261202T150000Z", "20261202T160000Z", "Second meeting")

    def book(self, uid: str, starts: str, ends: str, title: str) -> None:
        """An appointment in the feed, new or in place of the one before."""
        lines = ("BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{starts}", f"DTEND:{ends}", f"SUMMARY:{title}", "STATUS:CONFIRMED", "END:VEVENT")
        self.appointments[uid] = "\r\n".join(lines)

    def authorised(self, request: Request) -> bool:
        return True

    def sign(self, body: bytes, *, at: float) -> Pairs:
        return signing.standard_webhooks(self.webhook_secret, body, at=at)

    def routes(self) -> Sequence[BaseRoute]:
        return [Route(HOOK, self._catch, methods=["POST"]), Route(FEED, self._feed, methods=["GET"])]

    async def _catch(self, request: Request) -> Response:
        self.caught.append(as_object(loads(await request.body())))
        return Response() if self.silent else JSONResponse({"status": "success", "id": "z1", "attempt": "a1", "request_id": "r1"})

    async def _feed(self, _: Request) -> Response:
        return PlainTextResponse(
            "\r\n".join([_HEAD.rstrip(), *self.appointments.values(), "END:VCALENDAR", ""]), media_type="text/calendar"
        )
