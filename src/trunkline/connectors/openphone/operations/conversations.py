"""Conversations. The dated surface alone sorts them; v1 alone filters by user and activity."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, Operation, Perform
from trunkline.connectors.openphone.surface import (
    CHANGED,
    ENDPOINTS,
    INCLUSIVE,
    MOST,
    NEXT_PAGE,
    V1,
    dated,
    described,
    first,
    listed,
    number_id,
    one_of_those,
    paged,
    pages_of,
    user_id,
    within,
)
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import boolean, list_of, nullable, one_of, record, text

_CATEGORY: Final = "Conversations"
_CONVERSATION: Final = described("GET /conversations")
_DATED: Final = ENDPOINTS.operation("GET /conversations", id="conversations.list")
_V1: Final = ENDPOINTS.operation("GET /v1/conversations", id="conversations.list", call={"defaults": {"maxResults": MOST}})
_ONLY_V1: Final = ("userId", "excludeInactive")

_sorted = listed(_DATED, dated({**INCLUSIVE, **CHANGED, "phoneNumbers": "phoneNumberId[in]"}))
_filtered = listed(_V1, V1)


async def list_conversations(caller: Caller, input: JSONObject) -> JSON:
    """By v1 where it is asked for what only v1 knows, else by the dated surface."""
    reason = next((name for name in _ONLY_V1 if name in input), None) or _spelt_out(input)
    if reason is None:
        return await _sorted(caller, input)
    if "sort" in input:
        raise MappingError(f"sort does not go together with {reason}", field="sort", hint="They come newest first then.")
    return await _filtered(caller, input)


def _spelt_out(input: JSONObject) -> str | None:
    """v1 takes numbers where the dated surface wants their ids."""
    return "phoneNumbers in E.164" if any(not str(one).startswith("PN") for one in as_list(input.get("phoneNumbers"))) else None


async def find(caller: Caller, input: JSONObject) -> JSON:
    """The vendor filters by its own numbers only, so those of the number are walked, the liveliest first, until the others agree."""
    wanted = set(map(str, as_list(input["participants"])))
    asked: JSONObject = {"phoneNumbers": [input["phoneNumberId"]], "sort": "updatedAt:desc", "maxResults": MOST}
    return {"data": await first(caller, _sorted, asked, lambda one: set(map(str, as_list(one.get("participants")))) == wanted)}


def wrapped(call: Operation) -> Perform:
    """v1 answers these with the bare conversation, and everything else under `data`."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        answer = as_object(await caller.call(call, input))
        return answer if "data" in answer else {"data": answer}

    return perform


def _mark(state: str, title: str, about: str) -> Operation:
    call = ENDPOINTS.operation(f"POST /v1/conversations/{{conversationId}}/mark-as-{state}", id=f"conversations.mark_{state}")
    return replace(
        call,
        title=title,
        category=_CATEGORY,
        about=about,
        call=wrapped(call),
        takes=record({"conversationId": text("The conversation's id", pattern="^CN")}, required=("conversationId",)),
        gives=one_of_those(_CONVERSATION),
        repeat="safe",
        record="data",
        id_field="id",
        updated_field="updatedAt",
        sample=f"conversations.mark_{state}.json",
    )


LIST: Final[Operation] = replace(
    _DATED,
    title="List conversations",
    category=_CATEGORY,
    about="Of the whole workspace or of some of its numbers",
    call=list_conversations,
    takes=paged(
        {
            "phoneNumbers": list_of(
                one_of(number_id(), text(format="e164")), "Numbers of the workspace, by id or in E.164", min_items=1, max_items=100
            ),
            "userId": user_id("Of this user; cannot be sorted"),
            "excludeInactive": boolean("Leave out inactive ones; cannot be sorted"),
            **within("conversations made"),
            "updatedAfter": text("Only those changed from then on", format="date-time"),
            "updatedBefore": text("Only those changed until then", format="date-time"),
            "sort": text(choices=("createdAt:asc", "createdAt:desc", "updatedAt:asc", "updatedAt:desc")),
        }
    ),
    gives=pages_of(_CONVERSATION),
    items="data",
    id_field="id",
    updated_field="updatedAt",
    next_page=NEXT_PAGE,
    sample="conversations.list.json",
)

FIND: Final[Operation] = replace(
    _DATED,
    id="conversations.find",
    title="Find conversation",
    category=_CATEGORY,
    about="That of a number of the workspace with exactly these others; null when there is none. Walks the number's conversations",
    call=find,
    takes=record(
        {
            "phoneNumberId": number_id(),
            "participants": list_of(text(format="e164"), "The others' numbers", min_items=1, max_items=10),
        },
        required=("phoneNumberId", "participants"),
    ),
    gives=lambda: record({"data": nullable(_CONVERSATION())}, required=("data",), open=True),
    record="data",
    id_field="id",
    updated_field="updatedAt",
    sample="conversations.find.json",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    FIND,
    _mark("read", "Mark conversation as read", "Whether it is read cannot be asked"),
    _mark("done", "Mark conversation as done", "Whether it is done cannot be asked"),
    _mark("open", "Mark conversation as open", "Takes it back among those to be done"),
)
