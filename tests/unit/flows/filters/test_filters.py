"""Filters: each does what its example says, lets null pass, and refuses what it cannot take."""

import pytest

from trunkline.flows.filters import FILTERS
from trunkline.flows.mapping import compile_value
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON


def value_of(expression: str, **trigger: JSON) -> JSON:
    return compile_value(f"{{{{ {expression} }}}}", "field")({"trigger": trigger})


def reason_of(expression: str, **trigger: JSON) -> str:
    with pytest.raises(MappingError) as caught:
        value_of(expression, **trigger)
    assert caught.value.field == "field"
    return caught.value.message


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_the_example_of_each_filter_gives_its_result(name: str) -> None:
    known = FILTERS[name]
    assert f"| {name}" in known.example
    assert value_of(known.example.replace("\n", "\\n")) == known.result
    assert known.about


@pytest.mark.parametrize("name", sorted(name for name, known in FILTERS.items() if not known.null))
def test_null_passes_through_each_filter(name: str) -> None:
    needed = [p for p in list(FILTERS[name].signature.parameters.values())[1:] if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    arguments = ", ".join("'a'" for _ in needed)
    assert value_of(f"trigger.absent | {name}({arguments})") is None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'+919509597501' | e164", "+919509597501"),
        ("'4155552671' | e164", "+14155552671"),
        ("4155552671 | e164", "+14155552671"),
        ("'020 7946 0958' | e164('GB')", "+442079460958"),
        ("'020 7946 0958' | e164(region='gb')", "+442079460958"),
        ("'' | e164", None),
        ("'  ' | e164", None),
        ("'call me' | e164_or_null", None),
        ("'+1 415 555 2671' | region", "US"),
        ("'John.Deo@Gmail.comm ' | email", "john.deo@gmail.comm"),
        ("'a@b@c.de' | email_or_null", None),
        ("'a b@c.de' | email_or_null", None),
        ("'03/05/2026' | date", "2026-03-05"),
        ("1700000000000 | iso", "2023-11-14T22:13:20Z"),
        ("'2026-03-05T12:00:00+02:00' | iso", "2026-03-05T10:00:00Z"),
        ("'2026-03-05T23:00:00Z' | date('%Y-%m-%d %H:%M', 'Asia/Tokyo')", "2026-03-06 08:00"),
        ("'' | date", None),
        ("'(1,234.50)' | digits", "123450"),
        ("'$ 1 234' | number", 1234),
        ("'' | number", None),
        ("0.5 | round", 1),
        ("-2.5 | round", -3),
        ("1234567 | money(0)", "1,234,567"),
        ("'abc' | truncate(2, '')", "ab"),
        ("'hello wonderful world' | truncate(16)", "hello wonderful…"),
        ("'a,b' | split(',') | map('upper') | join('+')", "A+B"),
        ("[3, none, 1] | sort", [1, 3, None]),
        ("[{'n': 'b'}, {'n': 'a'}] | sort('n', reverse=true) | pluck('n')", ["b", "a"]),
        ("[{'k': 1}, {'k': 1}, {'k': true}] | unique('k') | length", 2),
        ("none | length", 0),
        ("'' | default('x')", ""),
        ("'' | default('x', true)", "x"),
        ("none | bool", False),
        ("'Yes' | bool", True),
        ("{'a': {'b': 1}} | to_json | from_json", {"a": {"b": 1}}),
    ],
)
def test_filters_know_the_odd_cases(expression: str, expected: JSON) -> None:
    assert value_of(expression) == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("'12' | e164", "no valid phone number"),
        ("'4155552671' | e164('XX')", "country code"),
        ("[1] | e164", "`e164` takes text or number, not list"),
        ("'nobody' | email", "no e-mail address"),
        ("'soon' | date", "no date"),
        ("1e300 | date", "no date"),
        ("'2026-03-05' | date('%Q')", "date format"),
        ("'2026-03-05' | in_timezone('Mars/Base')", "time zone"),
        ("'2026-03-05' | in_timezone('../../etc/passwd')", "time zone"),
        ("'2026-03-05' | add(days=1e18)", "leave the calendar"),
        ("'9999-12-31T23:59:59Z' | in_timezone('Asia/Tokyo')", "leave the calendar"),
        ("'twelve' | number", "no number"),
        ("'1e400' | number", "too large"),
        ("'{' | from_json", "not JSON"),
        ("'maybe' | bool", "yes and no"),
        ("[1, 'a'] | sort", "cannot order number and text"),
        ("[[1], [2]] | sort", "cannot order list"),
        ("[1, 'a'] | sum", "text where numbers"),
        ("[{'a': 1}] | join", "joins text and numbers, not object"),
        ("'a' | split('')", "must not be empty"),
        ("'a' | pad(100000)", "whole number from 0"),
        ("[1] | map(trigger.f)", "name of another filter"),
        ("[[1]] | map('lower')", "`lower` takes text or number, not list"),
        ("'a' | lower(1)", "TypeError"),
    ],
)
def test_filters_refuse_what_they_cannot_take(expression: str, reason: str) -> None:
    assert reason in reason_of(expression, f="map")


def test_a_reason_never_holds_the_value() -> None:
    for expression in (
        "trigger.s | e164",
        "trigger.s | number",
        "trigger.s | date",
        "trigger.s | email",
        "trigger.s | from_json",
        "trigger.s + 1",
    ):
        assert "hunter2" not in reason_of(expression, s="hunter2 ")
