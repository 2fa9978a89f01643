"""Does a value fit its schema, and what is said when it does not."""

import pytest

from trunkline.connect.inputs import check, compiled, is_e164
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON
from trunkline.model.schema import integer, list_of, nullable, record, text

CONTACT = record(
    {
        "name": text(min_length=1),
        "phone": text(format="e164"),
        "email": text(format="email"),
        "age": nullable(integer(minimum=0)),
        "tags": list_of(text(max_length=5), max_items=2),
        "at": text(format="date-time"),
    },
    required=("name",),
)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "A", "phone": "030 123"}, "phone"),
        ({"name": "A", "email": "nobody"}, "email"),
        ({"name": "A", "age": "x"}, "age"),
        ({"name": "A", "tags": ["ok", "secret value"]}, "tags.1"),
        ({"name": "A", "tags": ["a", "b", "c"]}, "tags"),
        ({"name": "A", "nickname": "B"}, "nickname"),
        ({"name": "A", "at": "yesterday"}, "at"),
        ([], ""),
    ],
)
def test_error_names_the_field(value: JSON, field: str) -> None:
    with pytest.raises(MappingError) as caught:
        check(CONTACT, value)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("value", "field", "hint"),
    [
        ({"name": "A", "at": "2026-11-21T09:00:00"}, "at", "Write it with its zone, as 2026-11-21T09:00:00-05:00."),
        ({"name": "A", "phone": "555 0101"}, "phone", "Write it with its country, as +15551234567."),
        ({"name": "A", "email": "nobody"}, "email", ""),
        ({"name": "A", "emial": "x"}, "emial", "Did you mean email?"),
        ({"name": "A", "Phone": "x"}, "Phone", "Did you mean phone?"),
        ({"name": "A", "shoe_size": 44}, "shoe_size", ""),
        ([{"name": "A"}, {"naem": "B", "name": "B"}], "1.naem", "Did you mean name?"),
    ],
)
def test_error_says_what_was_probably_meant(value: JSON, field: str, hint: str) -> None:
    with pytest.raises(MappingError) as caught:
        check(list_of(CONTACT) if isinstance(value, list) else CONTACT, value)
    assert (caught.value.field, caught.value.hint) == (field, hint)


def test_error_never_repeats_the_value() -> None:
    card = "4111111111111111"
    values: list[JSON] = [{"name": "A", "tags": [card]}, {"name": "A", "email": card}, {"name": [card]}]
    for value in values:
        with pytest.raises(MappingError) as caught:
            check(CONTACT, value)
        assert "4111" not in str(caught.value)


def test_fields_of_which_one_would_do_are_named() -> None:
    by = record({"id": text(), "email": text(min_length=1)})
    by["anyOf"] = [{"required": ["id"]}, {"required": ["email"]}]
    with pytest.raises(MappingError, match="one of id, email is needed"):
        check(by, {})
    check(by, {"email": "a@b.example"})


def test_place_of_the_value_stands_before_the_field() -> None:
    with pytest.raises(MappingError) as caught:
        check(CONTACT, {}, at="steps.create.input")
    assert caught.value.field == "steps.create.input.name"


def test_value_that_fits_is_silent() -> None:
    check(CONTACT, {"name": "A", "phone": "+15551234567", "email": "a@b.example", "age": None, "tags": ["x"], "at": "2026-11-21T08:00:00Z"})


@pytest.mark.parametrize("phone", ["+15551234567", "+4930123456", "+1234567"])
def test_international_number_is_e164(phone: str) -> None:
    assert is_e164(phone)


@pytest.mark.parametrize(
    "phone", ["15551234567", "+0123456789", "+1 555", "+123456", "+1234567890123456", "+1555123456７", "+15551234567\n", ""]
)
def test_anything_else_is_not_e164(phone: str) -> None:
    assert not is_e164(phone)


def test_schema_is_compiled_once() -> None:
    assert compiled(CONTACT) is compiled(CONTACT)


def test_schema_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        compiled({"type": "sting"})
