"""The checker, by a table of wrong documents: what it says, and exactly where."""

from pathlib import Path

import pytest

from trunkline.flows.check import check
from trunkline.flows.compile import compile_plan
from trunkline.flows.parsing import parse
from trunkline.flows.problems import FlowDocumentError, Problem
from trunkline.model.catalogue import Catalogue, KnownConnections

ROOT = Path(__file__).parents[3]
HEAD = """\
flow: sample
trigger:
  on: ghl.contacts.changed
  connection: main
tables:
  owners: {AL: US123}
steps:
"""
CALL = """\
  - call: openphone.contacts.upsert
    connection: desk
    input:
      externalId: "{{ trigger.contact.id }}"
      defaultFields:
        firstName: "{{ trigger.contact.first_name }}"
"""


def found(steps: str, catalogue: Catalogue, connections: KnownConnections) -> list[Problem]:
    """Problems of a flow with these steps; lines count from the first step."""
    return check(parse(HEAD + steps), catalogue, connections)


EXPRESSIONS = [
    # (steps, with ▸ at the place that is told; words of the message; words of the hint)
    ('  - filter: "{{ trigger.contact.phone | ▸e16 }}"', "no filter `e16`", "`e164`"),
    ('  - filter: "{{ ▸triger.contact.phone }}"', "no `triger`", "`trigger`"),
    ('  - filter: "{{ trigger.contact.▸phon }}"', "`trigger.contact` has no field `phon`", "`phone`"),
    ('  - filter: "{{ ▸contact.phone }}"', "no `contact`", "`trigger.contact`"),
    ('  - filter: "{{ ▸item }}"', "only inside a `for_each`", ""),
    ('  - filter: "{{ trigger.contact.phone ==▸ }}"', "ends too early", ""),
    ('  - filter: ▸"{{ trigger.contact.phone"', "never closed", "`}}`"),
    ('  - filter: "{{ trigger.contact.name.▸lower() }}"', "no methods such as `lower()`", "| lower"),
    ('  - filter: "{{ trigger.contact.phone ▸&& true }}"', "`&&` does not fit", "`and`"),
    ("  - filter: '{{ trigger.contact.name == \"a'' ''b\" ▸&& true }}'", "`&&` does not fit", "`and`"),
    ('  - filter: "{{ trigger.contact.name == \\"\\u00e9\\" ▸&& true }}"', "`&&` does not fit", "`and`"),
    ("  - filter: \"{{ trigger.contact.phone | ▸replace('a') }}\"", "does not take these arguments", "used like this"),
    ("  - filter: \"{{ trigger.contact.phone | ▸e164(regin='US') }}\"", "does not take these arguments", "`region`"),
    ('  - filter: "{{ trigger.contact.tags | ▸lower }}"', "`lower` takes text or a number, not a list", ""),
    ("  - filter: \"{{ trigger.contact.tags | map(▸'lowr') }}\"", "no filter `lowr`", "`lower`"),
    ('  - filter: "{{ trigger.contact.tags.▸first }}"', "is a list and has no fields", "pluck"),
    ('  - filter: "{{ trigger.contact.state ▸> 5 }}"', "cannot be compared", "`number`"),
    ("  - filter: \"{{ trigger.contact.score ▸+ 'a' }}\"", "`+` cannot take", "`~`"),
    ('  - filter: "{{ trigger.contact.▸state * 2 }}"', "`*` needs numbers, not text", "`number`"),
    ("  - filter: \"{{ 'a' in trigger.contact.▸score }}\"", "`in` looks into", ""),
    ('  - filter: "{{ trigger.contact.state is ▸strin }}"', "no test `strin`", "`string`"),
    ('  - filter: "{{ ▸lower(trigger.contact.state) }}"', "no function `lower`", "value | lower"),
    ('  - filter: "{{ steps.▸later.id }}"\n  - id: later\n    set: {a: 1}', "`later` (line 9) has not run", "before it"),
    ('  - if: true\n    then: [{id: a, set: {x: 1}}]\n    else: [{stop: "{{ steps.▸a }}"}]', "`a` (line 9) has not run", "own way"),
    ('  - filter: "{{ vars.▸first }}"\n  - set: {first: 1}', "`vars.first` is not set at this point", "further up"),
    ('  - filter: "{{ steps.▸nope }}"', "no step `nope`", ""),
    ('  - filter: "{{ vars.▸first }}"', "No step sets `vars.first`", ""),
    ('  - filter: ▸"yes"', "A condition is an expression", "{{ … }}"),
    ('  - filter: ▸"a {{ trigger }}"', "always true", ""),
    ("  - delay: ▸soon", "`soon` is no duration", "`5m`"),
    ("  - delay: ▸400d", "at most a year", ""),
    ("  - lookup: {table: ▸owner, key: AL}", "no table `owner`", "`owners`"),
    ("  - lookup: {table: owners, key: ▸TX}", "has no key `TX`", "`AL`"),
    ('  - for_each: ▸"{{ trigger.contact.state }}"\n    do: [{stop: x}]', "needs a list, not text", ""),
    ("  - for_each: ▸{a: 1}\n    do: [{stop: x}]", "needs a list, not an object", ""),
    ("  - {id: a, stop: x}\n  - id: ▸a\n    stop: y", "used twice; first in line 8", ""),
    ("  - set:\n      note: >\n        Hi\n\n        there {{ trigger.contact.▸nam }}", "has no field `nam`", "`name`"),
    ("  - set:\n      note: |\n        Hi\n          {{ trigger.contact.▸nam }}", "has no field `nam`", "`name`"),
    ("  - set:\n      note: Hi\n        {{ trigger.contact.▸nam }}", "has no field `nam`", "`name`"),
    ('  - set: {note: "{% for tag in trigger.contact.tags %}{{ ▸tg }}{% endfor %}"}', "no `tg`", "`tag`"),
    ('  - set: {note: "{% for tag in trigger.contact.tags %}{{ tag }}▸"}', "never closed", ""),
    ('  - set: {note: ▸"{% while true %}{% endwhile %}"}', "`while` is no block", "{% if %}"),
    ('  - set: {note: "{{ 2 ▸** 9 }}"}', "`**` does not fit", "no powers"),
    ('  - for_each: "{{ trigger.contact.tags }}"\n    do: [{set: {a: "{{ item.▸x }}"}}]', "`item` is text and has no fields", ""),
    (
        '  - for_each: "{{ trigger.contact.tags }}"\n    do: [{id: a, set: {x: 1}}]\n  - stop: "{{ steps.▸a }}"',
        "`a` (line 9) has not run",
        "",
    ),
]
INPUTS = [
    ("score: ▸high", "`score` wants a whole number, not text", ""),
    ("score: ▸-1", "`score`", ""),
    ("source: ▸gh", "does not know this choice", "`ghl`"),
    ("source: ▸5", "`source` wants text, not a whole number", ""),
    ("source: ▸null", "`source` wants text, not nothing", "Leave the field out"),
    ("source: ▸[ghl]", "`source` wants text, not a list", ""),
    ("either: ▸true", "`either` wants text or a whole number, not true or false", ""),
    ("▸sorce: ghl", "has no field `sorce`", "`source`"),
    ('score: ▸"{{ trigger.contact.state }}"', "`score` wants a whole number, but the expression gives text", "`number`"),
    ('score: ▸"{{ trigger.contact.name | lower }}"', "`score` wants a whole number, but the expression gives text", "`number`"),
    ('source: ▸"{{ trigger.contact.tags }}"', "wants text, but the expression gives a list", "`join`"),
    ('source: ▸"{{ trigger.contact.tags | length }}"', "wants text, but the expression gives a whole number", "`string`"),
    ("source: ▸\"{{ {'a': 1} }}\"", "wants text, but the expression gives an object", ""),
]
NESTED = [
    ("{firstName: A, phoneNumbers: ▸x}", "`defaultFields.phoneNumbers` wants a list, not text", ""),
    ('{firstName: A, phoneNumbers: ▸"{{ trigger.contact.phone }}"}', "wants a list, but the expression gives text", '["{{ … }}"]'),
    ("{firstName: A, phoneNumbers: [▸{name: x}]}", "`defaultFields.phoneNumbers[0]` needs `value`", ""),
    ("{firstName: A, phoneNumbers: [{name: x, value: ▸[1]}]}", "`defaultFields.phoneNumbers[0].value` wants text, not a list", ""),
    ('{firstName: A, phoneNumbers: [{name: x, value: "{{ trigger.contact.▸phon }}"}]}', "no field `phon`", "`phone`"),
    ("{firstName: A, emails: [{name: x, ▸valu: a, value: b}]}", "has no field `valu`", "`value`"),
    ("{firstName: A, phoneNumbers: ▸[" + 4 * "{name: a, value: b}, " + "]}", "at most 3 items", ""),
    ("{firstName: A, role: ▸7}", "`defaultFields.role` wants text, not a whole number", ""),
]


@pytest.mark.parametrize(
    ("on", "since"),
    [("ghl.contacts.changed", "30d"), ("ghl.contacts.changed", "beginning"), ("ghl.tasks.done", "beginning"), ("http.received", "now")],
)
def test_a_past_that_can_be_read_may_be_asked_for(on: str, since: str, catalogue: Catalogue) -> None:
    text = f"flow: a\ntrigger: {{on: {on}, connection: c, from: {since}}}\nsteps: [{{stop: done}}]"
    assert not [one for one in check(parse(text), catalogue, None) if one.level == "error"]


def place_of_mark(text: str) -> tuple[int, int]:
    before = text[: text.index("▸")]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def assert_told(text: str, message: str, hint: str, catalogue: Catalogue, connections: KnownConnections) -> None:
    errors = [one for one in check(parse(text.replace("▸", "")), catalogue, connections) if one.level == "error"]
    assert len(errors) == 1, errors
    assert message in errors[0].message
    assert hint in errors[0].hint
    assert (errors[0].place.line, errors[0].place.column) == place_of_mark(text)


@pytest.mark.parametrize(("steps", "message", "hint"), EXPRESSIONS, ids=[row[0] for row in EXPRESSIONS])
def test_a_wrong_expression_is_told_at_its_place(
    steps: str, message: str, hint: str, catalogue: Catalogue, connections: KnownConnections
) -> None:
    assert_told(HEAD + steps, message, hint, catalogue, connections)


@pytest.mark.parametrize(("line", "message", "hint"), INPUTS, ids=[row[0] for row in INPUTS])
def test_a_wrong_input_is_told_at_its_place(
    line: str, message: str, hint: str, catalogue: Catalogue, connections: KnownConnections
) -> None:
    assert_told(HEAD + CALL + f"      {line}\n", message, hint, catalogue, connections)


@pytest.mark.parametrize(("fields", "message", "hint"), NESTED, ids=[row[0] for row in NESTED])
def test_a_wrong_nested_input_is_told_at_its_place(
    fields: str, message: str, hint: str, catalogue: Catalogue, connections: KnownConnections
) -> None:
    call = f'  - call: openphone.contacts.upsert\n    connection: desk\n    input: {{externalId: "1", defaultFields: {fields}}}\n'
    assert_told(HEAD + call, message, hint, catalogue, connections)


WHOLE = [
    ("  on: ▸ghl.contact.changed\n  connection: main", "no trigger `ghl.contact.changed`", "`ghl.contacts.changed`"),
    ("  on: ghl.contacts.changed\n  connection: ▸mian", "no connection `mian`", "`main`"),
    ("  on: ghl.contacts.changed\n  connection: ▸desk", "`desk` is a connection of openphone", "`main`"),
    ("  on: ghl.tasks.done\n  connection: main\n  webhook: ▸true", "does not arrive by webhook", "Leave"),
    ("  on: http.received\n  connection: inbox\n  poll: ▸5m", "cannot be polled", "`poll: off`"),
    ("  on: http.received\n  connection: inbox\n  from: ▸30d", "there is no past to read", "Leave `from` out"),
    ("  on: ghl.tasks.done\n  connection: main\n  from: ▸2026-01-01", "has no times", "`from: beginning`"),
    ("  ▸on: http.received\n  connection: inbox\n  webhook: false", "never starts", "Turn one of them on"),
    ("  on: ghl.contacts.changed\n  connection: main\n  ▸input: {calendarId: c1}", "takes no input", "Leave `input` out"),
    ("  ▸on: ghl.events.changed\n  connection: main", "`input` needs `calendarId`", ""),
    ("  on: ghl.events.changed\n  connection: main\n  ▸input: {status: new}", "`input` needs `calendarId`", ""),
    ("  on: ghl.events.changed\n  connection: main\n  input: {calendarId: c1, ▸calenderId: c2}", "no field `calenderId`", "`calendarId`"),
    ("  on: ghl.events.changed\n  connection: main\n  input: {calendarId: ▸7}", "`calendarId` wants text, not a whole number", ""),
    ("  on: ghl.events.changed\n  connection: main\n  input:\n    calendarId: c1\n    status: ▸nwe", "does not know this choice", "`new`"),
    ("  on: ghl.events.changed\n  connection: main\n  input: {calendarId: c1, days_back: ▸-1}", "`days_back`", ""),
    ("  on: ghl.events.changed\n  connection: main\n  input: {calendarId: c1, users: [a, ▸5]}", "`users[1]` wants text", ""),
    ("  on: ghl.slots.changed\n  connection: main\n  ▸input: {status: new}", "`input` needs `calendarId`", ""),
    ("  on: ghl.slots.changed\n  connection: main\n  input: {userId: u1, status: ▸old}", "does not know this choice", "`new`"),
    ("  on: ghl.slots.changed\n  connection: main\n  input: {userId: u1, ▸state: new}", "no field `state`", "`status`"),
    ('  on: ghl.events.changed\n  connection: main\n  input: {calendarId: ▸"{{ vars.calendar }}"}', "is constant", "the value itself"),
    ('  on: ghl.events.changed\n  connection: main\n  input: {calendarId: c1, users: [▸"a {{ run.id }}"]}', "is constant", ""),
]


def test_a_trigger_with_the_input_it_asks_for_is_in_order(catalogue: Catalogue, connections: KnownConnections) -> None:
    text = "flow: sample\ntrigger: {on: ghl.events.changed, connection: main, input: {calendarId: c1, days_back: 1.5, users: [u]}}\n"
    document = parse(text + "steps: [{stop: '{{ trigger.event.id }}'}]\n")
    assert check(document, catalogue, connections) == []
    assert compile_plan(document).trigger.input == {"calendarId": "c1", "days_back": 1.5, "users": ["u"]}


def test_what_is_wrong_with_the_shape_of_a_triggers_input_is_told_at_its_place() -> None:
    with pytest.raises(FlowDocumentError) as caught:
        parse("flow: sample\ntrigger:\n  on: ghl.events.changed\n  connection: main\n  input: [c1]\nsteps: [{stop: done}]\n")
    (problem,) = caught.value.problems
    assert (problem.place.line, problem.place.column, problem.place.path) == (5, 10, "trigger.input")


@pytest.mark.parametrize(("trigger", "message", "hint"), WHOLE, ids=[row[0] for row in WHOLE])
def test_a_wrong_trigger_is_told_at_its_place(
    trigger: str, message: str, hint: str, catalogue: Catalogue, connections: KnownConnections
) -> None:
    assert_told(f"flow: sample\ntrigger:\n{trigger}\nsteps: [{{stop: done}}]\n", message, hint, catalogue, connections)


CALLS = [
    ("  - {call: ▸openphone.contact.upsert, connection: desk}", "no operation", "`openphone.contacts.upsert`"),
    ("  - {call: http.request, connection: ▸main, input: {method: GET, url: /}}", "`main` is a connection of ghl", "`inbox`, `sink`"),
    ("  - {call: http.request, connection: sink, ▸input: {method: GET}}", "`input` needs `url`", ""),
    ("  - {call: openphone.contacts.upsert, connection: desk, input: {externalId: a, ▸defaultFields: {role: a}}}", "needs `firstName`", ""),
]


@pytest.mark.parametrize(("steps", "message", "hint"), CALLS, ids=[row[0] for row in CALLS])
def test_a_wrong_call_is_told_at_its_place(
    steps: str, message: str, hint: str, catalogue: Catalogue, connections: KnownConnections
) -> None:
    assert_told(HEAD + steps, message, hint, catalogue, connections)


def test_examples_have_no_problems(shipped: Catalogue, connections: KnownConnections) -> None:
    for file in sorted((ROOT / "examples").glob("*.yaml")):
        document = parse(file.read_text(encoding="utf-8"), source=file.name)
        assert check(document, shipped, connections) == []


def test_problems_come_in_the_order_of_the_file(catalogue: Catalogue, connections: KnownConnections) -> None:
    steps = '  - stop: "{{ a }}"\n  - stop: "{{ b }}"\n  - stop: "{{ c }}"'
    lines = [problem.place.line for problem in found(steps, catalogue, connections)]
    assert lines == sorted(lines)
    assert len(lines) == 5


def test_a_step_after_the_end_is_a_warning_only(catalogue: Catalogue, connections: KnownConnections) -> None:
    (problem,) = found("  - stop: done\n  - stop: again", catalogue, connections)
    assert problem.level == "warning"
    assert "never reached" in problem.message
    assert str(problem) == "9:5: This step is never reached: the one before it ends the run (steps[1])"


def test_an_open_schema_lets_any_field_through(catalogue: Catalogue, connections: KnownConnections) -> None:
    text = (
        "flow: a\ntrigger: {on: http.received, connection: inbox}\nsteps: [{filter: '{{ trigger.body.a.b[0].c and trigger.headers.x }}'}]"
    )
    assert check(parse(text), catalogue, connections) == []


def test_a_slip_in_a_field_of_an_open_schema_is_a_warning(catalogue: Catalogue, connections: KnownConnections) -> None:
    text = (
        "flow: a\ntrigger: {on: ghl.notes.made, connection: main, webhook: false}\nsteps:\n  - filter: '{{ trigger.note.frist_line %s }}'\n"
    )
    (problem,) = check(parse(text % "and trigger.note.something_of_ours"), catalogue, connections)
    assert (problem.level, problem.hint) == ("warning", "Did you mean `first_line`?")
    assert str(problem) == "4:30: `trigger.note` is not known to have a field `frist_line` (steps[0].filter)"


def test_results_of_earlier_steps_are_typed(catalogue: Catalogue, connections: KnownConnections) -> None:
    (problem,) = found(CALL.replace("- call", "- id: save\n    call") + '  - stop: "{{ steps.save.idd }}"', catalogue, connections)
    assert "`steps.save` has no field `idd`" in problem.message
    assert "`id`" in problem.hint


def test_a_result_that_may_be_an_error_is_not_typed(catalogue: Catalogue, connections: KnownConnections) -> None:
    call = CALL.replace("- call", "- id: save\n    on_error: continue\n    call")
    assert found(call + '  - stop: "{{ steps.save.error.message }}"', catalogue, connections) == []


def test_variables_of_a_branch_are_known_after_it(catalogue: Catalogue, connections: KnownConnections) -> None:
    steps = "  - if: '{{ trigger.contact.score > 1 }}'\n    then: [{set: {rank: high}}]\n  - stop: '{{ vars.rank | upper }}'"
    assert found(steps, catalogue, connections) == []


def test_without_connections_their_names_are_not_checked(catalogue: Catalogue) -> None:
    text = "flow: a\ntrigger: {on: http.received, connection: whatever}\nsteps: [{stop: done}]"
    assert check(parse(text), catalogue, None) == []


def test_a_refused_document_raises_a_config_error_with_its_place() -> None:
    with pytest.raises(FlowDocumentError) as caught:
        parse("flow: a\nsteps: []", source="mine.yaml")
    assert caught.value.place == "mine.yaml:1:1"
    assert caught.value.code == "config"
