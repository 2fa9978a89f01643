"""The vendor's misspelt words: the right ones are taken as well, and told beside them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import Schema

# On the wire they are so in the official description of 2026-05-01; that of version 3 has the right word beside or instead of the first.
RIGHT: Final[Mapping[str, str]] = {
    "succeded": "succeeded",
    "buiseness": "business",
    "appoinmentPerSlot": "appointmentPerSlot",
    "appoinmentPerDay": "appointmentPerDay",
}


def well_spelled(operation: Operation) -> Operation:
    """The same call, which takes and tells both words."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        return told(await caller.call(operation, sent(input)))

    return replace(operation, call=perform, takes=lambda: both(operation.input), gives=lambda: both(operation.output))


def told(answer: JSON) -> JSON:
    """The answer with the right word beside each misspelt one, at any depth."""
    if isinstance(answer, list):
        return [told(one) for one in answer]
    if not isinstance(answer, dict):
        return answer
    known = {name: told(value) for name, value in answer.items()}
    return {**{RIGHT[name]: value for name, value in known.items() if name in RIGHT}, **known}


def sent(input: JSONObject) -> JSONObject:
    """The input in the vendor's words; where both are given, the right one counts."""
    wrong = {right: name for name, right in RIGHT.items()}
    right = {wrong[name]: value for name, value in input.items() if name in wrong}
    return {**{name: value for name, value in input.items() if name not in wrong}, **right}


def both(schema: Schema) -> Schema:
    """The schema of what has both words."""
    made = dict(schema)
    if isinstance(items := schema.get("items"), dict):
        made["items"] = both(items)
    if isinstance(fields := schema.get("properties"), dict):
        known = {name: both(as_object(field)) for name, field in fields.items()}
        made["properties"] = {**{RIGHT[name]: field for name, field in known.items() if name in RIGHT}, **known}
    return made
