"""The conformance suite for RingCentral; the vendor's oddities are tested beside, by subject."""

from trunkline.connectors.ringcentral import connector
from trunkline.connectors.ringcentral.fake import ACCOUNT_ID, EXTENSION_ID, FakeRingCentral
from trunkline.model.connection import Account, Credential
from trunkline.testing.conformance import Paging, Scenarios, conformance


def _people(vendor: FakeRingCentral) -> None:
    for number in range(6):
        vendor.add_contact({"firstName": f"Person {number}", "mobilePhone": f"+1555555012{number}"})


def _texts(vendor: FakeRingCentral) -> None:
    for number in range(7):
        vendor.receive_text("+15555550101", f"Number {number}")
    for message in vendor.store.all():
        message.update({"creationTime": "2026-11-20T09:30:00.000Z", "lastModifiedTime": "2026-11-20T09:30:00.000Z"})


def _calls(vendor: FakeRingCentral) -> None:
    for number in range(5):
        vendor.end_call({"result": "Accepted", "duration": number})
    for call in vendor.log.all():
        call["startTime"] = "2026-11-20T09:30:00.000Z"


def _numbers(vendor: FakeRingCentral) -> None:
    here = f"restapi/v1.0/account/{ACCOUNT_ID}/extension/{EXTENSION_ID}/phone-number"
    vendor.seed_records({here: [{"id": 10 + number, "phoneNumber": f"+1555555020{number}"} for number in range(6)]})


def _members(vendor: FakeRingCentral) -> None:
    here = f"restapi/v1.0/account/{ACCOUNT_ID}/call-queues/5001/members"
    vendor.seed_records({here: [{"id": 10 + number, "extensionNumber": f"11{number}"} for number in range(6)]})


LONG_AGO = {"dateFrom": "2026-11-01T00:00:00Z"}

TestRingCentral = conformance(
    connector,
    fake=FakeRingCentral,
    scenarios=Scenarios(
        write="messages.set_read_status",
        pages=(
            Paging(operation="contacts.list", size="perPage", fill=_people),
            Paging(operation="contacts.find", size="perPage", fill=_people, input={"startsWith": ""}),
            Paging(operation="contacts.sync", size="perPage", fill=_people),
            Paging(operation="messages.list", size="perPage", fill=_texts, input={**LONG_AGO}),
            Paging(operation="call_log.user_list", size="perPage", fill=_calls, input={**LONG_AGO}),
            Paging(operation="call_log.company_list", size="perPage", fill=_calls, input={**LONG_AGO}),
            Paging(operation="call_log.company_extract_sync", size="recordCount", fill=_calls),
            Paging(operation="extension_phone_numbers.list", size="perPage", fill=_numbers),
            Paging(operation="call_queues.members", size="perPage", fill=_members, input={"groupId": "5001"}),
        ),
        signs_time=False,
        signs_body=False,
        without_secret=Account(options={}, credential=Credential({"token": "U0p"})),
    ),
)
