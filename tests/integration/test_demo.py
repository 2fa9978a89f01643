"""The demonstration as a person starts it: real processes, an end by itself, and a proof that can fail."""

import asyncio
import shutil
import signal
import sys
from urllib.parse import urlsplit

from trunkline.connect.client import Client
from trunkline.model.json import JSON, JSONObject, as_list, as_object, loads
from trunkline.sandbox import demo, people
from trunkline.sandbox.demo import Options, Progress
from trunkline.sandbox.proof import Findings, compare
from trunkline.sandbox.remote import Control

PROGRAM = (sys.executable, "-c", "from trunkline.cli.main import main; main()")


class Lines:
    """A screen that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.shown: list[Progress] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def progress(self, progress: Progress) -> None:
        self.shown.append(progress)


async def _document(stream: asyncio.StreamReader) -> JSONObject:
    """The first JSON document; it is spread over lines and ends with one that holds a brace alone."""
    text = b""
    while not text.endswith(b"\n}\n"):
        line = await stream.readline()
        assert line, text
        text += line
    return as_object(loads(text))


async def _holds(openphone: Control, **wanted: str) -> None:
    """Return when the workspace, which is another process, holds a contact with these texts; an empty one means none."""

    def matches(contact: JSONObject) -> bool:
        fields = as_object(contact["defaultFields"])
        return all((fields.get(name) or "") == text for name, text in wanted.items())

    async with asyncio.timeout(20):
        while not any(map(matches, await openphone.contacts())):  # noqa: ASYNC110 - no event of another process
            await asyncio.sleep(0.1)


async def _listens(url: JSON) -> bool:
    parts = urlsplit(str(url))
    try:
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


async def test_demo_brings_each_contact_over_exactly_once_and_keeps_running_when_asked() -> None:
    words = (*PROGRAM, "demo", "--contacts", "60", "--keep", "--json")
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    told: JSONObject = {}
    try:
        told = await asyncio.wait_for(_document(process.stdout), 75)
        assert told["ok"] is True, told["reasons"]
        assert told["exactly_once_and_equal"] == told["expected"]
        assert as_object(told["runs"]).keys() <= {"done", "filtered"}
        assert told["created"] == told["expected"]
        assert isinstance(told["lost"], int)
        assert as_object(told["poll"])["news"] > 0 or told["lost"] == 0  # pyright: ignore[reportOperatorIssue, reportOptionalOperand] - a number

        async with Client() as client:
            ghl = Control(client=client, url=str(as_object(told["ghl"])["control"]))
            openphone = Control(client=client, url=str(as_object(told["openphone"])["control"]))
            you: JSONObject = {"firstName": "You", "lastName": "Reader", "companyName": "Yours", "phone": "+14155550199"}
            made = as_object(as_list(await ghl.send("POST", "/contacts", {"fields": you}))[0])
            await _holds(openphone, firstName="You", lastName="Reader", company="Yours")
            await ghl.send("PATCH", f"/contacts/{made['id']}", {"lastName": None, "companyName": None})
            await _holds(openphone, firstName="You", lastName="", company="")
    finally:
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), 30)
        if told:
            shutil.rmtree(str(told["home"]))  # which --keep keeps
    assert code == 0
    for url in (told["hub"], as_object(told["ghl"])["url"], as_object(told["openphone"])["url"]):
        assert not await _listens(url)


async def test_demo_that_does_not_finish_in_time_says_so_and_leaves_nothing_behind() -> None:
    screen = Lines()
    async with demo.staged(screen, keep=False, seed=1) as stage:
        outcome = await demo.perform(stage, Options(contacts=20, changes=0, deadline_s=1.5), screen)
        assert stage.home.is_dir()
    assert not outcome.good
    assert any("had not finished" in reason for reason in outcome.reasons())
    assert screen.said
    assert not stage.home.exists()
    assert not await _listens(stage.hub.url)


async def test_demo_refuses_a_folder_of_the_persons_own() -> None:
    words = (*PROGRAM, "demo", "--home", "somewhere")
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert b"Leave --home out" in said


# ── the proof itself ─────────────────────────────────────────────────────────────────────────────────────────────────


def _ghl(id: str, **fields: str) -> JSONObject:
    return {"id": id, **fields}


def _openphone(id: str, *, first: str | None, phone: str | None, source: str = "ghl") -> JSONObject:
    numbers: JSONObject = {"phoneNumbers": [{"name": "Phone", "value": phone}] if phone else [], "emails": []}
    return {"externalId": id, "source": source, "defaultFields": {"firstName": first, **numbers}}


ADA = _ghl("a", firstName="Ada", phone="+14155550101")


def _found(*held: JSONObject) -> Findings:
    return compare([ADA, _ghl("b", firstName="Nobody", phone="12")], held)


def test_proof_accepts_what_is_there_once_and_equal() -> None:
    found = _found(_openphone("a", first="Ada", phone="+14155550101"), _openphone("x", first="By hand", phone=None, source="public-api"))
    assert found.good
    assert (found.expected, found.equal, found.left_alone) == (1, 1, 1)


def test_proof_names_a_missing_contact() -> None:
    assert _found().problems() == ["missing in OpenPhone: a"]


def test_proof_names_a_contact_that_is_there_twice() -> None:
    assert _found(*[_openphone("a", first="Ada", phone="+14155550101")] * 2).problems() == ["more than once in OpenPhone: a"]


def test_proof_names_the_field_that_differs() -> None:
    assert _found(_openphone("a", first="Eve", phone="+14155550101")).problems() == [
        "different in OpenPhone: a: first name is 'Eve', should be 'Ada'"
    ]


def test_proof_names_a_field_that_was_cleared_on_one_side_only() -> None:
    held = _openphone("a", first="Ada", phone="+14155550101")
    stale: JSONObject = {**held, "defaultFields": {**as_object(held["defaultFields"]), "company": "Old"}}
    cleared: JSONObject = {**held, "defaultFields": {**as_object(held["defaultFields"]), "company": ""}}
    assert _found(stale).problems() == ["different in OpenPhone: a: company is 'Old', should be None"]
    assert _found(cleared).good


def test_changes_of_the_demo_clear_every_text_the_flow_carries() -> None:
    changes = [people.change(index, seed=1) for index in range(Options().changes)]
    for name in ("firstName", "lastName", "companyName", "phone"):
        assert any(name in change and change[name] is None for change in changes)


def test_proof_names_a_contact_that_should_have_been_left_alone() -> None:
    found = _found(_openphone("a", first="Ada", phone="+14155550101"), _openphone("b", first="Nobody", phone=None))
    assert found.problems() == ["in OpenPhone without a reason: b"]
