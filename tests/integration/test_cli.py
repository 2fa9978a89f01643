"""The command line as a person uses it: real processes, a real hub on loopback, a real data folder."""

import signal
from pathlib import Path

import pytest

from tests.integration.shell import Shell
from trunkline.connect.addresses import Addresses
from trunkline.connect.client import Client
from trunkline.connectors.http.fake import FakeHTTP
from trunkline.model.http import Request
from trunkline.model.json import JSON, as_list, as_object, at_path, dumps
from trunkline.testing.vendor import serving

TOKEN = "a-token-nobody-may-see-7781"
FLOW = """\
flow: forward
title: Forward what arrives
trigger: {on: http.received, connection: source}
steps:
  - call: http.request
    id: save
    connection: target
    input: {url: /things, json: {name: "{{ trigger.body.name }}"}}
"""
WRONG_FLOW = """\
flow: forward
trigger: {on: http.received, connection: sorce}
steps:
  - call: http.request
    id: save
    connection: target
    input: {url: /things, jsn: {name: "{{ trigger.body.name }}"}}
"""


async def _connect(shell: Shell, base_url: str, tmp_path: Path) -> None:
    """Two connections and a published flow between them; the token goes in by file, by environment and by standard input."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    await shell.done("connections", "add", "http", "--name", "source", "--secret", f"webhook_token=@{tmp_path / 'token'}")
    await shell.done("connections", "add", "http", "--name", "target", "--token", "-", "--base-url", base_url, stdin=f"{FakeHTTP.token}\n")
    (tmp_path / "flow.yaml").write_text(FLOW)
    await shell.done("flows", "apply", str(tmp_path / "flow.yaml"))
    await shell.done("flows", "publish", "forward")


async def _deliver(address: JSON, body: JSON) -> int:
    client = Client(addresses=Addresses(allow=("127.0.0.1",)))
    try:
        headers = (("content-type", "application/json"), ("x-webhook-token", TOKEN))
        base, _, path = str(address).rpartition("/hooks/")
        request = Request(method="POST", url=f"/hooks/{path}", headers=headers, body=dumps(body))
        return (await client.send(request, base_url=base, write=True)).status
    finally:
        await client.close()


async def test_an_event_becomes_an_effect_and_every_command_tells_about_it(shell: Shell, tmp_path: Path) -> None:
    vendor = FakeHTTP()
    async with serving(vendor) as base_url:
        await _connect(shell, base_url, tmp_path)
        async with shell.hub() as (process, greeting):
            assert greeting["published_flows"] == ["forward"]
            assert await _deliver(at_path(greeting, "webhooks.source"), {"id": 7, "name": "Ann Lee"}) == 200
            run = await shell.run_in("done")
            assert [as_object(thing)["sent"] for thing in vendor.things.values()] == [{"name": "Ann Lee"}]

            page = await shell.done("runs", "show", str(run["id"])[:12])
            assert str(page["sentence"]).startswith("Webhook received: Ann Lee → http.request done in ")
            assert at_path(page, "event.payload.body.name") == "Ann Lee"
            assert at_path(page, "effects.0.request.json") == {"name": "Ann Lee"}
            assert at_path(page, "effects.0.answer.status") == 201

            told = await shell("runs", "show", str(run["id"]))
            assert told.out.startswith("Webhook received: Ann Lee → http.request done in ")
            assert all(part in told.out for part in ("What came in", "What was decided", "What was sent and answered"))

            event = await shell.done("events", "show", str(run["event"]))
            assert [as_object(one)["id"] for one in as_list(event["runs"])] == [run["id"]]
            assert len(as_list((await shell.done("events", "list"))["events"])) == 1

            status = await shell("status", "--check", "--json")
            assert (status.code, status.json["running"], status.json["runs"]) == (0, True, {"done": 1})

            process.send_signal(signal.SIGINT)
            _, err = await process.communicate()
            assert process.returncode == 0, err.decode()
            assert TOKEN not in err.decode()


async def test_what_failed_is_listed_mended_and_repeated_while_the_hub_runs(shell: Shell, tmp_path: Path) -> None:
    vendor = FakeHTTP()
    vendor.next("POST /things", status=422, times=2)
    async with serving(vendor) as base_url:
        await _connect(shell, base_url, tmp_path)
        async with shell.hub() as (_, greeting):
            address = at_path(greeting, "webhooks.source")
            await _deliver(address, {"id": 1, "name": "One"})
            first = await shell.run_in("failed")
            assert (await shell("status", "--check")).code == 1

            again = await shell.done("runs", "replay", str(first["id"]))
            assert again["run"] == first["id"]
            assert (await shell.run_in("failed", attempts=2))["id"] == first["id"]
            assert (await shell("runs", "replay", "--failed")).code == 2, "nobody is there to say yes"
            everything = await shell.done("runs", "replay", "--failed", "--flow", "forward", "--yes")
            assert everything == {"replayed": [first["id"]], "left": []}
            await shell.run_in("done", attempts=3)
            assert [as_object(thing)["sent"] for thing in vendor.things.values()] == [{"name": "One"}]


async def test_an_unknown_outcome_is_settled_by_a_person(shell: Shell, tmp_path: Path) -> None:
    vendor = FakeHTTP()
    vendor.next("POST /things", status=500, after=True)
    async with serving(vendor) as base_url:
        await _connect(shell, base_url, tmp_path)
        async with shell.hub() as (_, greeting):
            await _deliver(at_path(greeting, "webhooks.source"), {"id": 1, "name": "One"})
            run = str((await shell.run_in("unknown"))["id"])
            assert [as_object(one)["id"] for one in as_list((await shell.done("runs", "list", "--failed"))["runs"])] == [run]

            refused = await shell("runs", "replay", run)
            assert refused.code == 2
            assert "trunkline runs resolve" in refused.err
            assert (await shell("runs", "resolve", run)).code == 2
            assert (await shell("runs", "resolve", run, "--landed", "--repeat")).code == 2

            await shell.done("runs", "resolve", run, "--landed", "--answer", '{"id": "1"}')
            await shell.run_in("done", attempts=2)
            assert len(vendor.things) == 1


async def test_a_flow_with_mistakes_is_refused_with_every_place(shell: Shell, tmp_path: Path) -> None:
    await shell.done("connections", "add", "http", "--name", "source")
    file = tmp_path / "wrong.yaml"
    file.write_text(WRONG_FLOW)
    for verb in ("check", "apply"):
        said = await shell("flows", verb, str(file), "--json")
        assert said.code == 2
        found = [as_object(one) for one in as_list(at_path(said.json, "error.problems"))]
        assert {str(one["line"]) for one in found} == {"2", "6", "7"}
        assert all(one["file"] == str(file) and one["message"] for one in found)
        assert at_path(said.json, "error.code") == "config"
        assert at_path(said.json, "error.place") == f"{file}:{found[0]['line']}:{found[0]['column']}"

    told = await shell("flows", "check", str(file))
    assert told.code == 2
    lines = told.out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"{file}:2:"))
    assert lines[at + 1].index("sorce") == lines[at + 2].index("^")
    assert "Did you mean `source`?" in told.out
    assert as_list((await shell.done("flows", "list"))["flows"]) == []


async def test_versions_of_a_flow_are_kept_published_and_stopped(shell: Shell) -> None:
    await shell.done("connections", "add", "http", "--name", "source")
    await shell.done("connections", "add", "http", "--name", "target", "--base-url", "http://127.0.0.1:9")
    assert (await shell.done("flows", "apply", "-", stdin=FLOW))["new"] is True
    assert (await shell.done("flows", "apply", "-", stdin=FLOW))["new"] is False
    assert (await shell.done("flows", "apply", "-", stdin=FLOW.replace("Forward what", "Hand on what")))["version"] == 2
    assert at_path(await shell.done("flows", "publish", "forward", "--version", "1"), "flow.published") == 1
    shown = await shell.done("flows", "show", "forward", "--version", "1")
    assert (shown["document"], at_path(shown, "flow.published"), at_path(shown, "flow.latest")) == (FLOW, 1, 2)

    assert (await shell("connections", "remove", "source", "--yes")).code == 2
    assert (await shell("flows", "remove", "forward", "--yes")).code == 2
    await shell.done("flows", "unpublish", "forward")
    await shell.done("flows", "remove", "forward", "--yes")
    await shell.done("connections", "remove", "source", "--yes")
    assert (await shell("flows", "show", "forward")).code == 3


async def test_secrets_go_in_and_never_come_out(shell: Shell) -> None:
    said = [
        await shell("connections", "add", "http", "--name", "a", TRUNKLINE_CONNECTIONS_ADD_TOKEN=TOKEN),
        await shell("connections", "update", "a", "--token", "-", stdin=f"{TOKEN}-2"),
        await shell("connections", "show", "a", "--json"),
        await shell("connections", "show", "a"),
        await shell("connections", "list", "--json"),
        await shell("connections", "add", "http", "--name", "b", "--secret", TOKEN),
        await shell("connections", "add", "http", "--name", "b", "--secret", f"nosuch={TOKEN}"),
        await shell("connections", "add", "http", "--name", "b", "--secret", f"token={TOKEN}\nsecond line"),
    ]
    assert [one.code for one in said] == [0, 0, 0, 0, 0, 2, 2, 2]
    assert [one for one in said if TOKEN in one.out + one.err] == []
    assert TOKEN.encode() not in b"".join(file.read_bytes() for file in shell.home.iterdir())


async def test_a_connection_that_is_refused_ends_its_test_with_one(shell: Shell) -> None:
    vendor = FakeHTTP()
    async with serving(vendor) as base_url:
        words = ("connections", "add", "openphone", "--name", "desk", "--base-url", base_url)
        missing = await shell(*words, "--json")
        assert (missing.code, at_path(missing.json, "error.place")) == (2, "token")
        await shell.done(*words, "--token", TOKEN)
        vendor.token_accepted = False
        refused = await shell("connections", "test", "desk", "--json")
        assert (refused.code, refused.json["ok"]) == (1, False)
        assert at_path(await shell.done("connections", "show", "desk"), "state") == "paused"
        await shell.done("connections", "update", "desk", "--token", f"{TOKEN}-new")
        assert at_path(await shell.done("connections", "show", "desk"), "state") == "ok"


async def test_call_prints_the_answer_and_tells_what_is_wrong(shell: Shell, tmp_path: Path) -> None:
    vendor = FakeHTTP()
    vendor.seed()
    async with serving(vendor) as base_url:
        await shell.done("connections", "add", "http", "--name", "web", "--token", vendor.token, "--base-url", base_url)
        (tmp_path / "input.json").write_text('{"url": "/things/1"}')
        answer = await shell.done("call", "http.fetch", "--input", f"@{tmp_path / 'input.json'}")
        assert answer["body"] == {"id": "1", "name": "First"}
        cases = [
            (("call", "http.fetch", "--input", '{"url": "/things/9"}'), 1, "rejected"),
            (("call", "http.fetch", "--input", '{"url": "/things/1", "colour": 1}'), 2, "mapping"),
            (("call", "http.fetch", "--input", "{"), 2, "config"),
            (("call", "http.fetsch"), 3, "not_found"),
            (("call", "http.fetch", "--connection", "wep"), 3, "not_found"),
        ]
        for words, code, name in cases:
            said = await shell(*words, "--json")
            assert (said.code, at_path(said.json, "error.code")) == (code, name), words
            assert set(as_object(said.json["error"])) == {"code", "message", "hint", "place"}


async def test_a_second_hub_on_the_same_data_is_refused_and_the_first_goes_on(shell: Shell) -> None:
    async with shell.hub() as (process, greeting):
        second = await shell("up", "--port", "0", "--json")
        assert (second.code, at_path(second.json, "error.code")) == (4, "store")
        assert str(process.pid) in second.out
        port = str(greeting["address"]).rpartition(":")[2]
        taken = await shell("up", "--port", port, "--home", str(shell.home / "other"), "--json")
        assert (taken.code, at_path(taken.json, "error.code")) == (2, "config")
        assert process.returncode is None


async def test_home_and_json_may_stand_anywhere(shell: Shell, tmp_path: Path) -> None:
    other = tmp_path / "other"
    await shell.done("--home", str(other), "connections", "add", "http", "--name", "there")
    for words in (
        ("--json", "--home", str(other), "connections", "list"),
        ("connections", "--home", str(other), "--json", "list"),
        ("connections", "list", "--home", str(other), "--json"),
    ):
        said = await shell(*words)
        assert [as_object(one)["name"] for one in as_list(said.json["connections"])] == ["there"], words
    assert as_list((await shell("connections", "list", TRUNKLINE_JSON="1")).json["connections"]) == []


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (("runz",), 2, "'runs'"),
        (("runs", "lst"), 2, "'list'"),
        (("runs", "list", "--faild"), 2, "--failed"),
        (("runs", "show"), 2, "RUN"),
        (("runs", "show", "short"), 3, "at least 8"),
        (("runs", "show", "run_aaaaaaaaaaaa"), 3, "trunkline runs list"),
        (("runs", "list", "--flow", "nosuch"), 3, "trunkline flows apply"),
        (("connections", "add", "openfone", "--name", "a"), 3, "openphone"),
        (("connections", "show", "nosuch"), 3, "trunkline connections add"),
        (("events", "show", "evt_nosuch"), 3, "trunkline events list"),
        (("flows", "check", "nosuch.yaml"), 2, "nosuch.yaml"),
        (("catalogue", "gohighlevel"), 3, ""),
    ],
)
async def test_what_is_not_there_is_told_with_the_next_step(shell: Shell, words: tuple[str, ...], code: int, hint: str) -> None:
    said = await shell(*words)
    assert said.code == code
    assert "\nError: " in f"\n{said.err}"
    assert hint in said.err
    assert said.out == ""


async def test_a_folder_that_cannot_be_used_is_told_in_words(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "trunkline.db").write_bytes(b"no database at all" * 100)
    assert (await shell("runs", "list", "--home", str(tmp_path / "file"))).code in (2, 4)
    damaged = await shell("runs", "list", "--home", str(tmp_path / "damaged"), "--json")
    assert (damaged.code, at_path(damaged.json, "error.code")) == (4, "store")


async def test_a_stopped_hub_without_data_says_so_and_makes_none(shell: Shell) -> None:
    said = await shell("status", "--json")
    assert (said.code, said.json["data"], said.json["running"]) == (0, False, False)
    assert (await shell("status", "--check")).code == 1
    assert not shell.home.exists()


async def test_the_catalogue_gives_schemas(shell: Shell) -> None:
    found = await shell.done("catalogue", "http")
    assert [as_object(one)["name"] for one in as_list(found["operations"])] == ["http.request", "http.fetch"]
    assert at_path(found, "operations.0.input.required") == ["url"]
    assert at_path(found, "triggers.0.arrives_by") == ["webhook"]
    assert (await shell("catalogue", "http")).out.count("http.request") == 1
