"""Vendors that ask whether an address is ours before they deliver to it: over real HTTP, to a hub in this process."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from tests.integration.acme import FakeAcme
from tests.integration.hubs import Hub, running
from trunkline.admin import connections as connection_admin
from trunkline.admin.connections import NewConnection
from trunkline.connectors.slack.fake import FakeSlack
from trunkline.model.clock import SECOND
from trunkline.model.http import Pairs, Request, Response
from trunkline.model.ids import EndpointId
from trunkline.model.json import JSONObject, dumps


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A hub with a connection to Slack, whose app has a signing secret."""

    hub: Hub
    slack: EndpointId

    async def post(self, endpoint: str, body: bytes, headers: Pairs = ()) -> Response:
        request = Request(method="POST", url=f"/hooks/{endpoint}", headers=headers, body=body)
        return await self.hub.desk.client.send(request, base_url=self.hub.url, write=True)

    def signed(self, body: bytes) -> Pairs:
        return FakeSlack().sign(body, at=self.hub.desk.clock.now() / SECOND)


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncGenerator[Place]:
    async with running(tmp_path, FakeAcme()) as hub:
        secrets = {"signing_secret": FakeSlack.signing_secret}
        new = NewConnection(connector="slack", name="slack", base_url=None, options={}, secrets=secrets)
        connection = await connection_admin.add(hub.desk, new)
        await hub.engine.directory.refresh()
        yield Place(hub=hub, slack=connection.endpoint)


CHALLENGE: JSONObject = {"type": "url_verification", "challenge": "3eZbrw1aB10FEMAGAZd4FyFQ", "token": "old"}


async def test_slack_gets_its_challenge_back_and_nothing_is_stored(place: Place) -> None:
    body = dumps(CHALLENGE)
    answer = await place.post(place.slack, body, place.signed(body))
    assert (answer.status, answer.body) == (200, b'{"challenge":"3eZbrw1aB10FEMAGAZd4FyFQ"}')
    assert await place.hub.runs() == []


async def test_challenge_without_a_good_signature_is_refused(place: Place) -> None:
    body = dumps(CHALLENGE)
    for headers in ((), place.signed(body + b" ")):
        answer = await place.post(place.slack, body, headers)
        assert answer.status == 401
        assert b"3eZbrw1aB10FEMAGAZd4FyFQ" not in answer.body


async def test_address_that_does_not_exist_answers_a_handshake_like_anything_else(place: Place) -> None:
    body = dumps(CHALLENGE)
    asked = await place.post("a" * 32, body, (*place.signed(body), ("validation-token", "t")))
    other = await place.post("a" * 32, b"{}")
    assert (asked.status, asked.body) == (other.status, other.body) == (404, b'{"error":"unknown","message":"There is no such address."}')
    assert "validation-token" not in asked.headers


async def test_connector_without_a_handshake_takes_the_question_for_a_delivery(place: Place) -> None:
    body = dumps(CHALLENGE)
    answer = await place.post(place.hub.source.endpoint, body, (("validation-token", "t"),))
    assert "validation-token" not in answer.headers
    assert b"challenge" not in answer.body
