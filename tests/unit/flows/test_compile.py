"""Plans: what steps do with a scope."""

from pathlib import Path

import pytest

from trunkline.flows.compile import compile_plan
from trunkline.flows.parsing import parse
from trunkline.flows.plan import CallStep, DelayStep, FilterStep, ForEachStep, IfStep, LookupStep, Plan, Scope, SetStep, StopStep
from trunkline.model.errors import ConfigError, MappingError
from trunkline.model.json import JSON, JSONObject

ROOT = Path(__file__).parents[3]
HEAD = "flow: sample\ntrigger: {on: a.b, connection: main}\ntables: {owners: {AL: US1}}\nsteps:\n"


def plan_of(steps: str) -> Plan:
    return compile_plan(parse(HEAD + steps))


def scope(trigger: JSON = None, **more: JSON) -> Scope:
    return {"trigger": trigger, "vars": {}, "steps": {}, "run": {"id": "run_1"}, **more}


def input_of(text: str, trigger: JSON = None) -> JSONObject:
    (step,) = plan_of(f"  - call: a.b\n    connection: c\n    input: {text}\n").steps
    assert isinstance(step, CallStep)
    return step.input(scope(trigger))


def test_a_flow_becomes_a_plan_with_an_id_for_each_step() -> None:
    plan = plan_of("""\
  - filter: "{{ trigger.x }}"
  - if: "{{ trigger.y }}"
    then:
      - {call: a.b, connection: c}
    else:
      - {id: named, stop: {reason: "no {{ trigger.x }}", failed: true}}
  - for_each: "{{ trigger.list }}"
    most: 2
    do:
      - set: {a: "{{ item }}", b: "{{ index }}"}
      - {call: d.e, connection: f, on_error: continue}
""")
    assert plan.name == plan.title == "sample"
    assert plan.operations == {("c", "a.b"), ("f", "d.e")}
    first, second, third = plan.steps
    assert isinstance(first, FilterStep)
    assert isinstance(second, IfStep)
    assert isinstance(third, ForEachStep)
    assert (first.id, first.source) == ("step_1", "{{ trigger.x }}")
    assert [step.id for step in (*second.then, *second.otherwise, *third.steps)] == ["step_2_then_1", "named", "step_3_do_1", "step_3_do_2"]
    stop, (assign, call) = second.otherwise[0], third.steps
    assert isinstance(stop, StopStep)
    assert isinstance(assign, SetStep)
    assert isinstance(call, CallStep)
    assert (stop.failed, stop.reason(scope({"x": 1}))) == (True, "no 1")
    assert assign.values(scope(item="i", index=4)) == {"a": "i", "b": 4}
    assert call.continue_on_error


def test_conditions_follow_truth() -> None:
    (step,) = plan_of('  - filter: "{{ trigger.x }}"').steps
    assert isinstance(step, FilterStep)
    truths: list[tuple[JSON, bool]] = [
        (None, False),
        ("", False),
        (0, False),
        ([], False),
        ({}, False),
        ("no", True),
        (1, True),
        ([0], True),
    ]
    assert [step.test(scope({"x": value})) for value, _ in truths] == [expected for _, expected in truths]
    (always,) = plan_of("  - filter: true").steps
    assert isinstance(always, FilterStep)
    assert always.test(scope()) is True


def test_inputs_leave_out_what_an_expression_leaves_null() -> None:
    assert input_of('{a: "{{ trigger.no }}", b: null, c: "x{{ trigger.no }}", d: {e: "{{ trigger.no }}"}}', {}) == {
        "b": None,
        "c": "x",
        "d": {},
    }


def test_list_items_without_anything_from_an_expression_are_left_out() -> None:
    text = '{list: ["{{ trigger.no }}", {name: x, value: "{{ trigger.no }}"}, {name: y, value: "{{ trigger.yes }}"}, {name: z}, null]}'
    assert input_of(text, {"yes": 1}) == {"list": [{"name": "y", "value": 1}, {"name": "z"}, None]}


def test_variables_keep_null() -> None:
    (step,) = plan_of('  - set: {a: "{{ trigger.no }}", b: ["{{ trigger.no }}"]}').steps
    assert isinstance(step, SetStep)
    assert step.values(scope({})) == {"a": None, "b": [None]}


def test_each_input_is_a_value_of_its_own() -> None:
    (step,) = plan_of("  - {call: a.b, connection: c, input: {list: [{a: 1}]}}").steps
    assert isinstance(step, CallStep)
    first = step.input(scope())
    first["list"] = None
    assert step.input(scope()) == {"list": [{"a": 1}]}


def test_a_loop_takes_a_list_of_a_bounded_length() -> None:
    (step,) = plan_of('  - {for_each: "{{ trigger.x }}", most: 2, do: [{stop: x}]}').steps
    assert isinstance(step, ForEachStep)
    assert step.items(scope({"x": [1, 2]})) == [1, 2]
    assert step.items(scope({})) == []
    wrongs: list[JSON] = [[1, 2, 3], "text", {"a": 1}]
    for wrong in wrongs:
        with pytest.raises(MappingError, match=r"step_1\.for_each"):
            step.items(scope({"x": wrong}))


def test_a_delay_reads_durations() -> None:
    (step,) = plan_of('  - delay: "{{ trigger.x }}"').steps
    assert isinstance(step, DelayStep)
    assert [step.seconds(scope({"x": value})) for value in ("10s", "5m", "2 h", "1d", 7, "8", 0.5)] == [10, 300, 7200, 86_400, 7, 8, 0.5]
    wrongs: list[JSON] = ["soon", -1, None, True, [], "400d", 1e12]
    for wrong in wrongs:
        with pytest.raises(MappingError, match=r"step_1\.delay"):
            step.seconds(scope({"x": wrong}))


def test_a_lookup_reads_its_key_as_text() -> None:
    with_default, without = plan_of("""\
  - lookup: {table: owners, key: "{{ trigger.x }}", default: null}
  - lookup: {table: owners, key: "{{ trigger.x }}"}
""").steps
    assert isinstance(with_default, LookupStep)
    assert isinstance(without, LookupStep)
    assert [with_default.key(scope({"x": value})) for value in ("AL", 5, None, True)] == ["AL", "5", "", "true"]
    assert with_default.default is not None
    assert with_default.default(scope()) is None
    assert without.default is None
    assert without.table == {"AL": "US1"}
    with pytest.raises(MappingError):
        without.key(scope({"x": []}))


def test_an_unchecked_document_that_cannot_be_compiled_is_a_config_error() -> None:
    for steps in ('  - filter: "{{ a b }}"', "  - lookup: {table: nope, key: a}"):
        with pytest.raises(ConfigError):
            plan_of(steps)


CONTACTS: list[tuple[JSONObject, JSON]] = [
    (
        {
            "id": "c1",
            "first_name": "John",
            "last_name": "Deo",
            "email": "JohnDeo@gmail.comm",
            "phone": "+919509597501",
            "company_name": None,
        },
        {
            "firstName": "John",
            "lastName": "Deo",
            "company": "",
            "phoneNumbers": [{"name": "Phone", "value": "+919509597501"}],
            "emails": [{"name": "E-mail", "value": "johndeo@gmail.comm"}],
        },
    ),
    (
        {"id": "c2", "name": "no phone", "email": "a@b.co", "phone": ""},
        {"firstName": "no phone", "lastName": "", "company": "", "phoneNumbers": [], "emails": [{"name": "E-mail", "value": "a@b.co"}]},
    ),
    (
        {"id": "c3", "phone": "+14155552671"},
        {
            "firstName": "+14155552671",
            "lastName": "",
            "company": "",
            "phoneNumbers": [{"name": "Phone", "value": "+14155552671"}],
            "emails": [],
        },
    ),
    ({"id": "c4", "first_name": "Nobody", "email": "none", "phone": "12"}, None),
]


@pytest.mark.parametrize(("contact", "expected"), CONTACTS, ids=[str(contact["id"]) for contact, _ in CONTACTS])
def test_the_contact_example_maps_contacts(contact: JSONObject, expected: JSON) -> None:
    plan = compile_plan(parse((ROOT / "examples/ghl-contact-to-openphone.yaml").read_text(encoding="utf-8")))
    assign, test, save = plan.steps
    assert isinstance(assign, SetStep)
    assert isinstance(test, FilterStep)
    assert isinstance(save, CallStep)
    seen = scope({"contact": contact})
    seen["vars"] = assign.values(seen)
    assert test.test(seen) is (expected is not None)
    if expected is not None:
        assert save.input(seen) == {"externalId": contact["id"], "source": "ghl", "defaultFields": expected}
