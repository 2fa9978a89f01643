"""Inputs that fit a schema, made by chance from a seed; for laws about every operation."""

from base64 import b64encode
from collections.abc import Callable
from random import Random
from typing import Final

from trunkline.connect.inputs import compiled
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema
from trunkline.testing.synthesis import PREFIX, Maker, both

_CHOICES: Final = ("oneOf", "anyOf")
_DEEPEST: Final = 6
_TRIES: Final = 30
_LETTERS: Final = "abcXYZ019 .,'\"-_/\\?&#%+@{}<>äßéŁ中🌵"
_ANYTHING: Final[tuple[JSON, ...]] = ("words", 7, 0.5, True, None, [], {}, ["one", 2], {"a": {"b": [1]}})


class Chance:
    """Makes inputs; the same seed makes the same ones."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)
        self._maker = Maker(1)

    def input(self, schema: Schema) -> JSONObject:
        """An object that fits `schema`: what it needs, and some of what it takes besides."""
        fits = compiled(schema).is_valid
        for _ in range(_TRIES):
            made = self._value(schema, 0)
            if fits(made):
                return as_object(made)
        plain = self._maker.fit(schema)
        assert fits(plain), "an input can be made of this schema"
        return as_object(plain)

    def _value(self, schema: Schema, depth: int) -> JSON:
        for one in as_list(schema.get("allOf")):
            schema = both(schema, as_object(one), "allOf")
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._random.choice(as_list(schema["enum"]))
        for word in _CHOICES:
            if word in schema:
                return self._value(both(schema, as_object(self._random.choice(as_list(schema[word]))), word), depth)
        return self._of_kind(self._random.choice(_kinds(schema)), schema, depth)

    def _of_kind(self, kind: str, schema: Schema, depth: int) -> JSON:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return self._text(schema)
            case "integer":
                return self._number(schema)
            case "number":
                return self._random.choice((self._number(schema), self._number(schema) + 0.5))
            case "boolean":
                return self._random.random() < 0.5
            case "null":
                return None
            case _:
                return self._random.choice(_ANYTHING)

    def _object(self, schema: Schema, depth: int) -> JSON:
        fields = {name: as_object(field) for name, field in as_object(schema.get("properties")).items()}
        needed = [str(name) for name in as_list(schema.get("required"))]
        optional = sorted(fields.keys() - set(needed))
        if depth < _DEEPEST:
            needed += self._random.sample(optional, self._random.randint(0, min(5, len(optional))))
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            least = max(0, _whole(schema, "minProperties", 0) - len(needed))
            needed += [f"Named {number}" for number in range(self._random.randint(least, least + 2))]
        return {name: self._value(fields.get(name, as_object(more)), depth + 1) for name in needed}

    def _array(self, schema: Schema, depth: int) -> JSON:
        least, most = _whole(schema, "minItems", 0), _whole(schema, "maxItems", 3)
        size = self._random.randint(least, max(least, min(most, least + 2))) if depth < _DEEPEST else least
        return [self._value(as_object(schema.get("items")), depth + 1) for _ in range(size)]

    def _number(self, schema: Schema) -> int:
        least, most = _whole(schema, "minimum", -1000), _whole(schema, "maximum", 1000)
        return self._random.choice((least, max(least, most), self._random.randint(least, max(least, most))))

    def _text(self, schema: Schema) -> str:
        if schema.get("contentEncoding") == "base64":
            return b64encode(self._random.randbytes(9)).decode()
        if (made := _FORMATS.get(str(schema.get("format")))) is not None:
            return made(self._random)
        least, most = _whole(schema, "minLength", 0), _whole(schema, "maxLength", 20)
        pattern = schema.get("pattern")
        if isinstance(pattern, str):
            prefix = PREFIX.fullmatch(pattern)
            return f"{prefix[1]}{self._random.randrange(10**8)}" if prefix else str(self._maker.fit(schema))
        size = self._random.randint(least, max(least, min(most, least + 20)))
        return "".join(self._random.choice(_LETTERS) for _ in range(size))


_FORMATS: Final[dict[str, Callable[[Random], str]]] = {
    "e164": lambda random: f"+{random.randint(10**7, 10**14)}",
    "email": lambda random: f"person.{random.randrange(1000)}@example.com",
    "date-time": lambda random: f"20{random.randint(20, 30)}-0{random.randint(1, 9)}-11T08:00:00.{random.randint(100, 999)}Z",
    "date": lambda random: f"20{random.randint(20, 30)}-0{random.randint(1, 9)}-11",
    "time": lambda random: f"0{random.randint(0, 9)}:30:00Z",
    "uri": lambda random: f"https://vendor.example/{random.randrange(1000)}",
    "uri-reference": lambda random: f"/{random.randrange(1000)}",
    "uuid": lambda random: f"00000000-0000-4000-8000-{random.randrange(10**12):012d}",
    "ipv4": lambda random: f"192.0.2.{random.randrange(256)}",
}


def _whole(schema: Schema, name: str, default: int) -> int:
    found = schema.get(name)
    return int(found) if isinstance(found, int | float) else default


def _kinds(schema: Schema) -> list[str]:
    told = schema.get("type")
    if told is None:
        return ["object"] if "properties" in schema else ["array"] if "items" in schema else [""]
    return sorted(str(one) for one in told) if isinstance(told, list) else [str(told)]
