"""The JSON types every layer speaks, and the one way to turn them into bytes and back."""

from collections.abc import Mapping
from typing import TypeAlias, Union, cast

import orjson

JSON: TypeAlias = Union["dict[str, JSON]", "list[JSON]", str, int, float, bool, None]
JSONObject: TypeAlias = dict[str, JSON]

MAX_DEPTH = 64
"""Deepest nesting accepted from outside; deeper documents exist only to hurt parsers and recursive walks."""


def dumps(value: object) -> bytes:
    """UTF-8 JSON. Keys keep their order; a value JSON has no word for raises `TypeError`."""
    return orjson.dumps(value)


def canonical(value: object) -> bytes:
    """JSON with sorted keys, so that equal values give equal bytes; made for hashing."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def loads(data: bytes | str) -> JSON:
    """Parse UTF-8 JSON; `ValueError` names the place when it is none."""
    return cast(JSON, orjson.loads(data))


def depth_exceeds(value: JSON, limit: int = MAX_DEPTH) -> bool:
    """Whether `value` nests deeper than `limit`; walks by levels, so it cannot itself overflow."""
    level: list[JSON] = [value]
    for _ in range(limit + 1):
        below: list[JSON] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if not below:
            return False
        level = below
    return True


def at_path(value: JSON, path: str) -> JSON:
    """The value at a dotted path such as `contact.phones.0`; None where the path leads nowhere. An empty path is `value`."""
    for part in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def as_object(value: JSON) -> JSONObject:
    """`value` if it is an object, else an empty one: for reading answers whose shape nobody promised."""
    return value if isinstance(value, dict) else {}


def as_list(value: JSON) -> list[JSON]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def without_nulls(value: Mapping[str, JSON]) -> JSONObject:
    """The same object without the keys whose value is null."""
    return {key: item for key, item in value.items() if item is not None}
