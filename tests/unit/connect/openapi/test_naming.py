"""Names of shared schemas that are called the same in several documents."""

from trunkline.connect.openapi.naming import Named, labels, names
from trunkline.model.schema import Schema


def nodes(**given: tuple[str, str, Schema]) -> dict[str, Named]:
    return {id: Named(*parts) for id, parts in given.items()}


def test_the_same_under_one_name_is_one() -> None:
    found = nodes(a=("Tag", "a.json", {"type": "string"}), b=("Tag", "b.json", {"type": "string"}))
    assert names(found) == {"a": "Tag", "b": "Tag"}


def test_something_else_under_one_name_gets_a_number_in_the_order_of_the_sources() -> None:
    found = nodes(z=("Tag", "a.json", {"type": "string"}), a=("Tag", "b.json", {"type": "integer"}), b=("Tag2", "b.json", {}))
    assert names(found) == {"z": "Tag", "a": "Tag3", "b": "Tag2"}


def test_circles_that_mean_the_same_are_one_and_others_are_not() -> None:
    def circle(side: str, inner: Schema) -> dict[str, Named]:
        return {
            f"{side}a": Named("a", side, {"properties": {"b": {"$ref": f"{side}b"}}}),
            f"{side}b": Named("b", side, {"properties": {"a": {"$ref": f"{side}a"}, "x": inner}}),
        }

    found = {**circle("1", {"type": "string"}), **circle("2", {"type": "string"}), **circle("3", {"type": "integer"})}
    assert names(found) == {"1a": "a", "1b": "b", "2a": "a", "2b": "b", "3a": "a2", "3b": "b2"}


def test_a_name_nobody_else_has_is_its_label() -> None:
    assert labels(nodes(a=("Tag", "a", {}), b=("Other", "a", {"$ref": "a"}))) == {"a": "Tag", "b": "Other"}
