"""Custom fields: by name, in the type they were declared with, their definitions read rarely."""

import pytest

from trunkline.connectors.openphone.fake_workspace import ADA, call, workspace
from trunkline.connectors.openphone.fields import typed
from trunkline.model.errors import MappingError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object


async def test_unknown_custom_field_names_the_known_ones() -> None:
    async with workspace() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "contacts.upsert", {"externalId": "ghl-7", "customFields": [{"name": "Plam", "value": "gold"}]})
        assert caught.value.field == "customFields"
        assert "Plan, Visits" in caught.value.hint
        assert [seen.route for seen in vendor.calls] == ["GET /v1/contact-custom-fields"] * 2, "once more, for it may be new"


@pytest.mark.parametrize(
    ("type", "value", "fitted"),
    [
        ("number", "12", 12),
        ("number", " 1.5 ", 1.5),
        ("number", 3, 3),
        ("number", "9007199254740993", 9007199254740993),
        ("number", "-0012", -12),
        ("number", "1e3", 1000),
        ("string", 12, "12"),
        ("string", True, "true"),
        ("boolean", "Yes", True),
        ("boolean", 0, False),
        ("date", "2026-03-01", "2026-03-01T00:00:00.000Z"),
        ("multi-select", "gold", ["gold"]),
        ("multi-select", ["gold", "silver"], ["gold", "silver"]),
    ],
)
def test_value_is_given_the_type_of_its_field(type: str, value: JSON, fitted: JSON) -> None:
    assert typed(value, type, "customFields.Plan") == fitted


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("number", "many"),
        ("number", "inf"),
        ("number", "nan"),
        ("number", "1_000"),
        ("number", "9" * 400),
        ("number", ""),
        ("number", True),
        ("boolean", "perhaps"),
        ("date", "soon"),
        ("multi-select", [1]),
        ("string", {}),
        ("date", 5),
    ],
)
def test_value_that_cannot_fit_names_its_field(type: str, value: JSON) -> None:
    with pytest.raises(MappingError) as caught:
        typed(value, type, "customFields.Plan")
    assert caught.value.field == "customFields.Plan"


async def test_definitions_are_read_once_for_many_writes() -> None:
    async with workspace() as (session, vendor):
        for visits in range(3):
            await call(session, "contacts.update", {"id": ADA, "customFields": [{"name": "Visits", "value": visits}]})
        assert len(vendor.calls_to("GET /v1/contact-custom-fields")) == 1


async def test_field_made_in_the_app_a_moment_ago_is_found() -> None:
    async with workspace() as (session, vendor):
        await call(session, "contacts.update", {"id": ADA, "customFields": [{"name": "Plan", "value": "gold"}]})
        vendor.define_field("cf-vip", "VIP", "boolean")
        await call(session, "contacts.update", {"id": ADA, "customFields": [{"name": "VIP", "value": "yes"}]})
        held = {as_object(one)["name"]: as_object(one)["value"] for one in as_list(vendor.book.get(ADA)["customFields"])}
        assert held == {"Plan": "gold", "VIP": True}


async def test_field_that_changed_its_type_is_read_anew_after_the_refusal() -> None:
    async with workspace() as (session, vendor):
        plan: JSONObject = {"id": ADA, "customFields": [{"name": "Plan", "value": 3}]}
        await call(session, "contacts.update", plan)
        as_object(vendor.book.get(ADA)).update({"customFields": []})
        vendor.define_field("cf-plan", "Plan", "number")
        with pytest.raises(RejectedError) as caught:
            await call(session, "contacts.update", plan)
        assert "contact_custom_fields.list" in caught.value.hint
        await call(session, "contacts.update", plan)
        assert as_object(as_list(vendor.book.get(ADA)["customFields"])[0])["value"] == 3
