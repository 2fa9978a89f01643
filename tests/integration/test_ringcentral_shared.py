"""Two connections of one person at RingCentral: the vendor counts their calls together, and so does the hub."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.hubs import opened
from trunkline.admin import budgets, connections
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.connect.turns import Errand
from trunkline.connectors.ringcentral.fake import FakeRingCentral
from trunkline.model.errors import RateLimitedError
from trunkline.testing.vendor import serving

LIGHT = "ringcentral.account.get"
OF_A_MINUTE = 50


class Person(FakeRingCentral):
    """Its one person signs in more than once."""

    async def join(self, desk: Desk, name: str, base_url: str, *, told: Mapping[str, str] | None = None) -> None:
        """A connection that somebody signed in to; `told` instead of what the vendor tells of the person."""
        assert self.sign_in is not None
        secrets = {"client_id": self.sign_in.client_id, "client_secret": self.sign_in.client_secret}
        new = NewConnection(connector="ringcentral", name=name, base_url=base_url, options={}, secrets=secrets)
        connection = await connections.add(desk, new)
        grant = self.sign_in.grant()
        await desk.tokens.grants.store(connection.id, grant if told is None else replace(grant, extra=told), generation=0)

    @property
    def counted(self) -> int:
        return len(self.calls_to("GET */account/~"))


async def call(desk: Desk, name: str, times: int = 1) -> None:
    """Call without any patience."""
    link = await connections.link_to(desk, name)
    for _ in range(times):
        await link.call(link.operation(LIGHT), {}, errand=Errand(patience_s=0))


async def use_up(desk: Desk, *names: str) -> None:
    """Call as often as the hub lets each."""
    for name in names:
        with suppress(RateLimitedError):
            await call(desk, name, 2 * OF_A_MINUTE)


@pytest.mark.parametrize("known", [True, False])
async def test_no_call_is_refused_whenever_it_becomes_known_who_it_is(tmp_path: Path, *, known: bool) -> None:
    vendor = Person()
    vendor.seed()
    async with serving(vendor) as base_url:
        async with opened(tmp_path) as desk:
            await vendor.join(desk, "sales", base_url, told=None if known else {})
            await vendor.join(desk, "service", base_url)
            await call(desk, "sales", 30)
            await call(desk, "service", 9)
            assert vendor.sign_in is not None
            vendor.sign_in.expire()  # the answer to the renewal names the person
            await use_up(desk, "sales", "service")
            assert vendor.over_limit == 0
            # What the vendor's headers told one of the other's calls counts beside those calls, for this one minute.
            least = OF_A_MINUTE if known else 40
            assert least <= vendor.counted <= OF_A_MINUTE
            made = vendor.counted
        async with opened(tmp_path) as desk:
            shown = await budgets.listed(desk)
            light = {one.connection.name: one for one in shown if one.standing.group == "Light"}
            assert {name: one.shared_with for name, one in light.items()} == {"sales": ("service",), "service": ("sales",)}
            assert [one.standing.windows[0].left for one in light.values()] == [0, 0]
        async with opened(tmp_path) as desk:
            await use_up(desk, "service", "sales")
    assert (vendor.counted, vendor.over_limit) == (made, 0)


async def test_connections_with_one_jwt_share_before_the_first_answer_and_with_a_sign_in_after_it(tmp_path: Path) -> None:
    vendor = Person()
    vendor.seed()
    assert vendor.sign_in is not None
    async with serving(vendor) as base_url, opened(tmp_path) as desk:
        secrets = {**vendor.sign_in.account(jwt=True).credential}
        for name in ("first", "second"):
            new = NewConnection(connector="ringcentral", name=name, base_url=base_url, options={}, secrets=secrets)
            await connections.add(desk, new)
        first, second = [(await connections.link_to(desk, name)).session.budget for name in ("first", "second")]
        assert first is second
        await vendor.join(desk, "third", base_url)
        await use_up(desk, "first", "third", "second")
        assert first.of("Light") is (await connections.link_to(desk, "third")).session.budget.of("Light")
    assert (vendor.counted, vendor.over_limit) == (OF_A_MINUTE, 0)


async def test_another_person_has_calls_of_their_own(tmp_path: Path) -> None:
    vendor = Person()
    vendor.seed()
    vendor.limits = ()
    async with serving(vendor) as base_url, opened(tmp_path) as desk:
        await vendor.join(desk, "sales", base_url)
        await vendor.join(desk, "boss", base_url, told={"owner": "62264425017"})
        await use_up(desk, "sales", "boss")
        assert vendor.counted == 2 * OF_A_MINUTE
