"""Schemas in the words people read."""

import pytest

from trunkline.connect.outline import MOST_LINES, outline
from trunkline.model.schema import Schema, anything, boolean, integer, list_of, nullable, number, one_of, record, text


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (record({"a": text()}), "a: text"),
        (record({"a": text("Its name")}, required=("a",)), "a*: text — Its name"),
        (record({"a": text(choices=("x", "y"))}), "a: x | y"),
        (record({"a": text(format="date-time")}), "a: text (date-time)"),
        (record({"a": nullable(number())}), "a: number or null"),
        (record({"a": {"type": ["string", "null"]}}), "a: text or null"),
        (record({"a": one_of(text(), integer())}), "a: text or whole number"),
        (record({"a": list_of(text())}), "a: list of text"),
        (record({"a": list_of(record({"b": boolean()}, required=("b",)))}), "a: list of objects\n  b*: yes or no"),
        (record({"a": nullable(record({"b": text()}))}), "a: object or null\n  b: text"),
        (record({"a": anything(), "b": {"const": 5}}), "a: anything\nb: 5"),
        (
            {**record({"a": text(), "b": text()}), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            "a: text\nb: text\n(one of: a, or b)",
        ),
        (list_of(text()), "list of text"),
        (text(), "text"),
        (record({}), ""),
        (anything(), ""),
    ],
)
def test_a_schema_is_told_field_by_field(schema: Schema, told: str) -> None:
    assert outline(schema) == told


def test_long_lists_of_choices_and_fields_are_cut_and_say_so() -> None:
    many = record({"a": text(choices=[str(number) for number in range(40)])})
    assert outline(many).endswith("| 11 | … 28 more")
    wide = record({f"f{number}": text() for number in range(MOST_LINES + 5)})
    assert outline(wide).splitlines()[-1] == "… and 5 more"


def test_what_holds_itself_comes_to_an_end() -> None:
    inner: Schema = record({"name": text()})
    for _ in range(20):
        inner = record({"child": inner})
    assert len(outline(inner).splitlines()) == 5
