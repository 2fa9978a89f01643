"""Hypothesis strategies for the values that flows and connectors meet."""

from collections.abc import Mapping
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema

_INT64 = 2**63


def texts(*, max_size: int = 20) -> SearchStrategy[str]:
    """Any text that JSON can carry: no lone surrogates."""
    return st.text(st.characters(exclude_categories=("Cs",)), max_size=max_size)


def scalars() -> SearchStrategy[JSON]:
    """JSON values without parts."""
    numbers = st.integers(-_INT64, _INT64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    return st.none() | st.booleans() | numbers | texts()


def json_values(*, max_leaves: int = 12) -> SearchStrategy[JSON]:
    """Any JSON value."""
    return st.recursive(
        scalars(),
        lambda inner: cast("SearchStrategy[JSON]", st.lists(inner, max_size=4) | st.dictionaries(texts(), inner, max_size=4)),
        max_leaves=max_leaves,
    )


def json_objects() -> SearchStrategy[JSONObject]:
    """Any JSON object."""
    return st.dictionaries(texts(), json_values(), max_size=5)


def conforming(schema: Schema) -> SearchStrategy[JSON]:
    """Values that fit `schema`, as far as the words of `trunkline.model.schema` go; a `pattern` or an unknown format is not understood."""
    if "enum" in schema:
        return st.sampled_from(as_list(schema["enum"]))
    if "anyOf" in schema:
        return st.one_of([conforming(as_object(one)) for one in as_list(schema["anyOf"])])
    match schema.get("type"):
        case "object":
            return cast("SearchStrategy[JSON]", _objects(schema))
        case "array":
            items = conforming(as_object(schema.get("items")))
            return cast(
                "SearchStrategy[JSON]",
                st.lists(
                    items, min_size=_least(schema, "minItems"), max_size=max(_most(schema, "maxItems", 4), _least(schema, "minItems"))
                ),
            )
        case "string":
            return _strings(schema)
        case "integer":
            return st.integers(_least(schema, "minimum", -1000), _most(schema, "maximum", 1000))
        case "number":
            return st.integers(-1000, 1000) | st.floats(-1000, 1000)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return json_values(max_leaves=4)


def _objects(schema: Schema) -> SearchStrategy[dict[str, Any]]:
    fields: Mapping[str, SearchStrategy[JSON]] = {
        name: conforming(as_object(field)) for name, field in as_object(schema.get("properties")).items()
    }
    required = set(as_list(schema.get("required")))
    return st.fixed_dictionaries(
        {name: field for name, field in fields.items() if name in required},
        optional={name: field for name, field in fields.items() if name not in required},
    )


def _strings(schema: Schema) -> SearchStrategy[JSON]:
    match schema.get("format"):
        case "e164":
            return st.integers(10**7, 10**14).map(lambda digits: f"+{digits}")
        case "email":
            return st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.example", fullmatch=True)
        case "date-time":
            return st.datetimes().map(lambda moment: moment.isoformat() + "Z")
        case _:
            alphabet = st.characters(exclude_categories=("Cs", "Cc"))
            return st.text(alphabet, min_size=_least(schema, "minLength"), max_size=_most(schema, "maxLength", 20))


def _least(schema: Schema, name: str, default: int = 0) -> int:
    found = schema.get(name)
    return found if isinstance(found, int) else default


def _most(schema: Schema, name: str, default: int) -> int:
    found = schema.get(name)
    return found if isinstance(found, int) else default
