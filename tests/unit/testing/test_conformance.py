"""The conformance suite finds the faults it is there for."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from trunkline.connect.declaration import Answer, Connector, Operation, Repeat, Verified
from trunkline.connectors.http import connector
from trunkline.connectors.http.fake import FakeHTTP
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import RejectedError
from trunkline.model.http import Delivery, Response
from trunkline.testing.conformance import Conformance, Scenarios, conformance

SCENARIOS = Scenarios[FakeHTTP](read="fetch", write="request", any_body=True)
FOLDER = Path(str(__import__("trunkline.connectors.http", fromlist=["x"]).__file__)).parent


def suite(faulty: Connector, fake: Callable[[], FakeHTTP] = FakeHTTP) -> Conformance:
    return conformance(faulty, fake=fake, scenarios=SCENARIOS, folder=FOLDER)()


def with_first(**facts: object) -> Connector:
    return replace(connector, operations=(_changed(connector.operations[0], facts), *connector.operations[1:]))


def _changed(operation: Operation, facts: Mapping[str, object]) -> Operation:
    return replace(operation, **facts)  # pyright: ignore[reportArgumentType] - faults are the point


def believing(_delivery: Delivery, _account: Account) -> Verified:
    return Verified()


def no_header(_credential: Credential) -> tuple[tuple[str, str], ...]:
    return ()


def telling(response: Response) -> str:
    return response.body.decode()


def test_operation_named_twice_is_found() -> None:
    with pytest.raises(AssertionError):
        suite(replace(connector, operations=connector.operations * 2)).test_names_are_unique()


def always_safe(_account: Account) -> Repeat:
    return "safe"


INCOMPLETE: list[dict[str, object]] = [{"title": ""}, {"category": ""}, {"repeat": always_safe, "kind": "read"}]


@pytest.mark.parametrize("facts", INCOMPLETE)
def test_incomplete_operation_is_found(facts: Mapping[str, object]) -> None:
    faulty = with_first(**facts)
    with pytest.raises(AssertionError):
        suite(faulty).test_operation_is_declared_completely(faulty.operations[0])


def test_schema_that_is_none_is_found() -> None:
    faulty = with_first(takes={"type": "sting"})
    with pytest.raises(ValueError, match=r"."):
        suite(faulty).test_operation_is_declared_completely(faulty.operations[0])


@pytest.mark.parametrize("sample", [None, "nowhere.json"])
def test_missing_sample_is_found(sample: str | None) -> None:
    faulty = with_first(sample=sample)
    with pytest.raises(AssertionError, match="sample"):
        suite(faulty).test_sample_fits_the_input_schema(faulty.operations[0])


def test_webhook_that_believes_everybody_is_found() -> None:
    assert connector.webhook is not None
    faulty = suite(replace(connector, webhook=replace(connector.webhook, verify=believing)))
    for test in (
        faulty.test_unsigned_delivery_is_refused,
        faulty.test_tampered_delivery_is_refused,
        faulty.test_wrong_signature_is_refused,
        faulty.test_stale_delivery_is_refused,
    ):
        with pytest.raises(pytest.fail.Exception):
            test()


async def test_credential_that_is_not_sent_is_found() -> None:
    faulty = replace(connector, auth=no_header)
    with pytest.raises(Exception, match="credential is refused"):
        await suite(faulty).test_operation_works_against_the_fake(faulty.operations[0])


async def test_error_that_is_taken_for_success_is_found() -> None:
    faulty = suite(replace(connector, answers=(Answer(status=500, means=None), Answer(status=400, means=RejectedError))))
    with pytest.raises(pytest.fail.Exception):
        await faulty.test_status_of_a_write_means(500)
    await faulty.test_status_of_a_write_means(400)


async def test_write_declared_as_a_read_is_found() -> None:
    with pytest.raises(Exception, match="answered 500"):
        await suite(with_first(kind="read", repeat="never")).test_status_of_a_write_means(500)


async def test_explanation_that_repeats_the_token_stays_masked(caplog: pytest.LogCaptureFixture) -> None:
    await suite(replace(connector, explain=telling)).test_secrets_never_show(caplog)
