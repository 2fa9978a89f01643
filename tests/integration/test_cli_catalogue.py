"""The catalogue on the command line: one connector, words, one name, and honest counts."""

from tests.integration.shell import Shell
from trunkline.model.json import as_list, as_object, at_path


async def test_a_connector_is_asked_for_by_name_or_by_flag(shell: Shell) -> None:
    by_word, by_flag = await shell.done("catalogue", "openphone"), await shell.done("catalogue", "--connector", "openphone")
    assert by_word == by_flag
    counts = as_object(by_word["counts"])
    assert counts["curated"] == len(as_list(by_word["operations"]))
    assert counts["uncurated"] == 0
    assert counts["endpoints"] == len(as_list(by_word["endpoints"]))
    assert counts["triggers"] == len(as_list(by_word["triggers"]))


async def test_words_find_operations_triggers_and_endpoints(shell: Shell) -> None:
    found = await shell.done("catalogue", "ghl", "invoice", "void")
    (ghl,) = as_list(found["connectors"])
    names = {kind: {str(as_object(one)["name"]) for one in as_list(at_path(ghl, kind))} for kind in ("operations", "triggers", "endpoints")}
    assert names["operations"] == {"ghl.invoices.void"}
    assert names["triggers"] == {"ghl.invoices.voided"}
    assert names["endpoints"] == {"ghl.call POST /invoices/{invoiceId}/void"}
    shown = (await shell("catalogue", "Invoice", "VOID")).out
    assert "ghl.invoices.void " in shown
    assert "Invoice voided" in shown


async def test_one_name_is_told_in_full(shell: Shell) -> None:
    told = await shell.done("catalogue", "ghl.opportunities.stage_changed")
    assert (told["arrives_by"], told["reads"], told["every_s"]) == (["webhook", "poll"], "ghl.opportunities.search", 1800)
    assert at_path(told, "input.properties.pipelineStageId.type") == "string"
    shown = (await shell("catalogue", "ghl.contacts.get")).out
    assert "GET /contacts/{contactId}" in shown
    assert "contactId*: text" in shown


async def test_words_that_nothing_has_are_told(shell: Shell) -> None:
    said = await shell("catalogue", "ghl", "zeppelin")
    assert (said.code, said.out) == (3, "")
    assert "zeppelin" in said.err
    near = await shell("catalogue", "ghl.contacts.upsrt")
    assert near.code == 3
    assert "ghl.contacts.upsert" in near.err
    assert (await shell("catalogue", "--connector", "nosuch", "invoice")).code == 3
