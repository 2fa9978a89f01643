"""The conformance suite finds the faults it is there for."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.signing_in import GUILD, READ, FakeGuild
from tests.unit.testing.shop import Shop
from trunkline.connect.declaration import Answer, Connector, Operation, Repeat, bearer
from trunkline.connect.webhooks import Verified
from trunkline.connectors.http import connector
from trunkline.connectors.http.fake import FakeHTTP
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ReconnectError, RejectedError
from trunkline.model.http import Delivery, Response
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.testing.conformance import Conformance, Scenarios, conformance
from trunkline.testing.simulation import Handler
from trunkline.testing.vendor import FakeVendor

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


# ── connectors with facts ──


def _next(input: JSONObject, page: JSON) -> JSONObject | None:
    token = as_object(page).get("nextPageToken")
    return {**input, "pageToken": token} if token else None


def _last_page_only(input: JSONObject, page: JSON) -> JSONObject | None:
    total = as_object(page)["total"]
    assert isinstance(total, int)
    return None if "pageToken" in input else {**input, "pageToken": str(total - 1)}


def _never(_input: JSONObject, _page: JSON) -> JSONObject | None:
    return None


def customers(**facts: object) -> Operation:
    wanted: dict[str, object] = {
        "id": "customers.list",
        "sample": "list.json",
        "items": "customers",
        "id_field": "id",
        "next_page": _next,
        "scopes": ("customers.read",),
    }
    return Shop.endpoints.operation("GET /customers/", **{**wanted, **facts})  # pyright: ignore[reportArgumentType] - faults are the point


def shop(folder: Path, *operations: Operation, fake: Callable[[], Shop] = Shop, **facts: object) -> Conformance:
    (folder / "samples").mkdir(exist_ok=True)
    (folder / "samples/list.json").write_text('{"input": {}}')
    (folder / "samples/odd.json").write_text('{"input": {}}')
    wanted = {**SHOP, "operations": operations, **facts}
    return conformance(Connector(**wanted), fake=fake, folder=folder)()  # pyright: ignore[reportArgumentType] - faults are the point


SHOP: dict[str, object] = {
    "id": "shop",
    "name": "Shop",
    "base_url": "https://shop.example",
    "about": "For tests.",
    "auth": bearer,
    "endpoints": Shop.endpoints,
}


async def test_list_that_is_paged_well_passes(tmp_path: Path) -> None:
    await shop(tmp_path, customers()).test_list_that_is_paged_is_read_whole(customers())


@pytest.mark.parametrize("next_page", [_last_page_only, _never])
async def test_list_that_loses_items_between_pages_is_found(tmp_path: Path, next_page: object) -> None:
    faulty = customers(next_page=next_page)
    with pytest.raises(AssertionError):
        await shop(tmp_path, faulty).test_list_that_is_paged_is_read_whole(faulty)


async def test_list_answered_by_a_handler_needs_a_scenario(tmp_path: Path) -> None:
    class Handled(Shop):
        def handlers(self) -> Mapping[str, Handler]:
            return {"GET /customers/": lambda _request, _body: {"customers": [], "total": 0, "nextPageToken": None}}

    with pytest.raises(AssertionError, match="Paging"):
        await shop(tmp_path, customers(), fake=Handled).test_list_that_is_paged_is_read_whole(customers())


async def test_answer_of_a_fake_that_its_description_does_not_know_is_found(tmp_path: Path) -> None:
    odd = Shop.endpoints.operation("GET /oddity", id="odd", sample="odd.json", output={})
    with pytest.raises(AssertionError, match="three"):
        await shop(tmp_path, odd).test_operation_works_against_the_fake(odd)


async def test_request_that_the_description_does_not_know_is_found(tmp_path: Path) -> None:
    faulty = customers(add={"colour": {"type": "string"}}, call={"query": ("colour",)})
    (tmp_path / "samples").mkdir()
    at = shop(tmp_path, faulty)
    (tmp_path / "samples/list.json").write_text('{"input": {"colour": "red"}}')
    with pytest.raises(RejectedError, match="colour"):
        await at.test_operation_works_against_the_fake(faulty)


async def test_operation_that_calls_another_endpoint_than_it_names_is_found(tmp_path: Path) -> None:
    faulty = replace(customers(), endpoint="GET /settings")
    with pytest.raises(AssertionError, match="endpoint it names"):
        await shop(tmp_path, faulty).test_operation_works_against_the_fake(faulty)
    with pytest.raises(AssertionError):
        shop(tmp_path, faulty).test_operation_is_declared_completely(replace(customers(), endpoint="GET /nothing"))


async def test_missing_scope_that_is_taken_for_a_dead_token_is_found(tmp_path: Path) -> None:
    await shop(tmp_path, customers()).test_missing_scope_is_named_and_no_reason_to_pause_the_connection()
    faulty = shop(tmp_path, customers(), answers=(Answer(status=403, means=ReconnectError),))
    with pytest.raises(ReconnectError):
        await faulty.test_missing_scope_is_named_and_no_reason_to_pause_the_connection()


# ── connectors one signs in to ──


def guild(folder: Path, fake: Callable[[], FakeVendor] = FakeGuild) -> Conformance:
    (folder / "samples").mkdir()
    (folder / "samples/whoami.json").write_text('{"input": {}}')
    read = replace(READ, sample="whoami.json")
    return conformance(replace(GUILD, operations=(read,), check=read), fake=fake, folder=folder)()


async def test_tokens_that_are_renewed_once_pass(tmp_path: Path) -> None:
    at = guild(tmp_path)
    await at.test_many_calls_on_an_expired_token_renew_it_once()
    await at.test_sign_in_that_was_taken_back_asks_for_a_person()


async def test_fake_that_nobody_can_sign_in_to_is_found(tmp_path: Path) -> None:
    class Closed(FakeGuild):
        def __init__(self) -> None:
            super().__init__()
            self.sign_in = None

    with pytest.raises(AssertionError, match="authorization server"):
        await guild(tmp_path, Closed).test_many_calls_on_an_expired_token_renew_it_once()


# ── what a connector is asked ──


def cases_of(suite: Conformance) -> set[str]:
    return {name for name in dir(suite) if name.startswith("test_") and getattr(suite, name) is not None}


def test_case_that_is_about_nothing_here_is_not_collected(tmp_path: Path) -> None:
    at = cases_of(shop(tmp_path, customers()))
    assert {"test_list_that_is_paged_is_read_whole", "test_missing_scope_is_named_and_no_reason_to_pause_the_connection"} <= at
    assert not [case for case in at if "webhook" in case or "delivery" in case or "poll" in case or "sign_in" in case]
    assert "test_any_page_size_gives_the_whole_list" not in at, "no scenario tells of pages"


def test_connector_without_a_fake_shows_its_declaration(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples/list.json").write_text('{"input": {}}')
    suite = conformance(replace(GUILD, operations=(replace(READ, sample="list.json"),)), folder=tmp_path)
    assert cases_of(suite()) == {
        "test_names_are_unique",
        "test_connector_says_what_it_is",
        "test_operation_is_declared_completely",
        "test_sample_fits_the_input_schema",
        "test_checklist_is_answered",
    }
