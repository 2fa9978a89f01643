"""Fixtures of the integration tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.acme import FakeAcme
from tests.integration.hubs import Hub, running
from tests.integration.shell import Shell


@pytest.fixture
def vendor() -> FakeAcme:
    return FakeAcme()


@pytest.fixture
async def hub(tmp_path: Path, vendor: FakeAcme) -> AsyncIterator[Hub]:
    async with running(tmp_path, vendor) as started:
        yield started


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(home=tmp_path / "home")
