"""Notes and tasks of a contact after a lost answer, tasks by their id alone, and deletes of what is gone."""

import pytest

from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, look, sub_account
from trunkline.model.errors import OutcomeUnknownError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_object


async def test_lost_note_is_found_by_its_text() -> None:
    async with sub_account() as (session, vendor):
        note: JSONObject = {"contactId": ADA, "body": "Wants a second quote"}
        assert await look(session, "contacts.create_note", note) is None
        vendor.next("POST /contacts/*/notes", status=502, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "contacts.create_note", note)
        found = as_object(as_object(await look(session, "contacts.create_note", note))["note"])
        assert found["id"] in vendor.notes


async def test_lost_task_is_found_by_title_and_due_time_in_any_spelling() -> None:
    async with sub_account() as (session, vendor):
        task: JSONObject = {"contactId": ADA, "title": "Call back", "dueDate": "2026-12-02T15:00:00.000Z", "completed": False}
        vendor.next("POST /contacts/*/tasks", status=502, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "contacts.create_task", task)
        assert await look(session, "contacts.create_task", {**task, "dueDate": "2026-12-02T16:00:00+01:00"}) is not None
        assert await look(session, "contacts.create_task", {**task, "dueDate": "2026-12-03T15:00:00Z"}) is None


@pytest.mark.parametrize(
    ("id", "input"),
    [
        ("contacts.delete", {"contactId": ADA}),
        ("contacts.delete_note", {"contactId": ADA, "id": "nOtE0000000000000001"}),
        ("contacts.delete_task", {"contactId": ADA, "taskId": "tAsK0000000000000001"}),
    ],
)
async def test_repeated_delete_counts_as_done(id: str, input: JSONObject) -> None:
    async with sub_account() as (session, _):
        first = await call(session, id, input)
        second = await call(session, id, input)
        assert (first["succeded"], first["existed"]) == (True, True)
        assert second == {"existed": False}


async def test_delete_refused_for_another_reason_is_not_done() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("DELETE *", status=400)
        with pytest.raises(RejectedError):
            await call(session, "contacts.delete", {"contactId": ADA})
        assert len(vendor.contacts) == 1


@pytest.mark.parametrize("title", ["Send the quote", "renamed since", "", None])
async def test_task_of_an_event_without_its_contact_is_found(title: JSON) -> None:
    async with sub_account() as (session, vendor):
        for number in range(150):
            vendor.tasks[f"t{number}"] = {"id": f"t{number}", "contactId": ADA, "title": f"Task {number}", "completed": False}
        vendor.tasks["late"] = {"_id": "late", "contactDetails": {"id": ADA}, "title": "Send the quote", "completed": False}
        found = as_object((await call(session, "tasks.find", {"taskId": "late", "title": title}))["task"])
        assert (found["id"], found["contactId"]) == ("late", ADA)
        assert (await call(session, "tasks.find", {"taskId": "gone", "title": title}))["task"] is None
