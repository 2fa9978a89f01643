"""The conformance suite for signed webhooks, and what only they do."""

from base64 import b64encode

import pytest

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connectors.webhook import connector
from trunkline.connectors.webhook.connector import SEND
from trunkline.connectors.webhook.fake import FakeWebhook
from trunkline.connectors.webhook.sending import request, sign
from trunkline.model.clock import SECOND, Instant, SystemClock
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import MappingError, OutcomeUnknownError, ReconnectError
from trunkline.model.http import Request
from trunkline.model.json import JSON, as_object
from trunkline.testing.conformance import Scenarios, conformance
from trunkline.testing.vendor import serving

TestWebhook = conformance(
    connector,
    fake=FakeWebhook,
    scenarios=Scenarios(
        write="send",
        any_body=True,
        without_secret=Account(options={}, credential=Credential()),
    ),
)


def session(vendor: FakeWebhook, base_url: str, client: Client, account: Account | None = None) -> Session:
    clock = SystemClock()
    return Session(
        connector=connector,
        account=account or vendor.account(),
        client=client,
        budget=Budget((), clock),
        memory=Memory(clock),
        clock=clock,
        base_url=base_url,
        key="eff_1",
    )


async def test_repeat_after_a_lost_answer_is_taken_once() -> None:
    vendor = FakeWebhook()
    async with serving(vendor) as base_url, Client() as client:
        at = session(vendor, base_url, client)
        vendor.next(after=True, ending="drop")
        with pytest.raises(OutcomeUnknownError):
            await at.call(SEND, {"type": "contact.created", "data": {"id": "c1"}})
        answer = as_object(await at.call(SEND, {"type": "contact.created", "data": {"id": "c1"}}))
    assert answer["body"] == {"received": True, "again": True}
    assert [*vendor.taken.values()] == [{"type": "contact.created", "data": {"id": "c1"}}]


async def test_wrong_secret_pauses_the_connection() -> None:
    vendor = FakeWebhook()
    wrong = Account(options={"url": "/hook"}, credential=Credential({"signing_secret": "whsec_" + b64encode(b"another").decode()}))
    async with serving(vendor) as base_url, Client() as client:
        with pytest.raises(ReconnectError):
            await session(vendor, base_url, client, wrong).call(SEND, {"data": 1})
    assert vendor.taken == {}


async def test_receiver_may_change_its_secret_at_any_time() -> None:
    """Old and new sign side by side; what was signed with both is taken by either (specification, "Zero downtime secret rotation")."""
    vendor = FakeWebhook()
    new = "whsec_" + b64encode(b"the secret that comes next......").decode()
    both = Account(options={"url": "/hook"}, credential=Credential({"signing_secret": f"{new} {vendor.signing_secret}"}))
    async with serving(vendor) as base_url, Client() as client:
        await session(vendor, base_url, client, both).call(SEND, {"data": {"id": "c1"}})
    assert [*vendor.taken.values()] == [{"id": "c1"}]
    signatures = vendor.calls[0].headers["webhook-signature"].split(" ")
    assert len(signatures) == len(set(signatures)) == 2


def test_time_of_a_repeat_is_its_own_and_its_id_stays() -> None:
    account = Account(options={}, credential=Credential({"signing_secret": FakeWebhook.signing_secret}))
    made = request({"url": "/x", "data": 1}, account)
    first, later = (dict(sign(made, account, "eff_1", Instant(at * SECOND))) for at in (1_000, 2_000))
    assert (first["webhook-timestamp"], later["webhook-timestamp"]) == ("1000", "2000")
    assert first["webhook-signature"] != later["webhook-signature"]


def test_published_vector_is_signed_as_published() -> None:
    """The specification's own worked example."""
    account = Account(options={}, credential=Credential({"signing_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}))
    made = Request(method="POST", url="/x", body=b'{"test": 2432232314}')
    headers = dict(sign(made, account, "msg_p5jXN8AQM9LWM0D4loKWxJek", Instant(1_614_265_330 * SECOND)))
    assert headers == {"webhook-timestamp": "1614265330", "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}


@pytest.mark.parametrize(
    ("field", "input"),
    [
        ("url", {"data": 1}),
        ("url", {"data": 1, "url": "//evil.example"}),
        ("url", {"data": 1, "url": "ftp://x"}),
        ("headers.webhook-id", {"data": 1, "url": "/x", "headers": {"webhook-id": "mine"}}),
        ("headers.Host", {"data": 1, "url": "/x", "headers": {"Host": "evil.example"}}),
        ("headers.a", {"data": 1, "url": "/x", "headers": {"a": "x\r\ny: z"}}),
    ],
)
def test_what_would_break_the_request_is_refused(field: str, input: dict[str, JSON]) -> None:
    with pytest.raises(MappingError) as caught:
        request(input, Account(options={}, credential=Credential()))
    assert caught.value.field == field
