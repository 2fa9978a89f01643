"""Laws of flow documents and mappings."""

import string
from typing import Any

import jsonschema_rs
import orjson
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from trunkline.flows.check import check
from trunkline.flows.compile import compile_plan
from trunkline.flows.document import FlowPart
from trunkline.flows.filters import FILTERS
from trunkline.flows.language import direct as direct_module
from trunkline.flows.language.evaluate import Program
from trunkline.flows.language.grammar import expression
from trunkline.flows.language.syntax import ExpressionError
from trunkline.flows.mapping import compile_value
from trunkline.flows.parsing import Document, parse
from trunkline.flows.plan import CallStep, Scope
from trunkline.flows.printing import print_flow
from trunkline.flows.problems import FlowDocumentError, nearest
from trunkline.flows.schema import document_schema
from trunkline.model.errors import MappingError, NotFoundError
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import Schema, integer, list_of, nullable, record, text

# ── strategies ───────────────────────────────────────────────────────────────────────────────────────────────────────

IDENTIFIERS = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)
WORDS = st.text(max_size=20) | st.sampled_from(
    ["", "on", "null", "~", "1.", ".5e3", "0x1", "0o7", "2026-01-01", "a: b", "- a", "#", "{{ trigger.a }}", "1_0"]
)
SCALARS = st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False) | WORDS
VALUES: st.SearchStrategy[JSON] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS.filter(lambda key: key != "<<"), inner, max_size=3),
    max_leaves=6,
)
EXPRESSIONS = st.sampled_from(
    ["{{ trigger.a }}", "{{ trigger.a.b | e164 }}", "{{ 'x' if trigger.a else 2 }}", "{{ vars.a ~ 'b' }}", "{{ item }}"]
)
NAMES = st.sampled_from(["ghl.contacts.changed", "sample.things.save", "no.such"])
PATHS = st.sampled_from(
    ["trigger", "trigger.a", "trigger.a.b", "trigger.items", "trigger.a.0", "trigger['a'][1]", "trigger.values.x", "vars.copy"]
)


def _step(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[JSONObject]:
    optional = {name: fields.pop(name) for name in ("id", "on_error", "most", "else") if name in fields}
    return st.fixed_dictionaries(fields, optional={"id": IDENTIFIERS, **optional})


def _steps(inner: st.SearchStrategy[JSONObject]) -> st.SearchStrategy[JSONObject]:
    listed = st.lists(inner, min_size=1, max_size=2)
    return _step(**{"if": EXPRESSIONS | st.booleans(), "then": listed, "else": listed}) | _step(
        for_each=VALUES, do=listed, most=st.integers(1, 10_000)
    )


PLAIN_STEPS = st.one_of(
    _step(filter=EXPRESSIONS | st.booleans()),
    _step(set=st.dictionaries(IDENTIFIERS, VALUES, min_size=1, max_size=2)),
    _step(lookup=st.fixed_dictionaries({"table": IDENTIFIERS, "key": VALUES}, optional={"default": VALUES})),
    _step(delay=st.sampled_from(["5m", 10, 1.5, "{{ trigger.a }}", "soon"])),
    _step(stop=WORDS | st.fixed_dictionaries({"reason": WORDS}, optional={"failed": st.booleans()})),
    _step(
        call=NAMES,
        connection=IDENTIFIERS,
        input=st.dictionaries(WORDS.filter(lambda key: key != "<<"), VALUES | EXPRESSIONS, max_size=3),
        on_error=st.sampled_from(["stop", "continue"]),
    ),
)
STEPS = st.recursive(PLAIN_STEPS, _steps, max_leaves=4)
FLOWS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "flow": st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,3})?", fullmatch=True),
        "trigger": st.fixed_dictionaries(
            {"on": NAMES, "connection": IDENTIFIERS},
            optional={
                "webhook": st.booleans(),
                "input": st.dictionaries(WORDS.filter(lambda k: k != "<<"), VALUES, max_size=2),
                "poll": st.sampled_from(["5m", "off", True, False, 10, 86_400, "1.5h"]),
            },
        ),
        "steps": st.lists(STEPS, min_size=1, max_size=3),
    },
    optional={
        "title": WORDS,
        "about": WORDS,
        "tables": st.dictionaries(IDENTIFIERS, st.dictionaries(WORDS.filter(lambda k: k != "<<"), SCALARS, max_size=2), max_size=2),
    },
)


class Facts:
    """A catalogue of one operation and one trigger."""

    id = title = "sample"
    kind = "write"
    input: Schema = record({"name": text(), "list": list_of(record({"n": integer()}, required=("n",)))}, required=("name",))
    output: Schema = record({"a": nullable(text()), "b": integer()})

    def operation(self, name: str) -> Any:
        return self._known(name, "sample.things.save")

    def trigger(self, name: str) -> Any:
        return self._known(name, "ghl.contacts.changed")

    def _known(self, name: str, known: str) -> Any:
        if name != known:
            raise NotFoundError(f"There is no `{name}`", hint=nearest(name, [known]))
        return self


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(FLOWS)
def test_parse_after_print_is_identity(data: JSONObject) -> None:
    document = Document(FlowPart.model_validate(data))
    assert parse(print_flow(document)) == document


@given(FLOWS)
def test_json_is_parsed_like_yaml(data: JSONObject) -> None:
    document = Document(FlowPart.model_validate(data))
    assert parse(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()) == document


@given(FLOWS)
@settings(max_examples=50)
def test_what_the_parser_takes_fits_the_published_schema(data: JSONObject) -> None:
    FlowPart.model_validate(data)
    assert jsonschema_rs.validator_for(document_schema()).is_valid(data)


@given(FLOWS, st.data())
@example({"flow": "a", "trigger": {"on": "x.y", "connection": "c"}, "steps": [{"stop": "{{ trigger.a.b.c ** }}"}]}, None)
def test_the_checker_never_fails_on_a_damaged_document(data: JSONObject, draw: Any) -> None:
    printed = print_flow(Document(FlowPart.model_validate(data)))
    if draw is not None:
        start = draw.draw(st.integers(0, len(printed)))
        end = draw.draw(st.integers(start, min(start + 8, len(printed))))
        printed = printed[:start] + draw.draw(st.text(string.printable, max_size=6)) + printed[end:]
    refused: FlowDocumentError | None = None
    document: Document | None = None
    try:
        document = parse(printed)
    except FlowDocumentError as exc:
        refused = exc
    problems = list(refused.problems) if refused is not None else check(document, Facts(), None) if document is not None else []
    lines = printed.count("\n") + 2
    assert all(1 <= problem.place.line <= lines and problem.place.column >= 1 for problem in problems)
    if document is not None and not any(problem.level == "error" for problem in problems):
        compile_plan(document)


@given(st.text("{}%# 'a.|()[]:,+-*/<>=~\"\\if or endfor trigger", max_size=40))
def test_any_text_is_read_or_refused_with_an_offset_inside_it(text_: str) -> None:
    at = 0
    try:
        compile_value(text_, "f")
    except ExpressionError as exc:
        at = exc.at
    assert 0 <= at <= len(text_)


MAPPING = {
    "name": "{{ trigger.name | trim | title }}",
    "phone": "{{ trigger.a.phone | e164 }}",
    "count": "{{ trigger.tags | length + 1 }}",
    "note": "Hi {{ trigger.name }}{% if trigger.tags %}: {{ trigger.tags | join(', ') }}{% endif %}",
    "list": [{"n": "{{ trigger.tags | first }}"}],
    "when": "{{ trigger.at | date('%d.%m.%Y') }}",
}
MAPPED = jsonschema_rs.validator_for(
    {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "phone": {"type": "string", "pattern": r"^\+[1-9][0-9]{6,14}$"},
            "count": {"type": "integer", "minimum": 1},
            "note": {"type": "string"},
            "list": {"type": "array", "maxItems": 1, "items": {"type": "object", "required": ["n"]}},
            "when": {"type": "string", "pattern": r"^[0-9]{2}\.[0-9]{2}\.[0-9]{4}$"},
        },
        "required": ["count", "note", "list"],
        "additionalProperties": False,
    }
)
CONTACTS = VALUES | st.fixed_dictionaries(
    {},
    optional={
        "name": VALUES | st.just(" ann "),
        "a": VALUES | st.fixed_dictionaries({"phone": VALUES | st.just("+1 415 555 2671")}),
        "tags": VALUES | st.lists(WORDS, max_size=3),
        "at": VALUES | st.just("2026-01-02"),
    },
)
_call = compile_plan(Document(FlowPart.model_validate({
    "flow": "a", "trigger": {"on": "a.b", "connection": "c"}, "steps": [{"call": "a.b", "connection": "c", "input": MAPPING}],
}))).steps[0]  # fmt: skip


@given(CONTACTS)
@settings(max_examples=300)
def test_mapping_gives_valid_input_or_a_mapping_error(trigger: JSON) -> None:
    assert isinstance(_call, CallStep)
    failed, found = "", None
    try:
        found = _call.input({"trigger": trigger, "vars": {}, "steps": {}})
    except MappingError as exc:
        failed = exc.field.removeprefix("step_1.input.").split(".")[0].split("[")[0]
    assert failed in MAPPING or (MAPPED.is_valid(found) and orjson.loads(orjson.dumps(found)) == found)


@given(
    st.sampled_from(sorted(FILTERS)),
    PATHS,
    st.lists(SCALARS, max_size=2),
    VALUES,
    st.sampled_from(["", " == 1", " > 2", " ~ 'x'", " + 1", " in trigger"]),
)
@settings(max_examples=500)
def test_no_filter_raises_anything_but_a_mapping_error(name: str, path: str, args: list[JSON], value: JSON, tail: str) -> None:
    listed = ", ".join("none" if arg is None else orjson.dumps(arg).decode() for arg in args if not isinstance(arg, str) or arg.isascii())
    scope: Scope = {"trigger": {"a": value, "items": value}, "vars": {}, "steps": {}}
    try:
        render = compile_value(f"{{{{ {path} | {name}({listed}){tail} }}}}", "f")
    except ExpressionError:
        return
    field = "f"
    try:
        orjson.dumps(render(scope))
    except MappingError as exc:
        field = exc.field
    assert field == "f"


@given(PATHS, st.sampled_from(["", " | length", " | to_json", " | default('x')", " | lower | upper", " | first", " | string"]), VALUES)
@settings(max_examples=300)
def test_the_short_way_gives_what_minijinja_gives(path: str, tail: str, value: JSON) -> None:
    node = expression(path + tail)
    short = direct_module.direct(node, "f")
    assert short is not None
    scope: Scope = {"trigger": {"a": value, "items": value}, "vars": {"copy": value}, "steps": {}}

    def outcome(evaluate: Any) -> tuple[JSON, str]:
        try:
            return evaluate(), ""
        except MappingError as exc:
            return None, exc.message

    assert outcome(lambda: short(scope, ())) == outcome(lambda: Program([node], ["f"]).values(scope)[0])


@given(st.text(max_size=30))
def test_text_constants_survive_the_evaluator(constant: str) -> None:
    assume("\\" not in constant and "'" not in constant)
    assert Program([expression(f"'{constant}' ~ ''")], ["f"]).values({}) == [constant]
