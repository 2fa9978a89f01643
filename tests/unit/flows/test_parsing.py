"""Text to document: what is accepted, what is refused, and where the refusal points."""

import json
import time

import pytest

from trunkline.flows.document import StopPart
from trunkline.flows.durations import begins_at
from trunkline.flows.parsing import parse
from trunkline.flows.printing import print_flow
from trunkline.flows.problems import FlowDocumentError, Problem
from trunkline.flows.reading import MAX_CHARACTERS, read
from trunkline.model.clock import from_iso

GOOD = """\
flow: sample
trigger: {on: a.b, connection: main}
steps:
  - stop: done
"""


def refused(text: str) -> list[Problem]:
    with pytest.raises(FlowDocumentError) as caught:
        parse(text)
    return list(caught.value.problems)


BAD = [
    # (document with ▸ at the place told; words of the message; words of the hint)
    ("▸flow: a\ntrigger: {on: a.b, connection: c}\n", "`steps` is missing", ""),
    ("flow: ▸A b\ntrigger: {on: a.b, connection: c}\nsteps: [{stop: x}]", "lower-case letters", "new-contact-to-phone"),
    (GOOD + "▸stepz: []", "`stepz` is not known here", "`steps`"),
    ("flow: a\ntrigger: ▸{on: a.b}\nsteps: [{stop: x}]", "`connection` is missing", ""),
    ("flow: a\ntrigger: {on: a.b, connection: c, ▸pol: 5m}\nsteps: [{stop: x}]", "`pol` is not known", "`poll`"),
    ("flow: a\ntrigger: {on: a.b, connection: c, poll: ▸5s}\nsteps: [{stop: x}]", "from 10s to 24h", ""),
    ("flow: a\ntrigger: {on: a.b, connection: c, poll: ▸25h}\nsteps: [{stop: x}]", "from 10s to 24h", ""),
    ("flow: a\ntrigger: {on: a.b, connection: c, poll: ▸often}\nsteps: [{stop: x}]", "Write a duration", ""),
    ("flow: a\ntrigger: {on: a.b, connection: c, poll: {least: ▸5s}}\nsteps: [{stop: x}]", "from 10s to 24h", ""),
    ("flow: a\ntrigger: {on: a.b, connection: c, poll: {least: 1m, most: ▸often}}\nsteps: [{stop: x}]", "Write a duration", ""),
    ("flow: a\ntrigger: {on: a.b, connection: c, poll: ▸{least: 10m, most: 1m}}\nsteps: [{stop: x}]", "`least` is longer than `most`", ""),
    ("flow: a\ntrigger: {on: a.b, connection: c, poll: {▸lest: 1m}}\nsteps: [{stop: x}]", "`lest` is not known", "`least`"),
    ("flow: a\ntrigger: {on: a.b, connection: c, from: ▸yesterday}\nsteps: [{stop: x}]", "no time to begin at", ""),
    ("flow: a\ntrigger: {on: a.b, connection: c, from: ▸2026-13-01}\nsteps: [{stop: x}]", "no time to begin at", ""),
    ("flow: a\ntrigger: {on: a.b, connection: c, webhook: ▸maybe}\nsteps: [{stop: x}]", "valid boolean", ""),
    (GOOD + "  - ▸{id: x}", "exactly one thing", "`call`"),
    (GOOD + "  - ▸{stop: x, filter: true}", "exactly one thing", "`call`"),
    (GOOD + "  - {stop: x, ▸wen: 1}", "`wen` is not known", ""),
    (GOOD + "  - {call: a.b, connection: c, ▸inputs: {}}", "`inputs` is not known", "`input`"),
    (GOOD + "  - ▸{call: a.b}", "`connection` is missing", ""),
    (GOOD + "  - {call: ▸5, connection: c}", "valid string", ""),
    (GOOD + "  - {id: ▸a-b, stop: x}", "starts with a letter", ""),
    (GOOD + "  - if: true\n    then:\n      - {call: a.b, connection: c, ▸on_err: stop}", "`on_err` is not known", "`on_error`"),
    (GOOD + "  - {call: a.b, connection: c, on_error: ▸skip}", "'stop' or 'continue'", ""),
    (GOOD + "  - {stop: {▸reson: x}}", "`reson` is not known", "`reason`"),
    (GOOD + "  - {for_each: [], do: [{stop: x}], most: ▸0}", "greater than or equal to 1", ""),
    (GOOD + "  - {for_each: [], do: ▸[]}", "at least 1 item", ""),
    (GOOD + "▸flow: again", "`flow` is given twice", ""),
    (GOOD + "about: {▸{ trigger.x }}", "A key must be text", '"{{ … }}"'),
    (GOOD + "about: ▸!!python/object:os.system x", "Tags are not allowed", "`!`"),
    (GOOD + "▸<<: {}", "Merge keys", ""),
    (GOOD + "about: ▸*nothing", "names nothing", ""),
    (GOOD + "about: a▸: b", "This is not YAML", "needs quotes"),
    (GOOD + "about: ▸'a", "This is not YAML", ""),
    (GOOD + "about: ▸99999999999999999999", "too large", "quotes"),
    (GOOD + "about: ▸1e999", "too large", "quotes"),
    (GOOD + "▸---\na: 1", "more than one document", ""),
    ("▸[1, 2]", "A flow is an object", ""),
    ("▸", "empty", ""),
    ("▸# nothing\n", "empty", ""),
]


@pytest.mark.parametrize(("text", "message", "hint"), BAD, ids=[row[0][-50:] for row in BAD])
def test_a_wrong_document_is_told_at_its_place(text: str, message: str, hint: str) -> None:
    problem = refused(text.replace("▸", ""))[0]
    assert message in problem.message
    assert hint in problem.hint
    before = text[: text.index("▸")]
    if message != "empty":
        assert (problem.place.line, problem.place.column) == (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def test_all_problems_of_the_shape_are_told_at_once() -> None:
    problems = refused("flow: A\ntrigger: {on: a.b, conection: c}\nsteps: [{stop: x, x: 1}]\nabot: x")
    assert [problem.place.line for problem in problems] == [1, 2, 2, 3, 4]


def test_json_and_yaml_say_the_same() -> None:
    data = {"flow": "a-b", "trigger": {"on": "a.b", "connection": "c"}, "steps": [{"stop": 'tab\t "quote" \U0001f600 é'}]}
    for text in (json.dumps(data), json.dumps(data, indent="\t"), json.dumps(data, ensure_ascii=False, indent=2)):
        (step,) = parse(text).flow.steps
        assert isinstance(step, StopPart)
        assert step.words.reason == 'tab\t "quote" \U0001f600 é'


def test_poll_has_a_default_and_can_be_off() -> None:
    def every_s(poll: str) -> float | None:
        return parse(GOOD.replace("connection: main", f"connection: main, {poll}")).flow.trigger.every_s

    found = {poll: every_s(f"poll: {poll}") for poll in ("10s", "24h", "1d", "90", "true", "off", "false", "1.5m")}
    assert found == {"10s": 10, "24h": 86_400, "1d": 86_400, "90": 90, "true": 0, "off": None, "false": None, "1.5m": 90}
    assert parse(GOOD).flow.trigger.every_s == 0, "as often as the trigger says"


def test_poll_may_have_bounds() -> None:
    def bounds(poll: str) -> tuple[float | None, float]:
        trigger = parse(GOOD.replace("connection: main", f"connection: main, poll: {poll}")).flow.trigger
        return trigger.every_s, trigger.most_s

    found = {poll: bounds(poll) for poll in ("{least: 10s, most: 24h}", "{most: 30m}", "{most: 30s}", "{least: 1h}", "{}", "5m")}
    assert list(found.values()) == [(10, 86_400), (60, 1800), (30, 30), (3600, 3600), (60, 900), (300, 0)]


def test_from_is_now_unless_told() -> None:
    def since(text: str) -> str:
        return parse(GOOD.replace("connection: main", f"connection: main, from: {text}")).flow.trigger.since

    assert parse(GOOD).flow.trigger.since == "now"
    assert [since(text) for text in ("now", "30d", "2026-01-01", "beginning")] == ["now", "30d", "2026-01-01", "beginning"]


def test_the_instant_a_past_begins_at() -> None:
    now = from_iso("2026-11-21T12:00:00Z")
    assert begins_at("now", now=now) == now
    assert begins_at("30d", now=now) == from_iso("2026-10-22T12:00:00Z")
    assert begins_at("2026-01-01", now=now) == from_iso("2026-01-01T00:00:00Z")
    assert begins_at("beginning", now=now) is None


def test_scalars_follow_yaml_1_2() -> None:
    data, _ = read("[on, off, yes, 2026-01-01, 1_000, 0x10, 1.5, .5, ~, '1', null, 010]", source="x")
    assert data == ["on", "off", "yes", "2026-01-01", "1_000", 16, 1.5, 0.5, None, "1", None, 10]


def test_printing_keeps_what_was_written_and_adds_nothing() -> None:
    assert print_flow(parse(GOOD)) == "flow: sample\ntrigger:\n  on: a.b\n  connection: main\nsteps:\n- stop: done\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: " + "[" * 5000, "nests deeper"),
        ("{" * 5000, "A key must be text"),
        ("- " * 5000, "nests deeper"),
        ("x" * (MAX_CHARACTERS + 1), "longer than"),
        (
            "a: &a [x, x, x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{f'*{chr(97 + i)}, ' * 9}]\n" for i in range(9)),
            "more than 50,000 values",
        ),
        ("a: b\x00c", "not allowed"),
        ("a: &a\n  b: *a", "names nothing"),
    ],
    ids=["lists", "objects", "dashes", "long", "billion-laughs", "null-character", "an alias inside its own anchor"],
)
def test_hostile_text_is_refused_fast(text: str, message: str) -> None:
    before = time.process_time()
    assert message in refused(text)[0].message
    assert time.process_time() - before < 5
