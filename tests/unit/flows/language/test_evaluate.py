"""Evaluation: types are kept, null is nothing, limits hold, and every failure is a `MappingError`."""

import time
from typing import Any

import pytest
from minijinja import TemplateError

from trunkline.flows.language import evaluate
from trunkline.flows.language.evaluate import MAX_LOADED, Program, translated
from trunkline.flows.language.grammar import expression
from trunkline.flows.mapping import compile_value
from trunkline.flows.plan import Scope
from trunkline.model.errors import Decision, MappingError
from trunkline.model.json import JSON

SCOPE: Scope = {
    "trigger": {
        "name": "Ann",
        "tags": ["vip", "new"],
        "none": None,
        "items": 3,
        "one": 1,
        "price": "12",
        "on": True,
        "o": {"a": {"b": 1}},
        "": 5,
    },
    "vars": {},
    "steps": {},
}


def value_of(text: str) -> JSON:
    return compile_value(text, "field")(SCOPE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ trigger.one }}", 1),
        (" {{ trigger.on }} ", True),
        ("{{ trigger.tags }}", ["vip", "new"]),
        ("{{ trigger.tags[0] }}{{ trigger.tags.1 }}", "vipnew"),
        ("{{ trigger.tags[-1] }}", "new"),
        ("{{ trigger.tags[9] }}", None),
        ("{{ trigger.tags[:1] }}", ["vip"]),
        ("{{ trigger.name[1:] }}", "nn"),
        ("{{ trigger.o['a'].b }}", 1),
        ("{{ trigger['o'][trigger.nope or 'a'].b + 1 }}", 2),
        ("{{ trigger.nope.deeper.still }}", None),
        ("{{ trigger.none.x }}", None),
        ("{{ trigger.name.x }}", None),
        ("{{ trigger.items }}", 3),
        ("{{ trigger.values }}", None),
        ("{{ trigger.o.pop or 'safe' }}", "safe"),
        ("{{ trigger.tags.append }}", None),
        ("{{ trigger.__class__ }}", None),
        ("{{ trigger[''] }}", 5),
        ("{{ [1, none, trigger.nope] }}", [1, None, None]),
        ("{{ {'a': trigger.one, 'b': {'c': trigger.tags}} }}", {"a": 1, "b": {"c": ["vip", "new"]}}),
        ("{{ 'vip' in trigger.tags }}", True),
        ("{{ 'vip' in trigger.none }}", False),
        ("{{ 'vip' not in trigger.nope }}", True),
        ("{{ trigger.nope == none }}", True),
        ("{{ trigger.nope == trigger.none }}", True),
        ("{{ true == 1 }}", False),
        ("{{ trigger.nope is defined or trigger.none is defined }}", False),
        ("{{ trigger.name is string and trigger.tags is list and trigger is object }}", True),
        ("{{ trigger.nope is not empty }}", False),
        ("{{ trigger.nope > 1 or trigger.nope < 1 }}", False),
        ("{{ 7 // 2 + 7 % 2 * 2 - -1 }}", 6),
        ("{{ 7 / 2 }}", 3.5),
        ("{{ 'a' + 'b' ~ 1 ~ none ~ true }}", "ab1true"),
        ("{{ [1] + [2] }}", [1, 2]),
        ("{{ 'x' if trigger.nope }}", None),
        ("{{ 'x' if trigger.nope else 'y' if trigger.none else 'z' }}", "z"),
        ("{{ not trigger.nope and trigger.name }}", "Ann"),
        ("{{ 'it\\'s \\u00e9 \\\\' }}", "it's é \\"),
        ("{{ '}}' ~ \"{{\" }}", "}}{{"),
        ("{{ {'a': {'b': 1}}.a.b }}", 1),
        ("{{ range(3) }}", [0, 1, 2]),
        ("{{ trigger.one is defined }}!", "true!"),
        ("a{# nothing #}b {{ trigger.nope }}c{{ trigger.o }}", 'ab c{"a":{"b":1}}'),
        ("{% for t in trigger.tags %}{{ t | upper }},{% endfor %}", "VIP,NEW,"),
        ("{% for t in trigger.nope %}x{% endfor %}", ""),
        ("{% for p in trigger.o | items %}{{ p.key }}{% endfor %}", "a"),
        ("{% if trigger.nope %}a{% elif trigger.one == 1 %}b{% else %}c{% endif %}", "b"),
        ("{%- if true %}{% for i in range(2) %}{% if i %}-{% endif %}{{ i }}{% endfor %}{% endif %}", "0-1"),
        ("<b>{{ '<i>' }}</b>", "<b><i></b>"),
        ("{not an expression}", "{not an expression}"),
    ],
)
def test_expressions_mean_what_the_reference_says(text: str, expected: JSON) -> None:
    found = value_of(text)
    assert found == expected
    assert type(found) is type(expected)


LOOP = "{% for a in range(5000) %}{% for b in range(5000) %}"
BIG: JSON = {"text": "x" * 400_000, "list": [{"a": index} for index in range(50_000)], "other": [{"a": index} for index in range(50_000)]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ 'a' + 1 }}", "`+` cannot take text and number"),
        ("{{ trigger.tags - 1 }}", "`-` cannot take list and number"),
        ("{{ -trigger.tags }}", "cannot take number and list"),
        ("{{ 1 / 0 }}", "divided by zero"),
        ("{{ 1 % 0 }}", "divided by zero"),
        ("{{ 9e307 * 100 }}", "too large"),
        ("{{ 9000000000000000 * 9000000000000000 }}", "too large"),
        ("{{ trigger.price > 5 }}", "text and number cannot be compared"),
        ("{{ 1 in 5 }}", "looks into"),
        ("{{ 'ab'['a':] }}", "whole number"),
        ("{{ 5[1:] }}", "only text and lists"),
        ("{{ range(10000000) }}", "at most 10,000"),
        ("{{ range(0, 0 - 9000000) }}", "at most 10,000"),
        ("{% for a in 5 %}{% endfor %}", "needs a list, not number"),
        (LOOP + "{% endfor %}{% endfor %}", "runs too long"),
        (LOOP + "{{ trigger.name | hash }}{% endfor %}{% endfor %}", "too long"),
        ("{% for a in range(9999) %}{{ big.text }}{% endfor %}", "too much data"),
        ("{% for a in range(9999) %}" + "x" * 9999 + "{% endfor %}", "too much data"),
        ("{% for a in range(9999) %}{{ big.list | to_json | length }}{% endfor %}", "too much data"),
        ("{% for a in range(9999) %}{{ big.list | length }}{% endfor %}", "too much data"),
        ("{{ big.text ~ big.text ~ big.text }}", "longer than"),
        ("{{ big.text | replace('x', big.text) }}", "longer than"),
        ("{{ big.list | pluck('a') | join(big.text) }}", "longer than"),
        ("{{ big.text" + " | replace('x', 'xx')" * 40 + " }}", "longer than"),
        ("{{ big.text | split('x') | map('pad', 9999) }}", "too much data"),
        ("{% for a in range(9999) %}{{ [big.list] | without(big.other) | length }}{% endfor %}", "too much data"),
        ("{% for a in range(9999) %}{{ big.list == big.other }}{% endfor %}", "too much data"),
        ("{{ [" + "big.list, " * 70 + "] }}", "too large"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_cannot_be_or_runs_too_far_is_a_mapping_error(text: str, reason: str) -> None:
    before = time.process_time()
    with pytest.raises(MappingError) as caught:
        compile_value(text, "save.input.note")({**SCOPE, "big": BIG})
    assert reason in caught.value.message
    assert caught.value.field == "save.input.note"
    assert caught.value.decision is Decision.DEAD_LETTER
    assert time.process_time() - before < 3


LOOKS = [
    "{% if body is string %}{% endif %}",
    "{% if body is not empty %}{% endif %}",
    "{% if body == twin %}{% endif %}",
    "{% if body != 'x' %}{% endif %}",
    "{% if 'x' == body %}{% endif %}",
    "{% if body < twin %}{% endif %}",
    "{% if body >= 'x' %}{% endif %}",
    "{% if body in ['x'] %}{% endif %}",
    "{% if body %}{% endif %}",
    "{% if false %}{% elif body %}{% endif %}",
    "{% if not body %}{% endif %}",
    "{% if body and true %}{% endif %}",
    "{% if false or body %}{% endif %}",
    "{{ 1 if body else 2 }}",
    "{{ 1 if [body] else 2 }}",
    "{{ [body] is list }}",
    "{{ {'a': body} is object }}",
    "{{ body.x }}",
    "{{ body.items }}",
    "{{ body[0] }}",
    "{{ o[body] }}",
    "{{ 'x' | default(body) }}",
    "{% for b in [body] %}{% endfor %}",
    "{% for b in bodies %}{% endfor %}",
    "{% for b in bodies %}{% if b %}{% endif %}{% endfor %}",
]


@pytest.mark.parametrize("look", LOOKS)
def test_looking_at_a_large_text_again_and_again_has_an_end(look: str) -> None:
    body = "x" * 3_000_000
    scope: Scope = {"body": body, "twin": body[:-1] + "y", "o": {"a": 1}, "bodies": [body, body]}
    render = compile_value("{% for i in range(10000) %}" + look + "{% endfor %}", "field")
    before = time.process_time()
    with pytest.raises(MappingError, match="too much data"):
        render(scope)
    assert time.process_time() - before < 1


def test_a_large_text_can_be_tested_and_compared() -> None:
    scope: Scope = {"trigger": {"body": "x" * 5_000_000}}
    expression = "{{ trigger.body is string and trigger.body != 'y' and trigger.body and not trigger.body.items }}"
    assert compile_value(expression, "field")(scope) is True
    assert compile_value("{% for i in range(4) %}{% if trigger.body %}{{ i }}{% endif %}{% endfor %}", "field")(scope) == "0123"


def test_a_payload_cannot_be_repeated_without_end() -> None:
    for path in ("big.list", "big.text"):
        items: list[JSON] = [f"{{{{ {path} }}}}"] * 200
        render = compile_value({"all": items}, "save.input")
        with pytest.raises(MappingError, match="too large") as caught:
            render({"big": BIG})
        assert caught.value.field.startswith("save.input.all[")


def test_the_field_that_failed_is_named_among_many() -> None:
    render = compile_value({"a": "{{ 1 + 1 }}", "b": [{"c": "{{ 1 + trigger.name }}"}], "d": "{{ 2 + 2 }}"}, "save.input")
    with pytest.raises(MappingError) as caught:
        render(SCOPE)
    assert caught.value.field == "save.input.b[0].c"


def test_every_kind_of_failure_is_translated() -> None:
    for error in (
        TemplateError("x"),
        RecursionError(),
        MemoryError(),
        KeyError("x"),
        ZeroDivisionError(),
        AttributeError(),
        RuntimeError(),
    ):
        assert translated(error, "f").field == "f"
    panic = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})
    assert isinstance(translated(panic("x"), "f"), MappingError)


def test_what_ends_the_program_is_not_translated() -> None:
    with pytest.raises(KeyboardInterrupt):
        translated(KeyboardInterrupt(), "f")


def test_a_value_that_is_not_json_is_refused() -> None:
    values: list[Any] = [float("nan"), float("inf"), 1 << 70, object()]
    for value in values:
        with pytest.raises(MappingError):
            compile_value("{{ [trigger.x] | first }}", "f")({"trigger": {"x": value}})


def test_payloads_cannot_be_changed_by_an_expression() -> None:
    scope: Scope = {"trigger": {"tags": ["a"]}}
    for text in ("{{ trigger.tags | with('b') }}", "{{ trigger.tags | sort(reverse=true) }}", "{{ trigger | merge({'x': 1}) }}"):
        compile_value(text, "f")(scope)
    assert scope == {"trigger": {"tags": ["a"]}}


def test_programs_come_back_after_they_were_dropped() -> None:
    first = Program([expression("trigger.one + 1")], ["f"])
    assert first.values(SCOPE) == [2]
    for number in range(MAX_LOADED + 5):
        Program([expression(f"{number} + 0")], ["f"]).values(SCOPE)
    assert len(evaluate._loaded) <= MAX_LOADED  # pyright: ignore[reportPrivateUsage] - the bound is the point
    assert first.values(SCOPE) == [2]
