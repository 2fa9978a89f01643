"""What counts as the same, however it is spelt: numbers of any country, times, words in any encoding."""

import pytest

from trunkline.connectors.ghl.same import lost_fields, same, same_number, spellings
from trunkline.model.json import JSON


@pytest.mark.parametrize(
    ("held", "sent"),
    [
        ("+15555550101", "(555) 555-0101"),
        ("+15555550101", "+1 555.555.0101"),
        ("+442079460018", "020 7946 0018"),
        ("+442079460018", "+44 (0)20 7946 0018"),
        ("+4930901820", "0049 30 901820"),
        ("+4930901820", "+49 (0)30 901820"),
        ("+390612345678", "+39 06 12345678"),
        ("ada@example.com", " ADA@Example.com "),
        ("José Müller", "Jose\u0301  mu\u0308ller"),
        ("STRASSE", "straße"),
        ("2026-11-01T05:30:00.000Z", "2026-11-01T01:30:00-04:00"),
        ("2026-11-01T06:30:00Z", "2026-11-01T01:30:00-05:00"),
    ],
)
def test_what_is_spelt_otherwise_is_the_same(held: str, sent: str) -> None:
    assert same(held, sent)


@pytest.mark.parametrize(
    ("held", "sent"),
    [
        ("+15555550101", "+15555550102"),
        ("+445555550101", "+15555550101"),
        ("+390612345678", "+39 612345678"),
        ("2026-11-01T05:30:00Z", "2026-11-01T01:30:00-05:00"),
        ("Ada", "Ida"),
        ("", "x"),
    ],
)
def test_what_is_another_is_not(held: str, sent: str) -> None:
    assert not same(held, sent)


@pytest.mark.parametrize(
    ("phone", "country", "whole"),
    [
        ("020 7946 0018", "GB", "+442079460018"),
        ("06 12345678", "IT", "+390612345678"),
        ("00 49 30 901820", "DE", "+4930901820"),
        ("011 49 30 901820", "US", "+4930901820"),
        ("+1 (555) 555-0101 ext. 5", "DE", "+15555550101"),
        ("0912 345 678", "TW", "+886912345678"),
    ],
)
def test_whole_number_is_the_first_that_is_looked_for(phone: str, country: str, whole: str) -> None:
    assert spellings(phone, country)[0] == whole


@pytest.mark.parametrize("phone", ["", "call me", "()", "\u0000"])
def test_what_is_no_number_is_not_looked_for(phone: str) -> None:
    assert spellings(phone, "US") == []


def test_number_held_without_its_country_may_be_the_one() -> None:
    assert same_number("020 7946 0018", "+442079460018")
    assert not same_number("+12079460018", "+442079460018")
    assert not same_number(None, "+442079460018")


@pytest.mark.parametrize("key", ["value", "fieldValue", "fieldValueString", "field_value"])
def test_entry_is_held_however_its_value_is_called(key: str) -> None:
    sent: list[JSON] = [{"id": "f", "field_value": 7}]
    assert lost_fields(sent, {"customFields": [{"id": "f", key: "7"}]}) == []
    assert lost_fields(sent, {"customFields": [{"id": "f", key: "8"}]}) == ["customFields.f"]
