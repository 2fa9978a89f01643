"""Inputs with one fault."""

from trunkline.model.json import JSONObject
from trunkline.model.schema import integer, list_of, one_of, record, text
from trunkline.testing.spoiling import spoiled

SCHEMA = record(
    {
        "name": text(min_length=1, max_length=3),
        "grade": text(choices=("gold", "plain")),
        "visits": integer(minimum=0, maximum=9),
        "tags": list_of(text(), max_items=1),
        "home": record({"zip": text(format="email")}, required=("zip",)),
        "either": one_of(text(), integer()),
    },
    required=("name",),
)
GOOD: JSONObject = {"name": "Ada", "grade": "gold", "visits": 3, "tags": ["a"], "home": {"zip": "a@example.com"}, "either": "x"}


def test_every_place_has_every_fault_it_can_have() -> None:
    found = {(one.field, one.fault) for one in spoiled(SCHEMA, GOOD)}
    assert found == {
        ("name", "missing"),
        ("no_such_field", "unknown"),
        *((name, "type") for name in ("name", "visits", "tags", "tags.0", "home", "home.zip", "either")),
        ("grade", "choice"),
        *((name, "bound") for name in ("name", "grade", "visits", "tags", "home.zip")),
        ("home.zip", "missing"),
        ("home.no_such_field", "unknown"),
    }


def test_everything_but_the_fault_stays() -> None:
    (late,) = (one for one in spoiled(SCHEMA, GOOD) if one.field == "home.zip" and one.fault == "missing")
    assert late.input == {**GOOD, "home": {}}


def test_what_somebody_else_fills_may_be_missing() -> None:
    assert ("name", "missing") not in {(one.field, one.fault) for one in spoiled(SCHEMA, GOOD, filled=frozenset(("name",)))}
