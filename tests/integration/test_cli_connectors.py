"""A connector of one's own on the command line: made of a description, called, used in a flow, compared, announced to end, removed."""

import json
import resource
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse

from tests.integration.shell import Shell
from trunkline.connect.addresses import Addresses
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.endpoints import Endpoints
from trunkline.connect.made import connector_of
from trunkline.connect.manifest import Auth, Manifest
from trunkline.connect.memory import Memory
from trunkline.connect.openapi.facts import text_of
from trunkline.connect.openapi.importing import import_files
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.model.clock import SystemClock
from trunkline.model.errors import RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object, at_path
from trunkline.testing.simulation import Handler, SimulatedVendor
from trunkline.testing.vendor import serving

MAIN: Final = """
openapi: 3.1.0
info: {title: My CRM, version: "1"}
servers: [{url: "https://api.mycrm.example/v2"}]
security: [{key: []}]
components: {securitySchemes: {key: {type: http, scheme: bearer}}}
paths:
  /me:
    get: {responses: {200: {content: {application/json: {schema: {type: object}}}}}}
  /contacts:
    get:
      operationId: contacts
      parameters: [{name: limit, in: query, schema: {type: integer, maximum: 50}}]
      responses: {200: {content: {application/json: {schema: {type: array, items: {$ref: "parts.yaml#/Contact"}}}}}}
    post:
      operationId: contacts
      requestBody: {required: true, content: {application/json: {schema: {$ref: "parts.yaml#/NewContact"}}}}
      responses: {201: {content: {application/json: {schema: {$ref: "parts.yaml#/Contact"}}}}}
  /contacts/{contactId}:
    get: {responses: {200: {content: {application/json: {schema: {$ref: "parts.yaml#/Contact"}}}}}}
    delete:
      requestBody: {content: {application/json: {schema: {type: object, properties: {why: {type: string}}}}}}
      responses: {204: {}}
"""
PARTS: Final = """
NewContact:
  type: object
  required: [name]
  properties: {name: {type: string}, grade: {enum: [gold, plain]}, boss: {$ref: "#/Contact"}}
Contact:
  allOf:
    - $ref: "#/NewContact"
    - {type: object, required: [id], properties: {id: {type: string}}}
"""
FLOW: Final = """
flow: welcome
trigger: {on: http.received, connection: inbox}
steps:
  - call: mycrm.call GET /contacts/{contactId}
    connection: crm
    input: {contactId: "{{ trigger.body.id }}"}
"""
ENDING: Final = {"deprecation": "@1688169599", "sunset": "Sun, 30 Jun 2024 23:59:59 GMT"}


class MyCrm(SimulatedVendor):
    """Whatever the description says, and that one of its endpoints will end."""

    endpoints: ClassVar[Endpoints] = Endpoints(b'{\n"endpoints": {\n},\n"schemas": {\n}\n}\n')

    def handlers(self) -> Mapping[str, Handler]:
        return {"GET /contacts/{contactId}": self._contact}

    def _contact(self, request: Request, _: JSON) -> JSON | JSONResponse:
        return JSONResponse({"id": request.path_params["contactId"], "name": "Ada"}, headers=ENDING)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    (tmp_path / "mycrm.yaml").write_text(MAIN, encoding="utf-8")
    (tmp_path / "parts.yaml").write_text(PARTS, encoding="utf-8")
    return tmp_path / "mycrm.yaml"


@pytest.fixture
async def served(written: Path) -> AsyncIterator[tuple[MyCrm, str]]:
    """The vendor as its description has it, on a real port."""
    MyCrm.endpoints = Endpoints(text_of(import_files([written]).facts))
    vendor = MyCrm()
    async with serving(vendor) as base_url:
        yield vendor, base_url


CALLS: Final[Mapping[str, JSONObject]] = {
    "GET /me": {},
    "GET /contacts": {"limit": 5},
    "POST /contacts": {"name": "Ada", "grade": "gold", "boss": {"id": "b1", "name": "Bea"}},
    "GET /contacts/{contactId}": {"contactId": "c 1/2"},
    "DELETE /contacts/{contactId}": {"contactId": "c1", "why": "gone"},
}


async def test_a_description_becomes_a_connector_that_is_called_used_and_told_of_its_changes_and_its_end(
    shell: Shell, written: Path, served: tuple[MyCrm, str]
) -> None:
    vendor, base_url = served
    made = await shell.done("connectors", "add-openapi", "mycrm", str(written), "--base-url", base_url)
    assert (made["title"], made["endpoints"], at_path(made, "auth.kind"), made["check"]) == ("My CRM", 5, "bearer", "GET /me")
    assert "contactId is in the path and not declared: taken as text" in {str(as_object(one)["said"]) for one in as_list(made["notes"])}
    await shell.done("connections", "add", "mycrm", "--name", "crm", "--token", vendor.token)
    called = await shell.done("call", "mycrm.call GET /contacts/{contactId}", "--input", '{"contactId": "c 1/2"}')
    assert called == {"id": "c 1/2", "name": "Ada"}
    wrong = await shell("call", "mycrm.call POST /contacts", "--input", '{"name": "Ada", "grade": "golden"}', "--json")
    assert (wrong.code, at_path(wrong.json, "error.place")) == (2, "grade")

    await shell.done("connections", "add", "http", "--name", "inbox")
    await shell.done("flows", "apply", "-", stdin=FLOW)
    await shell.done("flows", "publish", "welcome")
    (notice,) = as_list((await shell.done("connectors", "notices"))["notices"])
    assert at_path(notice, "operation") == "call GET /contacts/{contactId}"
    assert (at_path(notice, "sunset_at"), at_path(notice, "flows")) == ("2024-06-30T23:59:59.000Z", ["welcome"])

    rewritten(written, {"/contacts/{contactId}:\n    get:": "/contacts/{contactId}:\n    put:", "maximum: 50": "maximum: 20"})
    found = await shell.done("connectors", "diff", "mycrm", str(written))
    assert (found["added"], found["removed"]) == (["PUT /contacts/{contactId}"], ["GET /contacts/{contactId}"])
    assert found["flows"] == {"welcome": ["GET /contacts/{contactId}"]}
    assert [(at_path(one, "endpoint"), at_path(one, "breaking")) for one in as_list(found["changed"])] == [("GET /contacts", True)]
    refused = await shell("connectors", "remove", "mycrm", "--yes")
    assert (refused.code, "crm" in refused.err) == (2, True)


async def test_every_endpoint_of_such_a_connector_works(served: tuple[MyCrm, str]) -> None:
    vendor, base_url = served
    manifest = Manifest(title="My CRM", base_url=base_url, auth=Auth(kind="bearer"), headers={}, check="")
    connector, clock = connector_of("mycrm", manifest, MyCrm.endpoints), SystemClock()
    registry = Registry([connector])
    async with Client(addresses=Addresses(allow=("127.0.0.1",))) as client:
        session = Session(
            connector=connector,
            account=vendor.account(),
            client=client,
            budget=Budget((), clock),
            memory=Memory(clock),
            clock=clock,
            base_url=base_url,
        )
        for key, input in CALLS.items():
            with suppress(RejectedError):
                await session.call(registry.operation(f"mycrm.call {key}"), input)
    assert vendor.asked == list(CALLS)
    assert (vendor.misfits, vendor.mismatches) == ([], [])


def rewritten(file: Path, changes: Mapping[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


async def test_facts_alone_are_written_the_same_as_ever(shell: Shell, written: Path) -> None:
    out = written.with_name("facts.json")
    told = await shell.done("connectors", "import-openapi", str(written), "--out", str(out))
    assert out.read_bytes() == text_of(import_files([written]).facts)
    assert (told["endpoints"], told["server"], told["size_bytes"]) == (5, "https://api.mycrm.example/v2", out.stat().st_size)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"swagger": "2.0", "info": {}, "paths": {}}', "Swagger 2.0"),
        ('{"openapi": "3.0.0", "paths": {"/a": {"$ref": "/etc/passwd"}}}', "outside the folder"),
    ],
)
async def test_a_document_that_cannot_be_read_is_refused_and_nothing_is_made(shell: Shell, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.json").write_text(text, encoding="utf-8")
    refused = await shell("connectors", "add-openapi", "mycrm", str(tmp_path / "bad.json"))
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    assert not list((shell.home / "connectors").glob("*"))


def test_ten_megabytes_with_circles_are_read_in_bounded_time_and_memory(tmp_path: Path) -> None:
    """In this process, whose highest memory use may only grow by so much; the time is the test's own limit."""
    many = 5_000

    def schema(number: int) -> JSONObject:
        fields: JSONObject = {f"field_{at}": {"type": "string", "description": "d" * 480} for at in range(4)}
        onward: JSONObject = {"next": {"$ref": f"#/components/schemas/S{(number + 1) % many}"}}
        circle: JSONObject = {"all": {"type": "array", "items": {"$ref": f"#/components/schemas/S{number * 7919 % many}"}}}
        made: JSONObject = {"type": "object", "properties": {**fields, **onward, **circle}}
        return made if number % 3 else {"allOf": [{"$ref": f"#/components/schemas/S{(number * 7 + 1) % many}"}, made]}

    def endpoint(number: int) -> JSONObject:
        content: JSONObject = {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/S{number}"}}}}
        return {"post": {"requestBody": content, "responses": {"200": content}}}

    whole = {
        "openapi": "3.0.3",
        "servers": [{"url": "https://big.example"}],
        "paths": {f"/things/{number}": endpoint(number) for number in range(2_000)},
        "components": {"schemas": {f"S{number}": schema(number) for number in range(many)}},
    }
    file = tmp_path / "big.json"
    file.write_text(json.dumps(whole), encoding="utf-8")
    assert file.stat().st_size > 10_000_000
    del whole
    before = _most_memory_bytes()
    imported = import_files([file])
    assert len(imported.facts.endpoints) == 2_000
    assert len(imported.facts.schemas) == many
    assert _most_memory_bytes() - before < 400_000_000


def _most_memory_bytes() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
