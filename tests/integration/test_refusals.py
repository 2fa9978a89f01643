"""Refused deliveries can be looked at, without anything secret; and an address that strangers know is changed."""

import pytest

from tests.integration.hubs import Hub
from tests.integration.shell import Shell
from trunkline.admin import connections as connection_admin
from trunkline.admin.subscriptions import refused
from trunkline.engine.refusals import KEPT, MOST_WAITING, STRAY_KEPT, STRAY_WAITING, Refusals
from trunkline.model.clock import SystemClock
from trunkline.model.errors import WebhookError
from trunkline.model.http import Delivery, Request
from trunkline.model.json import as_list, as_object
from trunkline.store import refusals as store

SECRET = "do-not-show-9f31"


async def post(hub: Hub, endpoint: str, *, body: bytes = b"{}", **headers: str) -> int:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    request = Request(method="POST", url=f"/hooks/{endpoint}", headers=named, body=body)
    return (await hub.desk.client.send(request, base_url=hub.url, write=True)).status


async def test_a_refused_delivery_is_noted_with_its_reason_and_without_secrets(hub: Hub) -> None:
    body = b"{" + SECRET.encode()
    assert await post(hub, hub.source.endpoint, body=body, x_id="1", authorization=f"Bearer {SECRET}", user_agent="Vendor/1.0") == 400
    await hub.engine.refusals.write()
    (noted,) = await refused(hub.desk, only=hub.source.id, most=10)
    assert (noted.status, noted.reason, noted.size, noted.message) == (400, "malformed", len(body), "The body is not JSON in UTF-8.")
    assert (noted.headers["user-agent"], noted.headers["authorization"]) == ("Vendor/1.0", f"({len(SECRET) + 7} characters)")
    assert SECRET not in repr(noted)


async def test_an_address_where_nothing_lives_is_noted_as_such(hub: Hub) -> None:
    assert await post(hub, "nowhere") == 404
    await hub.engine.refusals.write()
    (noted,) = await refused(hub.desk, only=None, most=10)
    assert (noted.connection, noted.reason) == ("", "unknown")


@pytest.mark.parametrize(("known", "a_round", "kept"), [(True, MOST_WAITING, KEPT), (False, STRAY_WAITING, STRAY_KEPT)])
async def test_a_flood_is_kept_small_in_memory_and_on_disk(hub: Hub, known: bool, a_round: int, kept: int) -> None:
    refusals = Refusals(hub.desk.database, SystemClock())
    flood = Delivery(headers={"a": "b" * 10_000}, body=b"x" * 99, query={}, received_at=hub.desk.clock.now())
    link = hub.engine.directory.at_endpoint(hub.source.endpoint) if known else None
    for number in range(kept // a_round + 4):
        for _ in range(3 * a_round):
            refusals.note(WebhookError(f"round {number}", reason="unknown"), link, flood, status=404)
        await refusals.write()
    found = await hub.desk.database.read(lambda tx: store.newest_refusals(tx, most=10 * KEPT))
    assert len(found) == kept
    assert found[0].message == f"round {kept // a_round + 3}"


async def test_who_tries_addresses_hides_nothing_that_a_vendor_sends(hub: Hub) -> None:
    refusals, link = Refusals(hub.desk.database, SystemClock()), hub.engine.directory.at_endpoint(hub.source.endpoint)
    refusals.note(WebhookError("of the vendor", reason="unsigned"), link, None, status=401)
    for _ in range(STRAY_KEPT + KEPT):
        refusals.note(WebhookError("of a stranger", reason="unknown"), None, None, status=404)
    await refusals.write()
    assert [one.message for one in await refused(hub.desk, only=hub.source.id, most=10)] == ["of the vendor"]


async def test_another_address_is_dead_where_the_first_was_and_lives_at_the_new_one(hub: Hub) -> None:
    before = hub.source.endpoint
    moved = await connection_admin.move(hub.desk, "source")
    await hub.engine.directory.refresh()
    assert await post(hub, before, x_id="1") == 404
    assert await post(hub, moved.endpoint, x_id="1") == 200


async def test_both_are_commands(shell: Shell) -> None:
    await shell.done("connections", "add", "webhook", "--name", "shop", "--secret", "signing_secret=whsec_c2VjcmV0LW9mLXRoZS10ZXN0cw==")
    first = (await shell.done("connections", "show", "shop"))["webhook"]
    moved = (await shell.done("connections", "new-address", "shop", "--yes"))["webhook"]
    assert moved != first
    assert as_list((await shell.done("deliveries", "refused"))["refused"]) == []
    assert "None was refused" in (await shell("deliveries", "refused", "--connection", "shop")).out
    assert as_object(await shell.done("connections", "show", "shop"))["webhook"] == moved
