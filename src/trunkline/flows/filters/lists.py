"""Filters for lists and objects."""

from collections.abc import Callable, Sequence
from typing import Any

from trunkline.flows.filters.declaring import FILTERS, MAX_TEXT, MisfitError, filtering, text_of, word_of, work
from trunkline.flows.filters.text import count_of
from trunkline.model.json import JSON, JSONObject, canonical

_LIST = ("list",)
_ARRAY = ("array",)


@filtering(("list", "text"), example=("['a', 'b'] | first", "a"))
def first(value: Any) -> JSON:
    """The first item, or character of a text; null when it is empty."""
    return value[0] if value else None


@filtering(("list", "text"), example=("['a', 'b'] | last", "b"))
def last(value: Any) -> JSON:
    """The last item, or character of a text; null when it is empty."""
    return value[-1] if value else None


@filtering(("list", "text", "object"), ("integer",), name="length", null=True, example=("['a', 'b'] | length", 2))
@filtering(("list", "text", "object"), ("integer",), null=True, example=("'abc' | count", 3))
def count(value: Any) -> int:
    """How many items, fields or characters; nothing has 0."""
    return 0 if value is None else len(value)


@filtering((), name="default", null=True, example=("none | default('?')", "?"))
def default(value: JSON, otherwise: JSON = "", empty: Any = False) -> JSON:
    """`otherwise` in place of null; with `empty=true` also in place of empty text, lists and objects."""
    return otherwise if value is None or (empty and value in ("", [], {})) else value


@filtering(_LIST, ("string",), example=("['a', none, 'b'] | join(', ')", "a, b"))
def join(value: Any, by: Any = "") -> str:
    """The items as one text with `by` between; nulls are left out."""
    between = text_of(by)
    parts = [_scalar_text(item) for item in value if item is not None]
    if sum(map(len, parts)) + len(between) * len(parts) > MAX_TEXT:
        raise MisfitError(f"the text would be longer than {MAX_TEXT:,} characters")
    return between.join(parts)


def _scalar_text(item: object) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, str | int | float):
        return text_of(item)
    raise MisfitError(f"`join` joins text and numbers, not {word_of(item)}")


@filtering(("list", "text"), name="reverse", example=("[1, 2] | reverse", [2, 1]))
def reverse(value: Any) -> JSON:
    """The other way round."""
    return value[::-1] if isinstance(value, str) else list(value)[::-1]


@filtering(_LIST, _ARRAY, example=("['b', 'a'] | sort", ["a", "b"]))
def sort(value: Any, by: Any = None, reverse: Any = False) -> list[JSON]:
    """In order; objects by the field named in `by`; nulls at the end."""
    keyed = [(_field(item, by) if by is not None else item, item) for item in value]
    present = [pair for pair in keyed if pair[0] is not None]
    kinds = {word_of(key) for key, _ in present}
    if len(kinds) > 1 or kinds & {"list", "object"}:
        raise MisfitError(f"`sort` cannot order {' and '.join(sorted(kinds))}")
    present.sort(key=lambda pair: pair[0], reverse=bool(reverse))
    return [item for _, item in present] + [item for key, item in keyed if key is None]


@filtering(_LIST, _ARRAY, example=("['a', 'b', 'a'] | unique", ["a", "b"]))
def unique(value: Any, by: Any = None) -> list[JSON]:
    """Each item once (or each value of the field `by`), in the order of first sight."""
    seen: dict[bytes, JSON] = {}
    for item in value:
        raw = canonical(_field(item, by) if by is not None else item)
        work.spend(len(raw))
        seen.setdefault(raw, item)
    return list(seen.values())


@filtering(_LIST, _ARRAY, example=("['a', none, ''] | compact", ["a"]))
def compact(value: Any) -> list[JSON]:
    """Without nulls, empty text, empty lists and empty objects."""
    return [item for item in value if item is not None and item not in ("", [], {})]


@filtering(_LIST, _ARRAY, example=("[{'n': 1}, {'n': 2}] | pluck('n')", [1, 2]))
def pluck(value: Any, key: Any) -> list[JSON]:
    """The field `key` of each item; null where it is missing."""
    return [_field(item, key) for item in value]


@filtering(_LIST, _ARRAY, example=("[{'n': 1, 'on': true}, {'n': 2}] | where('on') | pluck('n')", [1]))
def where(value: Any, key: Any, equals: Any = True) -> list[JSON]:
    """The items whose field `key` is `equals`; without `equals`, those where it is true."""
    _weigh(value, equals)
    return [item for item in value if (_field(item, key) == equals if equals is not True else bool(_field(item, key)))]


@filtering(_LIST, _ARRAY, example=("['A', 'B'] | map('lower')", ["a", "b"]))
def map_(value: Any, filter: Any, *args: Any) -> list[JSON]:
    """Another filter, named in quotes, on each item."""
    known = FILTERS.get(filter) if isinstance(filter, str) and filter != "map" else None
    if known is None:
        raise MisfitError("`map` takes the name of another filter")
    apply: Callable[..., JSON] = known.guarded
    return [apply(item, *args) for item in value]


@filtering(_LIST, _ARRAY, example=("['a', 'b'] | without('a')", ["b"]))
def without(value: Any, *items: Any) -> list[JSON]:
    """Without these items."""
    _weigh(value, *items)
    return [item for item in value if item not in items]


@filtering(_LIST, _ARRAY, example=("['a'] | with('b')", ["a", "b"]), name="with")
def with_(value: Any, *items: Any) -> list[JSON]:
    """With these items at the end, where it does not have them yet."""
    found = list(value)
    _weigh(value, *items)
    for item in items:
        work.spend(len(found))
        if item not in found:
            found.append(item)
    return found


@filtering(_LIST, _ARRAY, example=("[[1], [2, 3]] | flatten", [1, 2, 3]))
def flatten(value: list[JSON]) -> list[JSON]:
    """Lists in the list become part of it, one level deep."""
    return [inner for item in value for inner in (item if isinstance(item, list) else [item])]


@filtering(_LIST, _ARRAY, example=("[1, 2, 3] | take(2)", [1, 2]))
def take(value: Any, most: Any) -> list[JSON]:
    """The first items, at most so many."""
    return list(value)[: count_of(most, "`most`", most=1_000_000)]


@filtering(_LIST, ("number",), name="sum", example=("[1, 2.5] | sum", 3.5))
def total(value: Any) -> float:
    """The sum of numbers; nulls count nothing."""
    return sum(_numbers(value))


@filtering(_LIST, ("number", "null"), name="min", example=("[3, 1] | min", 1))
def least(value: Any) -> float | None:
    """The smallest number; null for an empty list."""
    return min(_numbers(value), default=None)


@filtering(_LIST, ("number", "null"), name="max", example=("[3, 1] | max", 3))
def greatest(value: Any) -> float | None:
    """The largest number; null for an empty list."""
    return max(_numbers(value), default=None)


def _numbers(value: Sequence[JSON]) -> list[float]:
    found: list[float] = []
    for item in value:
        if isinstance(item, bool) or not isinstance(item, int | float | None):
            raise MisfitError(f"the list holds {word_of(item)} where numbers are needed")
        if item is not None:
            found.append(item)
    return found


@filtering(("object",), _ARRAY, example=("{'a': 1} | keys", ["a"]))
def keys(value: JSONObject) -> list[str]:
    """The names of an object's fields."""
    return list(value)


@filtering(("object",), _ARRAY, example=("{'a': 1} | values", [1]))
def values(value: JSONObject) -> list[JSON]:
    """The values of an object's fields."""
    return list(value.values())


@filtering(("object",), _ARRAY, example=("{'a': 1} | items", [{"key": "a", "value": 1}]))
def items(value: JSONObject) -> list[JSON]:
    """An object as a list of `{key, value}`, for loops."""
    return [{"key": key, "value": item} for key, item in value.items()]


@filtering(("object",), ("object",), example=("{'a': 1} | merge({'b': 2})", {"a": 1, "b": 2}))
def merge(value: JSONObject, other: JSON) -> JSONObject:
    """Both objects' fields; the argument's win."""
    if other is not None and not isinstance(other, dict):
        raise MisfitError(f"`merge` takes an object, not {word_of(other)}")
    return {**value, **(other or {})}


@filtering(_LIST, example=("[{'id': 1}, {'id': 2, 'n': 'x'}] | find('id', 2)", {"id": 2, "n": "x"}))
def find(value: list[JSON], key: JSON, equals: JSON) -> JSON:
    """The first object whose field `key` is `equals`; null when there is none."""
    _weigh(value, equals)
    return next((item for item in value if isinstance(item, dict) and _field(item, key) == equals), None)


def _weigh(value: list[JSON], *wanted: JSON) -> None:
    """Charge for comparing each item with lists or objects, which looks deep into them."""
    for one in wanted:
        if isinstance(one, list | dict):
            work.spend(len(value) * len(canonical(one)))


def _field(item: JSON, key: JSON) -> Any:
    return item.get(key) if isinstance(item, dict) and isinstance(key, str) else None
