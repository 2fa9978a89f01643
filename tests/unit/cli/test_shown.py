"""What a person sees: tables, problems with their place, and the story of a run."""

from io import StringIO

import pytest
from rich.console import Console, RenderableType

from trunkline.admin.runs import RunPage
from trunkline.cli import problems, story
from trunkline.cli.exits import exit_code
from trunkline.cli.output import table, value
from trunkline.flows.problems import FlowDocumentError, Place, Problem
from trunkline.model.clock import Instant
from trunkline.model.errors import (
    AddressError,
    ConfigError,
    ConflictError,
    MappingError,
    NotFoundError,
    OutcomeUnknownError,
    ReconnectError,
    RejectedError,
    StoreError,
    TrunklineError,
)
from trunkline.model.event import Event, Run, RunState
from trunkline.model.ids import DEFAULT_WORKSPACE, ConnectionId, EventId, FlowId, RunId
from trunkline.model.json import JSON, JSONObject


def _text(shown: RenderableType) -> str:
    out = StringIO()
    Console(file=out, width=200, highlight=False, markup=False, emoji=False).print(shown)
    return out.getvalue()


def test_what_a_vendor_sent_cannot_command_the_terminal() -> None:
    shown = _text(table(("name",), [("\x1b]0;owned\x07[bold]Ann\x9b2J",)], empty="")) + _text(value({"name": "\x1b[2JAnn"}))
    assert not {"\x1b", "\x07", "\x9b"} & set(shown)
    assert "[bold]Ann" in shown


def test_an_empty_table_says_what_to_do() -> None:
    assert _text(table(("name",), [], empty="None yet. Add one.")).strip() == "None yet. Add one."


def test_a_long_value_is_cut_and_says_so() -> None:
    assert "more characters; see them with --json" in _text(value({"text": "x" * 10_000}))


def _problem(line: int, column: int, message: str, hint: str = "") -> Problem:
    return Problem(level="error", message=message, hint=hint, place=Place(line=line, column=column, path="steps[0]"))


def test_each_problem_shows_its_place_its_line_and_a_caret_under_the_spot() -> None:
    text = "flow: a\nsteps:\n  - cal: x\n"
    shown = _text(
        problems.shown([_problem(3, 5, "`cal` is not known here", "Did you mean `call`?")], text=text, source="f.yaml")
    ).splitlines()
    assert shown[0] == "f.yaml:3:5: error: `cal` is not known here  (steps[0])"
    assert shown[1].index("cal: x") == shown[2].index("^")
    assert shown[3].strip() == "hint: Did you mean `call`?"


def test_all_problems_are_shown_in_the_order_of_the_document() -> None:
    shown = _text(problems.shown([_problem(2, 1, "second"), _problem(1, 4, "first")], text="one\ntwo\n", source="f.yaml"))
    assert shown.index("first") < shown.index("second")


@pytest.mark.parametrize(("line", "column"), [(9, 1), (0, 0), (1, 5_000), (1, 900)])
def test_a_place_outside_the_text_or_far_to_the_right_is_shown_all_the_same(line: int, column: int) -> None:
    shown = _text(problems.shown([_problem(line, column, "odd")], text="x" * 1_000, source="f.yaml"))
    assert f"f.yaml:{line}:{column}" in shown
    assert max(len(part) for part in shown.splitlines()) <= 200


# ── the story of a run ──


def _page(state: RunState, *, reason: str = "", payload: JSONObject | None = None, trace: JSON = None) -> RunPage:
    run = Run(
        seq=1,
        id=RunId("run_a"),
        workspace=DEFAULT_WORKSPACE,
        flow=FlowId("flw_a"),
        version=2,
        event=EventId("evt_a"),
        record_key="rec-1",
        generation=0,
        depth=0,
        state=state,
        code="",
        reason=reason,
        attempts=1,
        received_at=Instant(0),
        started_at=Instant(1_000_000),
        finished_at=Instant(1_040_000),
    )
    event = Event(
        id=EventId("evt_a"),
        identity="i",
        workspace=DEFAULT_WORKSPACE,
        connection=ConnectionId("con_a"),
        trigger="ghl.contacts.created",
        key="k",
        record_key="rec-1",
        source="webhook",
        depth=0,
        occurred_at=None,
        received_at=Instant(0),
        payload=payload or {},
    )
    return RunPage(run=run, flow="hello", event=event, trace=trace, steps={}, effects=[])


@pytest.mark.parametrize(
    ("payload", "who"),
    [
        ({"contact": {"first_name": "Ann", "last_name": "Lee"}}, "Ann Lee"),
        ({"contact": {"firstName": "Ann"}}, "Ann"),
        ({"body": {"email": "ann@example.com"}}, "ann@example.com"),
        ({"name": "Ann"}, "Ann"),
        ({"thing": 7}, "rec-1"),
    ],
)
def test_the_sentence_names_the_record_as_a_person_would(payload: JSONObject, who: str) -> None:
    assert story.sentence(_page("done", payload=payload), title="Contact created") == f"Contact created: {who} → done in 0.04 s"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("filtered", "nothing to do: because"),
        ("failed", "failed after 0.04 s: because"),
        ("unknown", "outcome unknown: because"),
        ("parked", "parked: because"),
        ("running", "running: because"),
    ],
)
def test_the_sentence_says_how_it_ended(state: RunState, words: str) -> None:
    assert story.sentence(_page(state, reason="because"), title="It").endswith(f"→ {words}")


def test_decisions_are_told_in_words() -> None:
    trace: JSON = [
        {"step": "only", "kind": "filter", "passed": False},
        {"step": "fork", "kind": "if", "held": True},
        {"step": "save", "kind": "call", "operation": "a.b", "ms": 3, "code": "rejected", "reason": "no such list"},
        {"step": "names", "kind": "set", "values": {"a": 1}},
    ]
    shown = _text(story.told(_page("failed", trace=trace), title="It"))
    for words in ("did not hold: the run ends here", "held: then", "a.b in 3 ms, rejected: no such list", 'values: {"a":1}'):
        assert words in shown


@pytest.mark.parametrize(("state", "verb"), [("failed", "replay"), ("unknown", "resolve"), ("parked", "cancel")])
def test_the_story_ends_with_what_a_person_can_do(state: RunState, verb: str) -> None:
    assert f"trunkline runs {verb} run_a" in _text(story.told(_page(state), title="It"))


# ── exit codes ──


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RejectedError("no"), 1),
        (ReconnectError("no"), 1),
        (OutcomeUnknownError("no"), 1),
        (AddressError("no"), 1),
        (ConfigError("no"), 2),
        (FlowDocumentError([_problem(1, 1, "no")], source="f"), 2),
        (MappingError("no", field="a"), 2),
        (NotFoundError("no"), 3),
        (StoreError("no"), 4),
        (ConflictError("no"), 4),
    ],
)
def test_each_error_has_the_exit_code_the_help_promises(error: TrunklineError, code: int) -> None:
    assert exit_code(error) == code
