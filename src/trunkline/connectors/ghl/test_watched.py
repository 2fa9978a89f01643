"""Reads that are watched: what they ask for, and how much of a list they read."""

import json
from pathlib import Path

import pytest

from trunkline.connect.declaration import Operation, Poll, Trigger
from trunkline.connect.memory import Memory
from trunkline.connect.watching import first_page
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_session import trigger
from trunkline.connectors.ghl.triggers import watched
from trunkline.connectors.ghl.triggers.appointments import read_events
from trunkline.model.clock import SystemClock, from_iso
from trunkline.model.json import JSON, JSONObject, as_list, as_object

ROWS = Path(__file__).resolve().parents[5] / "shared" / "reference" / "ghl" / "operations.json"
NOW = from_iso("2026-11-21T08:00:00Z")


def _poll(id: str) -> Poll:
    poll = trigger(id).poll
    assert poll is not None
    return poll


@pytest.mark.skipif(not ROWS.is_file(), reason="the list of names is not here")
def test_every_read_that_people_know_as_a_trigger_is_one() -> None:
    rows = [row for row in json.loads(ROWS.read_text()) if row["kind"] == "trigger"]
    assert len(rows) == 55
    by_id = {one.id: one for one in watched.LISTED}
    for row in rows:
        made = [by_id[id] for id in (f"{row['key']}.new", f"{row['key']}.changed") if id in by_id]
        assert made, row["key"]
        for one in made:
            assert one.title.startswith(f"{row['name']}: "), row["key"]
            assert one.category == row["category"]
            assert one.poll is not None
            assert set(row["scopes"]) <= set(one.scopes), row["key"]
    assert {id.rpartition(".")[0] for id in by_id} == {row["key"] for row in rows}


@pytest.mark.parametrize("one", watched.TRIGGERS, ids=lambda one: one.id)
def test_a_watched_read_asks_for_no_page_and_nothing_the_connection_knows(one: Trigger) -> None:
    asked = as_object((one.input or {}).get("properties"))
    assert not asked.keys() & {"limit", "skip", "offset", "page", "locationId", "location_id", "altId", "altType", "searchAfter"}
    assert one.poll is not None
    assert one.poll.read.id == one.id.rpartition(".")[0]


def test_contacts_are_asked_for_by_time_besides_the_flows_own_filters() -> None:
    poll = _poll("contacts.search.changed")
    own: JSONObject = {"field": "tags", "operator": "contains", "value": "roof"}
    since = "2026-11-21T07:00:00.000Z"
    page = first_page(poll, since=since, account=FakeGHL().account(), input={"filters": [own]}, now=NOW)
    assert page["filters"] == [own, {"field": "dateUpdated", "operator": "range", "value": {"gte": since}}]
    assert page["sort"] == [{"field": "dateUpdated", "direction": "asc"}]
    assert poll.walk == "since"
    page = first_page(poll, since=None, account=FakeGHL().account(), input={"filters": [own]}, now=NOW)
    assert page["filters"] == [own]


def test_submissions_are_asked_for_from_the_day_before() -> None:
    poll = _poll("forms.list_submissions.new")
    page = first_page(poll, since="2026-11-21T00:30:00.000Z", account=FakeGHL().account(), input={"formId": "f"}, now=NOW)
    assert (page["startAt"], page["formId"]) == ("2026-11-20", "f")


# ── events of every calendar ─────────────────────────────────────────────────────────────────────────────────────────


class Lists:
    """A vendor of two calendars that counts what it is asked."""

    key = None
    account = FakeGHL().account()
    clock = SystemClock()
    memory = Memory(clock)

    def __init__(self) -> None:
        self.asked: list[JSON] = []

    async def call(self, operation: Operation, input: JSONObject) -> JSON:
        if operation.id == "calendars.list":
            return {"calendars": [{"id": "one"}, {"id": "two"}]}
        self.asked.append(input.get("calendarId") or input.get("userId"))
        return {"events": [{"id": f"of {input.get('calendarId')}"}, {"id": "of both"}]}


async def test_without_a_calendar_every_calendar_is_read_and_each_event_told_once() -> None:
    vendor = Lists()
    answer = as_object(await read_events(vendor, {"startTime": 1, "endTime": 2}))
    assert vendor.asked == ["one", "two"]
    assert sorted(str(as_object(event)["id"]) for event in as_list(answer["events"])) == ["of both", "of one", "of two"]
    vendor = Lists()
    await read_events(vendor, {"startTime": 1, "endTime": 2, "userId": "u"})
    assert vendor.asked == ["u"]
