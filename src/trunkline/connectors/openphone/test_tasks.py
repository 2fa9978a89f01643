"""Tasks: about exactly one thing, changed without losing what was not named."""

import pytest

from trunkline.connect.declaration import LookFirst
from trunkline.connectors.openphone.fake_workspace import call, ids, operation, workspace
from trunkline.connectors.openphone.records.task import status_of, task_of
from trunkline.model.errors import MappingError, OutcomeUnknownError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

TASK = "TKfake0001"
_NEW: JSONObject = {"title": "Send the quote", "description": "For the roof", "conversationId": "CN15555550101"}


@pytest.mark.parametrize(
    ("about", "field"),
    [
        ({}, "conversationId"),
        ({"conversationId": "CN1", "phoneNumberId": "PN1"}, "conversationId"),
        ({"phoneNumberId": "PN1", "activityId": "AC1"}, "activityId"),
    ],
)
async def test_task_about_nothing_or_two_things_never_leaves(about: JSONObject, field: str) -> None:
    async with workspace() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "tasks.create", {"title": "Call back", "description": "", **about})
        assert caught.value.field == field
        assert vendor.calls == []


async def test_update_keeps_what_was_not_named() -> None:
    async with workspace() as (session, vendor):
        await call(session, "tasks.update", {"taskId": TASK, "title": "Call back today"})
        held = vendor.tasks.tasks[TASK]
        assert (held["title"], held["description"]) == ("Call back today", "About the quote")
        await call(session, "tasks.update", {"taskId": TASK, "title": "Done", "description": "Told"})
        assert [seen.method for seen in vendor.calls] == ["GET", "PUT", "PUT"]


async def test_steps_of_a_task_do_what_they_say() -> None:
    async with workspace() as (session, vendor):
        held = vendor.tasks.tasks[TASK]
        for id, more, field, value in (
            ("complete", {}, "status", "completed"),
            ("reopen", {}, "status", "open"),
            ("assign", {"userId": "USfake0001"}, "assignedTo", "USfake0001"),
            ("unassign", {"userId": "USfake0001"}, "assignedTo", None),
            ("unlink_conversation", {"conversationId": "CN15555550101"}, "conversationId", None),
            ("link_conversation", {"conversationId": "CN15555550101"}, "conversationId", "CN15555550101"),
            ("set_due_date", {"dueDate": "2026-12-01T09:00:00Z"}, "dueDate", "2026-12-01T09:00:00Z"),
            ("clear_due_date", {}, "dueDate", None),
            ("set_status", {"status": "completed"}, "status", "completed"),
        ):
            answer = await call(session, f"tasks.{id}", {"taskId": TASK, **more})
            assert as_object(answer["data"])["taskId"] == TASK
            assert held[field] == value, id
        told = as_object((await call(session, "tasks.get", {"taskId": TASK}))["data"])
        assert told["status"] == "completed"


async def test_lost_create_is_found_among_the_open_tasks() -> None:
    async with workspace() as (session, vendor):
        repeat = operation("tasks.create").repeat
        assert isinstance(repeat, LookFirst)
        assert await repeat.find(session, _NEW) is None
        vendor.next("POST /v1/tasks", status=500, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "tasks.create", _NEW)
        assert as_object(as_object(await repeat.find(session, _NEW))["data"])["title"] == "Send the quote"
        for task in vendor.tasks.tasks.values():
            task["status"] = "completed"
        assert await repeat.find(session, _NEW) is None, "one that is done is another one"


async def test_deleted_task_is_gone_and_a_repeat_counts_as_done() -> None:
    async with workspace() as (session, _):
        assert await call(session, "tasks.delete", {"taskId": TASK}) == {"existed": True}
        assert await call(session, "tasks.delete", {"taskId": TASK}) == {"existed": False}
        assert ids(await call(session, "tasks.list", {}), "taskId") == []


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ({"completed": True, "isDeleted": False}, "completed"),
        ({"completed": False, "isDeleted": False}, "open"),
        ({"completed": True, "isDeleted": True}, "deleted"),
        ({"status": "open"}, "open"),
        ({}, None),
    ],
)
def test_status_is_one_word_on_both_surfaces(raw: JSONObject, status: JSON) -> None:
    assert status_of(raw) == status


async def test_task_says_the_same_on_both_surfaces() -> None:
    async with workspace() as (session, vendor):
        v1 = as_object(as_list((await call(session, "tasks.list", {}))["data"])[0])
        assert {**task_of(v1, {}), "completed": 0, "is_deleted": 0} == {
            **task_of(vendor.tasks.tasks[TASK], {}),
            "completed": 0,
            "is_deleted": 0,
        }
