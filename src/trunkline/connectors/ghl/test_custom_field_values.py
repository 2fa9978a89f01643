"""Values of custom fields: from what people give to what the vendor takes, and back, for each type."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connectors.ghl.custom_fields.definitions import Choice, Field
from trunkline.connectors.ghl.custom_fields.values import read, written
from trunkline.connectors.ghl.fake_seed import FIELDS
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, dumps, loads
from trunkline.testing.strategies import json_values


def _field(kind: str, *choices: str, free: bool = False) -> Field:
    return Field(id="f", key="k", name="F", kind=kind, choices=tuple(Choice(one.lower(), one) for one in choices), free=free)


@pytest.mark.parametrize(
    ("field", "value", "wire"),
    [
        (_field("TEXT"), "a", "a"),
        (_field("TEXT"), 5, "5"),
        (_field("LARGE_TEXT"), "a\nb", "a\nb"),
        (_field("NUMERICAL"), "1200.5", 1200.5),
        (_field("NUMERICAL"), 7, 7),
        (_field("MONETORY"), " 99 ", 99),
        (_field("MONETORY"), {"currency": "USD", "value": 5}, 5),
        (_field("DATE"), "2026-11-21", "2026-11-21"),
        (_field("DATE"), "2026-11-21T23:00:00+01:00", "2026-11-21"),
        (_field("DATE"), 1795219200000, "2026-11-21"),
        (_field("PHONE"), "+49 30 901820", "+4930901820"),
        (_field("PHONE"), "(555) 555-0101", "(555) 555-0101"),
        (_field("RADIO", "One", "Two"), "two", "Two"),
        (_field("SINGLE_OPTIONS", "One"), ["One"], "One"),
        (_field("SINGLE_OPTIONS", "One", free=True), "Three", "Three"),
        (_field("MULTIPLE_OPTIONS", "One", "Two"), "one, two", ["One", "Two"]),
        (_field("MULTIPLE_OPTIONS", "One, or so", "Two"), "One, or so", ["One, or so"]),
        (_field("CHECKBOX", "Yes"), False, []),
        (_field("CHECKBOX", "One", "Two"), ["Two"], ["Two"]),
        (_field("TEXT"), None, ""),
        (_field("CHECKBOX", "Yes"), None, []),
        (_field("SOMETHING_NEW"), {"a": 1}, {"a": 1}),
    ],
)
def test_value_becomes_what_the_vendor_takes(field: Field, value: JSON, wire: JSON) -> None:
    assert written(field, value) == wire


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (_field("TEXT"), ["a"]),
        (_field("TEXT"), True),
        (_field("NUMERICAL"), "many"),
        (_field("NUMERICAL"), True),
        (_field("NUMERICAL"), float("nan")),
        (_field("NUMERICAL"), "1,200"),
        (_field("MONETORY"), "$5"),
        (_field("DATE"), "soon"),
        (_field("DATE"), "2026-02-30"),
        (_field("DATE"), 1e300),
        (_field("PHONE"), "12"),
        (_field("PHONE"), "a@b.example"),
        (_field("RADIO", "One", "Two"), "Three"),
        (_field("RADIO", "One", "Two"), ["One", "Two"]),
        (_field("MULTIPLE_OPTIONS", "One", "Two"), ["One", "Three"]),
        (_field("CHECKBOX", "One", "Two"), True),
        (_field("FILE_UPLOAD"), "no address"),
        (_field("FILE_UPLOAD"), "ftp://example.com/a"),
        (_field("TEXTBOX_LIST", "One"), {"Two": "x"}),
        (_field("TEXTBOX_LIST", "One"), "x"),
    ],
)
def test_wrong_value_names_the_field_and_its_choices(field: Field, value: JSON) -> None:
    with pytest.raises(MappingError) as caught:
        written(field, value)
    assert caught.value.field == "custom_fields.F"
    assert all(choice.label in caught.value.hint for choice in field.choices)


def test_many_choices_are_not_all_told() -> None:
    field = _field("RADIO", *(f"Choice {number}" for number in range(100)))
    with pytest.raises(MappingError) as caught:
        written(field, "none of them")
    assert caught.value.hint.endswith("Choice 19 and 80 more.")
    assert len(caught.value.hint) < 300


@pytest.mark.parametrize(
    ("field", "held", "value"),
    [
        (_field("NUMERICAL"), "5", 5),
        (_field("MONETORY"), {"currency": "default", "value": 100}, 100),
        (_field("DATE"), "2026-11-21T00:00:00.000Z", "2026-11-21"),
        (_field("DATE"), 1795219200000, "2026-11-21"),
        (_field("DATE"), "1795219200000", "2026-11-21"),
        (_field("CHECKBOX", "Yes"), "Yes", ["Yes"]),
        (_field("RADIO", "One"), "one", "One"),
        (_field("TEXT"), 5, "5"),
        (_field("FILE_UPLOAD"), ["https://a.example/x.png"], [{"url": "https://a.example/x.png"}]),
        (_field("TEXT"), "", None),
        (_field("CHECKBOX", "Yes"), [], None),
    ],
)
def test_held_value_has_the_type_of_its_field(field: Field, held: JSON, value: JSON) -> None:
    assert read(field, held) == value


KINDS = st.sampled_from(sorted({str(one["dataType"]) for one in FIELDS} | {"EMAIL", "SIGNATURE"}))


@given(kind=KINDS, value=json_values(), in_record=st.booleans())
def test_any_value_is_written_or_refused_and_what_is_written_can_be_read(kind: str, value: JSON, in_record: bool) -> None:
    field = _field(kind, "One", "Two")
    with suppress(MappingError):
        wire = written(field, value, in_record=in_record)
        assert loads(dumps(wire)) == wire
        read(field, wire)


@given(kind=KINDS, held=json_values())
def test_whatever_the_vendor_holds_can_be_read(kind: str, held: JSON) -> None:
    read(_field(kind, "One"), held)
