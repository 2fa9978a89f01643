"""What the tests of this connector stand on."""

from collections.abc import AsyncIterator

import pytest

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connectors.ringcentral import connector
from trunkline.connectors.ringcentral.fake import FakeRingCentral
from trunkline.model.clock import SystemClock
from trunkline.testing.vendor import serving


@pytest.fixture
def vendor() -> FakeRingCentral:
    """A seeded account without limits."""
    vendor = FakeRingCentral()
    vendor.limits = ()
    vendor.seed()
    return vendor


@pytest.fixture
async def session(vendor: FakeRingCentral) -> AsyncIterator[Session]:
    """A session on `vendor`; everything it answers has to fit the official description."""
    clock = SystemClock()
    async with serving(vendor) as base_url, Client() as client:
        yield Session(
            connector=connector,
            account=vendor.account(),
            client=client,
            budget=Budget((), clock),
            memory=Memory(clock),
            clock=clock,
            base_url=base_url,
            key="eff_ringcentral",
        )
    assert vendor.mismatches == []
