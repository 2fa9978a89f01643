"""CSV files through the program: taken once, continued where they were stopped, written page by page."""

import asyncio
import csv
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.shell import Shell
from trunkline.admin.rows import BATCH, WAITING
from trunkline.connect.rows import written_as
from trunkline.connectors.csv.fake import lines
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.http.fake import FakeHTTP
from trunkline.connectors.slack.fake import FakeSlack
from trunkline.model.json import as_object
from trunkline.testing.vendor import serving

FLOW = """\
flow: rows
trigger: {on: csv.rows.received, connection: sheet}
steps:
  - call: http.request
    id: save
    connection: target
    input: {url: /things, json: {name: "{{ trigger.row.Name }}"}}
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("".join(lines(20, bad_every=7)))
    return path


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not reached():  # noqa: ASYNC110 - what another process does sets no event here
            await asyncio.sleep(0.01)


async def prepared(shell: Shell, tmp_path: Path, base_url: str) -> None:
    flow = tmp_path / "rows.yaml"
    flow.write_text(FLOW)
    await shell.done("connections", "add", "csv", "--name", "sheet")
    await shell.done("connections", "add", "http", "--name", "target", "--base-url", base_url, "--secret", f"token={FakeHTTP.token}")
    await shell.done("flows", "apply", str(flow))
    await shell.done("flows", "publish", "rows")


async def test_every_row_is_one_effect_and_bad_rows_stay_beside_the_file(shell: Shell, tmp_path: Path, table: Path) -> None:
    vendor = FakeHTTP()
    async with serving(vendor) as base_url:
        await prepared(shell, tmp_path, base_url)
        said = await shell.done("csv", "import", str(table), "--connection", "sheet")
        assert (said["rows"], said["events"], said["rejected"]) == (20, 18, 2)
        again = await shell.done("csv", "import", str(table), "--connection", "sheet")
        assert (again["events"], again["before"]) == (0, 20)
        async with shell.hub():
            await until(lambda: len(vendor.things) >= 18)
    names = {str(as_object(as_object(thing)["sent"])["name"]) for thing in vendor.things.values()}
    assert names == {f"Person, {number}" for number in range(1, 21) if number % 7}
    assert table.with_name("people.rejected.csv").read_text() == "Id,Name,Email,Phone\n7,Person 7\n14,Person 14\n"
    assert table.with_name("people.problems.csv").read_text().splitlines() == [
        "line,reason",
        '8,"it has 2 fields, the header has 4"',
        '15,"it has 2 fields, the header has 4"',
    ]


async def test_killed_import_goes_on_and_takes_no_row_twice(shell: Shell, tmp_path: Path) -> None:
    table = tmp_path / "many.csv"
    with table.open("w") as file:
        file.writelines(lines(15_000, bad_every=1_000))
    async with serving(FakeHTTP()) as base_url:
        await prepared(shell, tmp_path, base_url)
        process = await shell.start("csv", "import", str(table), "--connection", "sheet", "--json")
        rejects = table.with_name("many.rejected.csv")
        await until(lambda: rejects.exists() or process.returncode is not None)
        process.send_signal(signal.SIGKILL)
        await process.communicate()
        said = await shell.done("csv", "import", str(table), "--connection", "sheet")
    assert (said["rows"], said["rejected"]) == (15_000, 15)
    assert 0 < int(str(said["before"])) < 15_000
    stored = await shell.done("status")
    assert len(rejects.read_text().splitlines()) == 16
    assert int(str(said["events"])) == 15_000 - 15 - (int(str(said["before"])) - int(str(said["before"])) // 1_000), stored


async def test_file_that_waits_for_a_hub_that_does_not_run_says_so(shell: Shell, tmp_path: Path) -> None:
    table = tmp_path / "many.csv"
    with table.open("w") as file:
        file.writelines(lines(WAITING + 2 * BATCH))
    async with serving(FakeHTTP()) as base_url:
        await prepared(shell, tmp_path, base_url)
        process = await shell.start("csv", "import", str(table), "--connection", "sheet", "--json")
        assert process.stderr is not None
        said = await asyncio.wait_for(process.stderr.readline(), 60)
        process.kill()
        await process.communicate()
    assert said.decode().strip() == "20,000 events wait and no hub runs, so the file waits too. Start it: trunkline up"


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1252"])
async def test_rejected_rows_can_be_mended_and_taken_in_their_own_encoding(shell: Shell, tmp_path: Path, encoding: str) -> None:
    table = tmp_path / "people.csv"
    table.write_bytes("Id,Name\n1,Zoë,x\n2,Élo\n3,Ñu,x\n".encode(encoding))
    said = ("--encoding", encoding, "--connection", "sheet")
    async with serving(FakeHTTP()) as base_url:
        await prepared(shell, tmp_path, base_url)
        first = await shell.done("csv", "import", str(table), *said)
        rejects = table.with_name("people.rejected.csv")
        rejects.write_bytes(rejects.read_bytes().replace(",x".encode(written_as(encoding)[0]), b""))
        second = await shell.done("csv", "import", str(rejects), *said)
    assert (first["events"], first["rejected"]) == (1, 2)
    assert (second["events"], second["rejected"]) == (2, 0)
    assert rejects.read_bytes().decode(encoding) == "Id,Name\n1,Zoë\n3,Ñu\n"


async def test_report_that_was_moved_away_is_begun_anew(shell: Shell, tmp_path: Path) -> None:
    table = tmp_path / "many.csv"
    with table.open("w") as file:
        file.writelines(lines(6_000, bad_every=100))
    rejects = table.with_name("many.rejected.csv")
    async with serving(FakeHTTP()) as base_url:
        await prepared(shell, tmp_path, base_url)
        process = await shell.start("csv", "import", str(table), "--connection", "sheet", "--json")
        await until(lambda: (rejects.exists() and rejects.stat().st_size > 200) or process.returncode is not None)
        process.kill()
        await process.communicate()
        first = rejects.rename(tmp_path / "mine.csv").read_text().splitlines()
        said = await shell.done("csv", "import", str(table), "--connection", "sheet")
    second = rejects.read_text().splitlines()
    assert first[0] == second[0] == "Id,Name,Email,Phone"
    assert said["rejected"] == 60
    assert set(first[1:]) | set(second[1:]) == {f"{number},Person {number}" for number in range(100, 6_001, 100)}


async def test_killed_export_goes_on_from_its_last_page(shell: Shell, tmp_path: Path) -> None:
    vendor = FakeSlack()
    vendor.limits = ()
    for number in range(40):
        vendor.channels[f"C{number:010d}"] = {"id": f"C{number:010d}", "name": f"n{number}", "is_archived": False}
    out = tmp_path / "channels.csv"
    words = ("csv", "export", "team", "slack.channels.list", "--out", str(out), "--input", '{"limit": 4}', "--column", "Id={{ item.id }}")
    async with serving(vendor) as base_url:
        await shell.done("connections", "add", "slack", "--name", "team", "--base-url", base_url, "--secret", f"token={vendor.token}")
        vendor.next(delay_s=0.2, times=100)
        process = await shell.start(*words, "--json")
        await until(lambda: len(vendor.calls) >= 5 or process.returncode is not None)
        process.kill()
        await process.communicate()
        vendor.behave()
        assert not out.exists()
        before = len(vendor.calls)
        said = await shell.done(*words)
    assert int(str(said["continued"])) >= 12
    assert len(vendor.calls) - before < 10
    assert out.read_text().splitlines() == ["Id", *(f"C{number:010d}" for number in range(40))]


async def test_file_nobody_listens_for_is_refused_before_it_is_read(shell: Shell, table: Path) -> None:
    await shell.done("connections", "add", "csv", "--name", "sheet")
    said = await shell("csv", "import", str(table), "--connection", "sheet")
    assert said.code != 0
    assert "No published flow listens" in said.err


async def test_what_cannot_be_is_told_with_the_cure(shell: Shell, tmp_path: Path, table: Path) -> None:
    async with serving(FakeHTTP()) as base_url:
        await prepared(shell, tmp_path, base_url)
    for words, told in (
        (("nowhere.csv", "--connection", "sheet"), "cannot be read"),
        ((str(table), "--connection", "sheet", "--map", "a=Nowhere"), "no column"),
        ((str(table), "--connection", "target"), "takes no files"),
        ((str(table), "--connection", "sheet", "--encoding", "klingon"), "encoding"),
    ):
        said = await shell("csv", "import", *words)
        assert said.code != 0
        assert told in said.err


async def test_file_without_any_known_column_is_refused_before_it_is_read(shell: Shell, tmp_path: Path) -> None:
    table = tmp_path / "parts.csv"
    table.write_text("Bolt,Nut\n1,2\n")
    await shell.done("connections", "add", "seventeenhats", "--name", "hats", "--secret", "webhook_token=anything")
    said = await shell("csv", "import", str(table), "--connection", "hats", "--kind", "invoices")
    assert said.code != 0
    assert "No column of the file is known as a field of invoices" in said.err
    assert '--map id="Heading"' in said.err
    assert not table.with_name("parts.rejected.csv").exists()


async def test_list_is_written_whole_and_a_stopped_one_goes_on(shell: Shell, tmp_path: Path) -> None:
    vendor = FakeSlack()
    for number in range(25):
        name = "=cmd()" if number == 3 else f"n{number}"
        vendor.channels[f"C{number:010d}"] = {"id": f"C{number:010d}", "name": name, "is_archived": False, "topic": {"value": "x"}}
    out = tmp_path / "channels.csv"
    words = ("csv", "export", "team", "slack.channels.list", "--out", str(out), "--input", '{"limit": 10}')
    columns = ("--column", "Id={{ item.id }}", "--column", "Name={{ item.name }}", "--column", "Topic={{ item.topic.value }}")
    async with serving(vendor) as base_url:
        await shell.done("connections", "add", "slack", "--name", "team", "--base-url", base_url, "--secret", f"token={vendor.token}")
        vendor.next("GET /conversations.list", status=200, body={"ok": True, "channels": [], "response_metadata": {"next_cursor": "10"}})
        vendor.next("GET /conversations.list", status=500, body={"ok": False, "error": "down"})
        failed = await shell(*words, *columns)
        assert failed.code != 0
        assert not out.exists()
        assert out.with_name("channels.csv.part").exists()
        said = await shell.done(*words, *columns)
    with out.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["Id", "Name", "Topic"]
    assert [row[0] for row in rows[1:]] == [f"C{number:010d}" for number in range(25)]
    assert rows[4][1] == "'=cmd()", "a spreadsheet does not carry it out"
    assert said["rows"] == 25
    assert not out.with_name("channels.csv.part").exists()


async def test_columns_are_those_of_the_schema_unless_told(shell: Shell, tmp_path: Path) -> None:
    vendor = FakeSlack()
    vendor.seed()
    out = tmp_path / "people.csv"
    async with serving(vendor) as base_url:
        await shell.done("connections", "add", "slack", "--name", "team", "--base-url", base_url, "--secret", f"token={vendor.token}")
        await shell.done("csv", "export", "team", "slack.users.list", "--out", str(out))
        refused = await shell("csv", "export", "team", "slack.users.get", "--out", str(out))
        wrong = await shell("csv", "export", "team", "slack.users.list", "--out", str(out), "--column", "Name={{ item.")
        misfit = await shell("csv", "export", "team", "slack.users.list", "--out", str(out), "--column", "Phone={{ item.name | e164 }}")
    assert out.read_text().splitlines()[:2] == ["id,name,real_name,deleted", "U0000000001,ada,Ada,false"]
    assert "gives no list" in refused.err
    assert wrong.code != 0
    assert "Row 1, Phone: the text is no valid phone number" in misfit.err


HATS_FLOW = """\
flow: {name}
trigger: {{on: seventeenhats.{name}.changed, connection: hats}}
steps:
  - call: http.request
    id: save
    connection: target
    input: {{url: /things, json: "{{{{ trigger }}}}"}}
"""


@pytest.mark.parametrize(("kind", "operation"), [("invoices", "ghl.invoices.list"), ("contacts", "ghl.contacts.search")])
async def test_file_written_for_17hats_is_read_again(shell: Shell, tmp_path: Path, kind: str, operation: str) -> None:
    ghl, target = FakeGHL(), FakeHTTP()
    ghl.seed()
    out, flow = tmp_path / "written.csv", tmp_path / "flow.yaml"
    flow.write_text(HATS_FLOW.format(name=kind))
    async with serving(ghl) as ghl_url, serving(target) as target_url:
        secret = f"token={FakeHTTP.token}"
        await shell.done(
            "connections", "add", "ghl", "--name", "main", "--base-url", ghl_url, "--location", ghl.location, "--token", ghl.token
        )
        await shell.done("connections", "add", "http", "--name", "target", "--base-url", target_url, "--secret", secret)
        await shell.done("connections", "add", "seventeenhats", "--name", "hats", "--secret", "webhook_token=anything")
        await shell.done("flows", "apply", str(flow))
        await shell.done("flows", "publish", kind)
        written = await shell.done("csv", "export", "main", operation, "--out", str(out), "--for", f"seventeenhats.{kind}")
        said = await shell.done("csv", "import", str(out), "--connection", "hats", "--kind", kind)
        assert (said["events"], said["rejected"]) == (written["rows"], 0)
        assert written["rows"]
        async with shell.hub():
            await until(lambda: len(target.things) == written["rows"])
    found = [as_object(as_object(thing)["sent"]) for thing in target.things.values()]
    assert all(as_object(one["contact"])["email"] for one in found)
