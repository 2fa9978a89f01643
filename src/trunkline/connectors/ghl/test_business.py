"""Money, posts, files and the agency: numbers as numbers, what is meant when nothing is said, whose sub-account is acted upon."""

import pytest

from trunkline.connectors.ghl.fake_agency import SNAPSHOT, SOLD
from trunkline.connectors.ghl.fake_seed import ADA, COMPANY
from trunkline.connectors.ghl.fake_session import call, look, operation, sub_account
from trunkline.model.errors import MappingError, OutcomeUnknownError, RejectedError
from trunkline.model.json import JSONObject, as_list, as_object

INVOICE = "iNvOiCe00000000000A1"
BILL: JSONObject = {
    "name": "Inspection",
    "businessDetails": {"name": "Palmer & Sons"},
    "currency": "USD",
    "items": [{"name": "Visit", "currency": "USD", "amount": 75, "qty": 2}],
    "contactDetails": {"id": ADA, "name": "Ada Palmer", "phoneNo": "", "email": "ada.palmer@example.com"},
    "issueDate": "2026-11-21",
    "sentTo": {"email": ["ada.palmer@example.com"]},
}


# ── invoices ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_invoice_is_live_and_without_discount_unless_it_says_otherwise() -> None:
    async with sub_account() as (session, vendor):
        made = await call(session, "invoices.create", BILL)
        sent = as_object(vendor.calls[-1].json())
        assert (sent["liveMode"], sent["discount"]) == (True, {"value": 0, "type": "percentage"})
        assert (sent["altId"], sent["altType"]) == (vendor.location, "location")
        assert made["total"] == 150
        await call(session, "invoices.create", {**BILL, "liveMode": False})
        assert as_object(vendor.calls[-1].json())["liveMode"] is False


async def test_cash_needs_neither_card_nor_cheque() -> None:
    async with sub_account() as (session, vendor):
        half = await call(session, "invoices.record_payment", {"invoiceId": INVOICE, "mode": "cash", "amount": 50})
        assert as_object(half["invoice"])["status"] == "partially_paid"
        rest = await call(session, "invoices.record_payment", {"invoiceId": INVOICE, "mode": "bank_transfer"})
        assert (as_object(rest["invoice"])["status"], as_object(rest["invoice"])["amountPaid"]) == ("paid", 150)
        with pytest.raises(RejectedError):
            await call(session, "invoices.record_payment", {"invoiceId": INVOICE, "mode": "cash"})
        assert len(vendor.calls) == 3


async def test_invoice_with_a_number_is_found_after_a_lost_answer_and_one_without_waits_for_a_person() -> None:
    async with sub_account() as (session, vendor):
        numbered: JSONObject = {**BILL, "invoiceNumber": "1042"}
        assert await look(session, "invoices.create", numbered) is None
        vendor.next("POST /invoices/", status=500, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "invoices.create", numbered)
        found = as_object(await look(session, "invoices.create", numbered))
        assert found["_id"] == vendor.stored("invoices")[-1]["_id"]
        with pytest.raises(OutcomeUnknownError) as caught:
            await look(session, "invoices.create", BILL)
        assert "ghl.invoices.list" in caught.value.hint


@pytest.mark.parametrize("id", ["invoices.send", "invoices.record_payment", "payments.record_order_payment", "invoices.text_to_pay"])
def test_what_costs_or_tells_somebody_is_never_repeated_by_itself(id: str) -> None:
    assert operation(id).repeat == "never"


async def test_coupon_code_is_taken_once_and_found_again() -> None:
    async with sub_account() as (session, _):
        coupon: JSONObject = {
            "name": "Spring",
            "code": "SPRING15",
            "discountType": "percentage",
            "discountValue": 15,
            "startDate": "2027-03-01",
        }
        made = await call(session, "payments.create_coupon", coupon)
        assert as_object(await look(session, "payments.create_coupon", coupon))["_id"] == made["_id"]


# ── posts and files ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_posts_are_asked_for_with_numbers_that_the_vendor_gets_as_text() -> None:
    async with sub_account() as (session, vendor):
        window: JSONObject = {"fromDate": "2026-11-01T00:00:00.000Z", "toDate": "2026-11-30T00:00:00.000Z"}
        await call(session, "social.list_posts", {**window, "limit": 5, "skip": 0, "includeUsers": False})
        sent = as_object(vendor.calls[-1].json())
        assert (sent["limit"], sent["skip"], sent["includeUsers"]) == ("5", "0", "false")


async def test_file_is_uploaded_or_taken_from_its_address() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "media.upload", {"file": {"filename": "a.txt", "text": "A"}, "name": "a.txt"})
        assert b'name="hosted"\r\n\r\nfalse' in vendor.calls[-1].body
        await call(session, "media.upload", {"fileUrl": "https://files.example.com/b.txt", "name": "b.txt"})
        assert b'name="hosted"\r\n\r\ntrue' in vendor.calls[-1].body
        with pytest.raises(MappingError) as caught:
            await call(session, "media.upload", {"name": "nothing"})
        assert caught.value.field == "file"
        files = await call(session, "media.list", {})
        assert [as_object(one)["name"] for one in as_list(files["files"])] == ["roof.jpg", "a.txt", "b.txt"]


async def test_file_for_a_custom_field_is_named_by_the_field_and_its_content() -> None:
    async with sub_account() as (session, vendor):
        upload: JSONObject = {"contactId": ADA, "customFieldId": "fIeLd", "file": {"filename": "a.txt", "text": "A"}}
        for _ in range(2):
            await call(session, "forms.upload_file", upload)
        first, second = vendor.calls
        assert b'name="fIeLd_' in first.body
        assert first.body == second.body


# ── the agency ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_agency_is_told_by_the_option_or_by_the_sub_account() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "snapshots.list", {})
        assert vendor.calls[-1].query["companyId"] == COMPANY
    async with sub_account(company="another") as (session, vendor):
        await call(session, "snapshots.list", {})
        assert [seen.query["companyId"] for seen in vendor.calls] == ["another"]


@pytest.mark.parametrize(
    "id", ["saas.pause_location", "saas.enable", "saas.update_subscription", "saas.get_subscription", "snapshots.get_push"]
)
async def test_own_sub_account_is_never_acted_upon_by_default(id: str) -> None:
    assert "locationId" in as_list(operation(id).input["required"])


async def test_sub_accounts_of_a_customer_are_found_by_either_id() -> None:
    async with sub_account() as (session, _):
        for told in ({"customerId": "cus_000001"}, {"subscriptionId": "sub_000001"}):
            assert await call(session, "saas.find_locations", {**told}) == {"locations": [{"id": SOLD}]}
        assert await call(session, "saas.find_locations", {"customerId": "cus_none"}) == {"locations": []}


async def test_sub_account_is_paused_and_let_go_on() -> None:
    async with sub_account() as (session, vendor):
        for paused in (True, False):
            await call(session, "saas.pause_location", {"locationId": SOLD, "paused": paused})
            assert vendor.stored("saas/locations")[0]["paused"] is paused


async def test_push_of_a_snapshot_is_told_by_sub_account() -> None:
    async with sub_account() as (session, _):
        answer = await call(session, "snapshots.get_push", {"snapshotId": SNAPSHOT, "locationId": SOLD})
        assert as_object(answer["data"])["status"] == "completed"


# ── after a lost answer ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_list_without_an_end_in_sight_proves_nothing() -> None:
    async with sub_account() as (session, vendor):
        product: JSONObject = {"locationId": vendor.location, "productType": "SERVICE"}
        vendor.seed_records({"products": [{**product, "_id": f"p{number}", "name": f"Service {number}"} for number in range(1100)]})
        with pytest.raises(OutcomeUnknownError) as caught:
            await look(session, "products.create", {"name": "Gutter cleaning", "productType": "SERVICE"})
        assert "ghl.products.list" in caught.value.hint
        found = as_object(await look(session, "products.create", {"name": "service 300", "productType": "SERVICE"}))
        assert found["_id"] == "p300"


@pytest.mark.parametrize(
    ("id", "scope"),
    [
        ("links.create", "links.readonly"),
        ("calendars.create_appointment", "calendars/events.readonly"),
        ("opportunities.create", "opportunities.readonly"),
        ("objects.create_record", "objects/record.readonly"),
    ],
)
def test_whoever_writes_may_look_first(id: str, scope: str) -> None:
    assert scope in operation(id).scopes
