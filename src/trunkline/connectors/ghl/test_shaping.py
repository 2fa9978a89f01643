"""Records as payloads: one spelling of names, ids and times."""

from hypothesis import given

from trunkline.connect.inputs import check
from trunkline.connectors.ghl.triggers.shaping import record_of, schema_of, snaked
from trunkline.model.json import JSON
from trunkline.model.schema import list_of, record, text
from trunkline.testing.strategies import json_values


def test_a_record_has_one_spelling_of_names_ids_and_times() -> None:
    told = record_of({"_id": "x", "createdAt": 1795161600000, "lastName": "P", "delivery-status": {"mx-host": "m"}, "traceId": "t"})
    assert told == {"id": "x", "created_at": "2026-11-20T08:00:00.000Z", "last_name": "P", "delivery_status": {"mx_host": "m"}}


def test_names_that_are_somebodys_own_are_kept() -> None:
    told = record_of({"others": {"kQ3xTIeLd": 1, "fullName": 2}, "customFields": [{"fieldValue": 3}], "custom_fields": {"Colour": "red"}})
    assert told == {"others": {"kQ3xTIeLd": 1, "fullName": 2}, "custom_fields": [{"field_value": 3}]}


@given(value=json_values())
def test_a_payloads_names_stay_as_they_are(value: JSON) -> None:
    once = snaked(value)
    assert snaked(once) == once


def test_the_schema_goes_with_the_record() -> None:
    schema = record(
        {"_id": text(), "createdAt": {"type": "number"}, "stages": list_of(record({"stageName": text()}))}, required=("_id", "stages")
    )
    told = record_of({"_id": "x", "createdAt": 1795161600000, "stages": [{"stageName": "New"}]})
    check(schema_of(schema), told)
    assert schema_of(schema)["required"] == ["id", "stages"]
