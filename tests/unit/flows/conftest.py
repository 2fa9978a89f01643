"""A small catalogue with the shapes that flows meet: closed and open schemas, nested required fields, choices, null."""

from dataclasses import dataclass
from typing import Literal

import pytest

from trunkline.connect.registry import Registry
from trunkline.flows.problems import nearest
from trunkline.model.errors import NotFoundError
from trunkline.model.schema import Schema, anything, integer, list_of, nullable, number, one_of, record, text


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOperation:
    id: str
    title: str = ""
    kind: Literal["read", "write"] = "write"
    input: Schema
    output: Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTrigger:
    id: str
    title: str = ""
    output: Schema
    input: Schema | None = None
    kinds: tuple[str, ...] = ()
    poll: object | None = None
    past: str = "none"


CONTACT = record(
    {
        "id": text(),
        "first_name": nullable(text()),
        "last_name": nullable(text()),
        "name": nullable(text()),
        "email": nullable(text()),
        "phone": nullable(text()),
        "state": text(),
        "company_name": text(),
        "tags": list_of(text()),
        "score": integer(),
        "custom_fields": list_of(record({"id": text(), "value": anything()})),
    }
)
NAMED_VALUE = record({"name": text(), "value": nullable(text())}, required=("name", "value"))
CONTACT_INPUT = record(
    {
        "externalId": text(min_length=1),
        "source": text(choices=["ghl", "form", "import"]),
        "score": integer(minimum=0),
        "either": one_of(text(), integer()),
        "defaultFields": record(
            {
                "firstName": nullable(text()),
                "lastName": text(),
                "company": text(),
                "role": text(),
                "phoneNumbers": list_of(NAMED_VALUE, max_items=3),
                "emails": list_of(NAMED_VALUE),
            },
            required=("firstName",),
        ),
    },
    required=("externalId", "defaultFields"),
)
TRIGGERS = {
    "ghl.contacts.changed": SampleTrigger(
        id="contacts.changed",
        output=record({"contact": CONTACT, "location_id": text()}),
        kinds=("ContactUpdate",),
        poll=object(),
        past="any",
    ),
    "ghl.tasks.done": SampleTrigger(id="tasks.done", output=record({}, open=True), poll=object(), past="beginning"),
    "ghl.notes.made": SampleTrigger(
        id="notes.made", output=record({"note": record({"first_line": text(), "body": text()}, open=True)}), poll=object()
    ),
    "ghl.events.changed": SampleTrigger(
        id="events.changed",
        input=record(
            {
                "calendarId": text(min_length=1),
                "status": text(choices=["new", "confirmed"]),
                "days_back": {**number(), "minimum": 0},
                "users": list_of(text()),
            },
            required=("calendarId",),
        ),
        output=record({"event": record({"id": text()}, open=True)}),
        poll=object(),
    ),
    "ghl.slots.changed": SampleTrigger(
        id="slots.changed",
        input={
            **record({"calendarId": text(), "userId": text(), "status": text(choices=["new"])}),
            "anyOf": [{"required": ["calendarId"]}, {"required": ["userId"]}],
        },
        output=record({}, open=True),
        poll=object(),
    ),
    "http.received": SampleTrigger(
        id="received",
        output=record({"body": anything(), "headers": record({}, open=True), "query": record({}, open=True)}),
        kinds=("request",),
    ),
}
OPERATIONS = {
    "openphone.contacts.upsert": SampleOperation(
        id="contacts.upsert", input=CONTACT_INPUT, output=record({"id": text(), "created": text()})
    ),
    "http.request": SampleOperation(
        id="request",
        input=record({"method": text(choices=["GET", "POST"]), "url": text(), "json": anything()}, required=("method", "url")),
        output=record({"status": integer(), "body": anything()}),
    ),
}


class SampleCatalogue:
    def operation(self, name: str) -> SampleOperation:
        if name not in OPERATIONS:
            raise NotFoundError(f"There is no operation `{name}`", hint=nearest(name, OPERATIONS))
        return OPERATIONS[name]

    def trigger(self, name: str) -> SampleTrigger:
        if name not in TRIGGERS:
            raise NotFoundError(f"There is no trigger `{name}`", hint=nearest(name, TRIGGERS))
        return TRIGGERS[name]


class SampleConnections:
    _known = {"main": "ghl", "desk": "openphone", "inbox": "http", "sink": "http", "office": "slack"}  # noqa: RUF012 - nobody changes it

    def connector_of(self, connection: str) -> str | None:
        return self._known.get(connection)

    def names(self) -> tuple[str, ...]:
        return tuple(self._known)


@pytest.fixture
def catalogue() -> SampleCatalogue:
    return SampleCatalogue()


@pytest.fixture(scope="session")
def shipped() -> Registry:
    """What the program comes with."""
    return Registry.discover()


@pytest.fixture
def connections() -> SampleConnections:
    return SampleConnections()
