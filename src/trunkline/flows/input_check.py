"""Checking an input, written as constants and expressions, against the schema of the operation it is for."""

from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from trunkline.flows import types
from trunkline.flows.language.text import has_expression, is_constant
from trunkline.flows.problems import nearest
from trunkline.flows.reading import Path
from trunkline.flows.values import Findings, ValueCheck
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema

_LEAF_RULES = ("type", "enum", "const", "pattern", "format", "minLength", "maxLength", "minimum", "maximum", "multipleOf")


@dataclass(slots=True)
class InputCheck:
    """One input against one schema."""

    findings: Findings
    values: ValueCheck
    root: Schema

    def check(self, value: JSONObject, path: Path) -> None:
        self._fit(value, self.root, path)

    def _fit(self, value: JSON, schema: Schema, path: Path) -> None:
        """Report where `value` cannot fit. Of several alternatives the one with the fewest problems speaks."""
        alternatives = types.ways(schema, self.root)
        best: Findings | None = None
        for alternative in alternatives:
            tried = Findings(self.findings.places)
            trial = InputCheck(tried, ValueCheck(tried, self.values.scope, self.values.missing), self.root)
            trial.fit_one(value, alternative, path, only=len(alternatives) == 1)
            if best is None or len(tried.problems) < len(best.problems):
                best = tried
            if not best.problems:
                return
        if best is not None:
            self.findings.problems.extend(best.problems if len(alternatives) == 1 else self._chosen(best, value, alternatives, path))

    def _chosen(self, best: Findings, value: JSON, alternatives: list[Schema], path: Path) -> list[Any]:
        """For a text or number that fits none of several alternatives: say all of them at once."""
        wanted = frozenset(kind for one in alternatives for kind in types.kinds(one, self.root))
        if isinstance(value, dict | list) or len(best.problems) != 1 or "wants" not in best.problems[0].message:
            return best.problems
        found = Findings(self.findings.places)
        given = types.kinds(ValueCheck(Findings(best.places), self.values.scope, self.values.missing).value(value, path))
        if types.fits(given, wanted):
            return best.problems
        found.error(path, f"`{_name(path)}` wants {types.words(wanted)}, not {types.words(given)}")
        return found.problems

    def fit_one(self, value: JSON, schema: Schema, path: Path, *, only: bool) -> None:
        wanted = types.kinds(schema, self.root)
        if isinstance(value, str) and not is_constant(value):
            self._expression(value, wanted, path)
        elif isinstance(value, dict):
            if not self._mismatch(wanted, "object", path):
                self._object(value, schema, path)
        elif isinstance(value, list):
            if not self._mismatch(wanted, "array", path):
                self._list(value, schema, path)
        elif not (value is None and only and "null" in wanted):
            self._constant(value, schema, path)

    def _mismatch(self, wanted: frozenset[str], kind: str, path: Path) -> bool:
        if kind in wanted:
            return False
        self.findings.error(path, f"`{_name(path)}` wants {types.words(wanted)}, not {types.words(frozenset({kind}))}")
        return True

    def _expression(self, value: str, wanted: frozenset[str], path: Path) -> None:
        given = types.kinds(self.values.value(value, path))
        if not types.fits(given, wanted):
            hint = _conversion(given, wanted)
            self.findings.error(path, f"`{_name(path)}` wants {types.words(wanted)}, but the expression gives {types.words(given)}", hint)

    def _object(self, value: JSONObject, schema: Schema, path: Path) -> None:
        fields = as_object(schema.get("properties"))
        extra = schema.get("additionalProperties")
        for name, item in value.items():
            here = (*path, name)
            if name in fields:
                self._fit(item, as_object(fields[name]), here)
            elif extra is False:
                self.findings.error(here, f"`{_name(path)}` has no field `{name}`", nearest(name, fields), key=True)
                self.values.value(item, here)
            else:
                self._fit(item, as_object(extra), here)
        for name in as_list(schema.get("required")):
            if isinstance(name, str) and name not in value:
                self.findings.error(path, f"`{_name(path)}` needs `{name}`", _near_miss(name, value, fields), key=True)

    def _list(self, value: list[JSON], schema: Schema, path: Path) -> None:
        for index, item in enumerate(value):
            self._fit(item, as_object(schema.get("items")), (*path, index))
        most, least = schema.get("maxItems"), schema.get("minItems")
        if isinstance(most, int) and len(value) > most and not any(map(has_expression, value)):
            self.findings.error(path, f"`{_name(path)}` takes at most {most} items")
        if isinstance(least, int) and len(value) < least:
            self.findings.error(path, f"`{_name(path)}` needs at least {least} items")

    def _constant(self, value: JSON, schema: Schema, path: Path) -> None:
        given = frozenset({types.kind_of(value)})
        wanted = types.kinds(schema, self.root)
        if (value is None and "null" not in wanted) or (value is not None and not types.fits(given, wanted)):
            self.findings.error(path, f"`{_name(path)}` wants {types.words(wanted)}, not {types.words(given)}", _null_hint(value))
            return
        choices = as_list(schema.get("enum"))
        if choices and value not in choices:
            hint = nearest(str(value), (str(choice) for choice in choices))
            self.findings.error(path, f"`{_name(path)}` does not know this choice", hint)
            return
        for message in _broken_rules(value, schema):
            self.findings.error(path, f"`{_name(path)}`: {message}")


def _broken_rules(value: JSON, schema: Schema) -> list[str]:
    leaf = {rule: schema[rule] for rule in _LEAF_RULES if rule in schema}
    try:
        validator: Any = jsonschema_rs.validator_for(leaf, validate_formats=True)
        return [str(error.message) for error in validator.iter_errors(value)][:1]
    except ValueError:  # a vendor's schema that is none itself: nothing can be said
        return []


def _name(path: Path) -> str:
    """The part of a path that people know an input field by."""
    inside = list(path[path.index("input") :]) if "input" in path else list(path)
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in inside[1:])
    return text.removeprefix(".") or "input"


def _conversion(given: frozenset[str], wanted: frozenset[str]) -> str:
    real = given - {"null"}
    if "string" in wanted and real <= {"array"}:
        return "Make text of it with `join`, or take one item with `first`."
    if "string" in wanted:
        return "Make text of it with the filter `string`."
    if wanted & {"number", "integer"} and real <= {"string"}:
        return "Make a number of it with the filter `number` or `int`."
    if "array" in wanted and "array" not in real:
        return 'Put it in a list: ["{{ … }}"].'
    return ""


def _null_hint(value: JSON) -> str:
    return "Leave the field out instead of writing null." if value is None else ""


def _near_miss(name: str, value: JSONObject, fields: JSONObject) -> str:
    unknown = [given for given in value if given not in fields]
    hint = nearest(name, unknown)
    return f"`{unknown[0]}` is not known; was it meant?" if hint.startswith("Did") and unknown else ""
