"""The catalogue as data: described, counted, searched."""

from dataclasses import replace

from trunkline.connect.declaration import (
    Connector,
    IdempotencyKey,
    LookFirst,
    Operation,
    Poll,
    Repeat,
    RepeatRule,
    Trigger,
    bearer,
    get,
    send,
)
from trunkline.connect.endpoints import Endpoints
from trunkline.connect.entries import Entries, repeat, ways
from trunkline.connect.registry import Registry
from trunkline.model.connection import Account
from trunkline.model.json import JSON, JSONObject, at_path
from trunkline.model.schema import record, text

FACTS = (
    b'{\n"sources": [],\n"server": "",\n"endpoints": {\n'
    b'"GET /things": {"id": "list-things", "area": "Things", "scopes": ["things.read"]},\n'
    b'"POST /wheels": {"id": "add-wheel", "area": "Wheels", "deprecated": true}\n},\n"schemas": {\n}\n}\n'
)


async def _find(*_: object) -> JSON:
    return None


LIST = Operation(
    id="things.list",
    title="List things",
    category="Things",
    kind="read",
    call=get("/things"),
    takes=record({}),
    gives=record({}, open=True),
    items="items",
    endpoint="GET /things",
    sample="things.list.json",
)
ADD = Operation(
    id="things.add",
    title="Add a thing",
    category="Things",
    kind="write",
    call=send("POST", "/things"),
    takes=record({"name": text()}),
    gives=record({}, open=True),
)


def _payload(item: JSONObject) -> JSONObject:
    return {"thing": item}


CHANGED = Trigger(
    id="things.changed",
    title="Thing changed",
    category="Things",
    gives=record({"thing": record({}, open=True)}),
    takes=record({"kind": text()}),
    record_key=str,
    kinds=("thing",),
    payload=_payload,
    poll=Poll(read=LIST, start=lambda since, account, input: {}, payload=_payload),
)
CONNECTOR = Connector(
    id="acme",
    name="Acme",
    base_url="https://acme.example",
    about="For tests",
    auth=bearer,
    operations=(LIST, ADD),
    triggers=(CHANGED,),
    endpoints=Endpoints(FACTS),
)


def test_an_operation_without_its_sample_does_not_count_as_curated() -> None:
    counts = Entries(CONNECTOR).counts
    assert (counts.curated, counts.uncurated, counts.endpoints) == (0, 2, 2)
    assert (counts.triggers, counts.by_webhook, counts.by_poll) == (1, 1, 1)


def test_every_operation_of_ours_is_curated() -> None:
    for connector in Registry.discover():
        entries = Entries(connector)
        assert [one.id for one in connector.operations if not entries.is_curated(one)] == []
        assert entries.counts.curated == len(connector.operations)


def test_an_entry_says_what_a_flow_needs_to_know() -> None:
    entries = Entries(CONNECTOR)
    told = entries.operation(LIST)
    assert (told["name"], told["kind"], told["repeat"], told["items"]) == ("acme.things.list", "read", None, "items")
    trigger = entries.trigger(CHANGED)
    assert (trigger["arrives_by"], trigger["events"], trigger["reads"]) == (["webhook", "poll"], ["thing"], "acme.things.list")
    assert at_path(trigger["input"], "properties.kind.type") == "string"
    assert entries.curated_by_endpoint == {"GET /things": ("acme.things.list",)}


def test_endpoints_are_listed_with_the_operations_on_them() -> None:
    first, second = (Entries(CONNECTOR).endpoint(one) for one in Entries(CONNECTOR).endpoints())
    assert (first["name"], first["operations"], first["scopes"]) == ("acme.call GET /things", ["acme.things.list"], ["things.read"])
    assert (second["kind"], second["deprecated"], second["operations"]) == ("write", True, [])


def test_words_are_looked_for_everywhere_whatever_their_case() -> None:
    entries = Entries(CONNECTOR)

    def found(*words: str) -> tuple[int, int, int]:
        one = entries.matching(words)
        return len(one.operations), len(one.triggers), len(one.endpoints)

    assert found("thing") == (2, 1, 1)
    assert found("LIST", "thing") == (1, 0, 1)
    assert found("wheel") == (0, 0, 1)
    assert found("thing", "wheel") == (0, 0, 0)


def test_what_a_repeat_does_is_one_word() -> None:
    def by_account(account: Account) -> Repeat:  # noqa: ARG001 - it depends on nothing here
        return "safe"

    rules: tuple[RepeatRule, ...] = ("safe", "never", IdempotencyKey("k"), LookFirst(_find), by_account)
    assert [repeat(replace(ADD, repeat=rule)) for rule in rules] == ["safe", "never", "key", "look first", "by connection"]
    assert repeat(LIST) is None
    assert ways(CHANGED) == ("webhook", "poll")


def test_permission_of_the_app_stands_for_scopes_where_a_vendor_has_none() -> None:
    facts = FACTS.replace(b'"deprecated": true', b'"app_permission": "EditWheels"')
    entries = Entries(replace(CONNECTOR, endpoints=Endpoints(facts)))
    assert entries.operation(replace(ADD, endpoint="POST /wheels"))["scopes"] == ["EditWheels"]
    assert entries.operation(ADD)["scopes"] == []
    assert entries.operation(LIST)["scopes"] == ["things.read"]
