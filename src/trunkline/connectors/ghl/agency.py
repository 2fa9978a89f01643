"""The agency a connection belongs to: named by its option, else told by its sub-account."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.ghl.declaring import declared
from trunkline.model.errors import MappingError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_object

_MAX_AGE_S: Final = 86_400
_HINT: Final = "Give the connection the option company: the agency's id stands in its settings."

LOCATION: Final = declared(
    "GET /locations/{locationId}",
    "locations.get",
    "Find Location by ID",
    "Other Operations",
    about="The connection's own when no id is given",
    record="location",
    id_field="id",
)


def with_company(operation: Operation, *, before: Callable[[JSONObject], JSONObject] | None = None, **facts: Any) -> Operation:
    """The same call with `companyId` filled in: the vendor asks for it even where a token belongs to one sub-account."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        told = before(input) if before else input
        return await caller.call(operation, {**told, "companyId": told.get("companyId") or await company(caller)})

    return replace(operation, call=perform, **facts)


async def company(caller: Caller) -> str:
    """The agency's id; raises `MappingError` when neither the connection nor its sub-account tells it."""
    known = caller.account.options.get("company")
    if isinstance(known, str) and known:
        return known
    found = await caller.memory.recall("company", lambda: _of_location(caller), max_age_s=_MAX_AGE_S) if _has_location(caller) else None
    if not isinstance(found, str) or not found:
        raise MappingError("companyId is missing", field="companyId", hint=_HINT)
    return found


def _has_location(caller: Caller) -> bool:
    return bool(caller.account.options.get("location"))


async def _of_location(caller: Caller) -> JSON:
    try:
        answer = as_object(await caller.call(LOCATION, {}))
    except RejectedError as refusal:
        raise MappingError("companyId is missing, and the sub-account does not tell it", field="companyId", hint=_HINT) from refusal
    return as_object(answer.get("location")).get("companyId")
