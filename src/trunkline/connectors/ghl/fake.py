"""A simulated sub-account: every endpoint over HTTP, and webhooks signed with a key of its own."""

import base64
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Final, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from trunkline.connect.declaration import RateLimit
from trunkline.connectors.ghl.facts import ENDPOINTS
from trunkline.connectors.ghl.fake_agency import AgencyCalls
from trunkline.connectors.ghl.fake_associations import AssociationCalls
from trunkline.connectors.ghl.fake_billing import BillingCalls
from trunkline.connectors.ghl.fake_bookings import BookingCalls
from trunkline.connectors.ghl.fake_calendars import CalendarCalls, calendars
from trunkline.connectors.ghl.fake_contacts import ContactCalls
from trunkline.connectors.ghl.fake_conversations import ConversationCalls
from trunkline.connectors.ghl.fake_fields import FieldCalls
from trunkline.connectors.ghl.fake_objects import ObjectCalls
from trunkline.connectors.ghl.fake_office import office
from trunkline.connectors.ghl.fake_opportunities import OpportunityCalls, pipelines
from trunkline.connectors.ghl.fake_phones import PhoneCalls
from trunkline.connectors.ghl.fake_records import Records, Refused
from trunkline.connectors.ghl.fake_seed import ADA, CONTACT, NOTE, TASK, account
from trunkline.connectors.ghl.fake_sign_in import FakeSignIn
from trunkline.connectors.ghl.fake_sites import SiteCalls
from trunkline.connectors.ghl.fake_users import UserCalls
from trunkline.connectors.ghl.fake_where import Where
from trunkline.model.clock import Clock, SystemClock, iso
from trunkline.model.connection import Account, Credential
from trunkline.model.http import Pairs
from trunkline.model.ids import fresh
from trunkline.model.json import JSONObject
from trunkline.testing import simulation
from trunkline.testing.simulation import Handler, SimulatedVendor
from trunkline.testing.validation import Problem

_VERSIONS: Final = frozenset(("v3", "2023-02-21", "2021-07-28", "2021-04-15"))
_WEBHOOK_LEAVES_OUT: Final = frozenset(
    ("dateUpdated", "dndSettings", "inboundDndSettings", "additionalEmails", "gender", "timezone", "type")
)


class FakeGHL(SimulatedVendor):
    """A sub-account and its agency; what people use most is done as the vendor does it, in the files beside this one.

    `signing` chooses which signatures deliveries carry; `wrapped` puts them into `data`.
    """

    token: ClassVar[str] = "pit-0000aaaa-1111-bbbb-2222-cccc3333dddd"
    endpoints = ENDPOINTS
    limits: tuple[RateLimit, ...] = (RateLimit(calls=100, per_s=10),)
    daily: ClassVar[int] = 200_000

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        location: str = "LoCaTiOn0000000000A1",
        allow_duplicates: bool = False,
    ) -> None:
        self.location = location
        self.signing: Literal["ed25519", "rsa", "both", "none"] = "ed25519"
        self.wrapped = False
        self.announces = True
        """Set to False to change records without telling anybody."""
        known = clock or SystemClock()
        self.calls_on_fields = FieldCalls(lambda: self.held.records, location)
        self.records = Records(
            location,
            allow_duplicates=allow_duplicates,
            now=known.now,
            changed=self._announce_contact,
            has_field=self.calls_on_fields.takes,
        )
        self.calls_on_contacts = ContactCalls(self.records, now=known.now, announce=self.announce)
        where = Where(location=location, held=lambda: self.held.records, now=known.now, contact=self.records.get, announce=self.announce)
        self.calls_on_conversations = ConversationCalls(where)
        self.calls_on_calendars = CalendarCalls(where)
        self.calls_on_opportunities = OpportunityCalls(where)
        self.calls_on_agency = AgencyCalls(where)
        self.calls_on_phones = PhoneCalls(where)
        self.signed_in = FakeSignIn(location, clock=known)
        self._parts = (
            self.calls_on_conversations,
            self.calls_on_calendars,
            self.calls_on_opportunities,
            AssociationCalls(where),
            BookingCalls(where),
            ObjectCalls(where),
            self.calls_on_phones,
            self.calls_on_agency,
            BillingCalls(where),
            SiteCalls(where),
        )
        super().__init__(clock=known)
        self.sign_in = self.signed_in
        self._key = Ed25519PrivateKey.generate()

    # ── what a test or a demonstration does to it directly ──

    @property
    def contacts(self) -> list[JSONObject]:
        """Every contact, oldest first."""
        return list(self.records.contacts.values())

    @property
    def notes(self) -> dict[str, JSONObject]:
        return self.calls_on_contacts.notes

    @property
    def tasks(self) -> dict[str, JSONObject]:
        return self.calls_on_contacts.tasks

    def create_contact(self, fields: JSONObject) -> JSONObject:
        """A contact made by hand in the vendor's app; it is announced like any other."""
        return self.records.add(fields)

    def change_contact(self, contact_id: str, fields: JSONObject) -> JSONObject:
        """A contact changed by hand in the vendor's app."""
        return self.records.change(contact_id, fields)

    def seed(self) -> None:
        """The records the samples speak of."""
        self.announces, announces = False, self.announces
        self.records.add(CONTACT)
        self.calls_on_contacts.add_note(str(NOTE["id"]), ADA, NOTE)
        self.tasks[str(TASK["id"])] = dict(TASK)
        for records in (account, calendars, pipelines, office):
            self.seed_records(records(self.location))
        for part in self._parts:
            part.seed()
        self.announces = announces

    # ── keys and signatures ──

    @property
    def public_key(self) -> str:
        return _pem(self._key.public_key())

    @cached_property
    def legacy_key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def legacy_public_key(self) -> str:
        return _pem(self.legacy_key.public_key())

    def account(self) -> Account:
        options: JSONObject = {"location": self.location, "webhook_public_key": self.public_key}
        if self.signing in ("rsa", "both"):
            options["webhook_legacy_public_key"] = self.legacy_public_key
        return Account(options=options, credential=Credential({"token": self.token}))

    def sign(self, body: bytes, *, at: float) -> Pairs:
        headers: list[tuple[str, str]] = []
        if self.signing in ("ed25519", "both"):
            headers.append(("x-ghl-signature", base64.b64encode(self._key.sign(body)).decode()))
        if self.signing in ("rsa", "both"):
            legacy = self.legacy_key.sign(body, padding.PKCS1v15(), hashes.SHA256())
            headers.append(("x-wh-signature", base64.b64encode(legacy).decode()))
        return tuple(headers)

    def announce(self, kind: str, body: JSONObject) -> None:
        """Deliver an event as the vendor would, in the envelope of the day."""
        if not self.announces or not self.webhooks.urls:
            return
        told: JSONObject = {"data": body} if self.wrapped else body
        stamp: JSONObject = {"timestamp": iso(self.clock.now()), "webhookId": fresh("w").removeprefix("w_")}
        self.webhooks.emit({"type": kind, "locationId": self.location, **told, **stamp})

    def _announce_contact(self, kind: str, contact: JSONObject) -> None:
        left_out = _WEBHOOK_LEAVES_OUT - {"dndSettings"} if kind == "ContactDndUpdate" else _WEBHOOK_LEAVES_OUT
        self.announce(kind, {name: value for name, value in contact.items() if name not in left_out and value is not None})

    # ── answers ──

    def authorised(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.token}"

    def refusal(self, status: int, message: str | list[str] = "refused on purpose", meta: JSONObject | None = None) -> Response:
        said: JSONObject = {"statusCode": status, "message": [*message] if isinstance(message, list) else message, "traceId": fresh("t")}
        error = {401: "Unauthorized", 422: "Unprocessable Entity"}.get(status)
        return JSONResponse({**said, **({"error": error} if error else {}), **({"meta": meta} if meta else {})}, status_code=status)

    def too_fast(self) -> Response:
        return self.refusal(429, "Too Many Requests")

    def quota_headers(self, remaining: int) -> Mapping[str, str]:
        if not self.limits:
            return {}
        limit = self.limits[0]
        return {
            "x-ratelimit-limit-daily": str(self.daily),
            "x-ratelimit-daily-remaining": str(max(0, self.daily - len(self.calls))),
            "x-ratelimit-interval-milliseconds": str(round(limit.per_s * 1000)),
            "x-ratelimit-max": str(limit.calls),
            "x-ratelimit-remaining": str(remaining),
        }

    def objection(self, key: str, request: Request) -> Response | None:
        version = request.headers.get("version")
        if version in _VERSIONS or key.partition(" ")[2].startswith("/oauth/"):
            return None
        return self.refusal(401, "version header is invalid" if version else "version header was not found.")

    def invalid(self, key: str, problems: Sequence[Problem]) -> Response:
        if any(problem.reason == "the body is no JSON" for problem in problems):
            return self.refusal(400, "the body is no JSON")
        return self.refusal(422, [_told(problem) for problem in problems])

    def out_of_scope(self, scope: str) -> Response:
        return self.refusal(401, "The token is not authorized for this scope.")

    def refused(self, key: str, error: simulation.Refused) -> Response:
        if isinstance(error, Refused):
            return self.refusal(error.status, error.said, error.meta)
        return super().refused(key, error)

    def handlers(self) -> Mapping[str, Handler]:
        """By subject, each in a file of its own; they look at the records only when they are called."""
        users = UserCalls(lambda: self.held.records)
        parts = (self.calls_on_contacts, self.calls_on_fields, users, self.signed_in, *self._parts)
        return {key: handler for part in parts for key, handler in part.handlers().items()}


def _told(problem: Problem) -> str:
    """As the vendor's framework words it."""
    match problem.kind:
        case "unknown":
            return f"property {problem.field} should not exist"
        case "missing":
            return f"{problem.field or 'the body'} should not be empty"
        case "wrong":
            return f"{problem.field or 'the body'} is not as it must be: {problem.reason}"


def _pem(key: Ed25519PublicKey | rsa.RSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
