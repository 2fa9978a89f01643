"""The call log, its sync, recordings, and RingOut: all heavy."""

from typing import Final

from trunkline.connect.declaration import Caller, NextPage, Operation
from trunkline.connectors.ringcentral.declaring import ACCOUNT, EXTENSION, by_page, composed, declared, listed, syncing, token_of
from trunkline.connectors.ringcentral.facts import MEDIA
from trunkline.connectors.ringcentral.numbers import NUMBER, e164, without_plus
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import boolean, integer, record, text

_FILTER: Final = {"phoneNumber": NUMBER}
_ABOUT: Final = "The last 24 hours unless dateFrom is told. A call stands here shortly after its end"


def _plus_less(operation: Operation, **facts: object) -> Operation:
    """The same list, whose number may be spelt in any way."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        number = input.get("phoneNumber")
        if isinstance(number, str):
            input = {**input, "phoneNumber": without_plus(number, caller.account, field="phoneNumber")}
        return await caller.call(operation, input)

    return composed(operation, perform, **facts)


_USER: Final = listed(f"GET {EXTENSION}/call-log", "call_log.user_list", "List calls of an extension", "Calls", add=_FILTER)
_COMPANY: Final = listed(f"GET {ACCOUNT}/call-log", "call_log.company_list", "List calls of the company", "Calls", add=_FILTER)
USER_LIST: Final = _plus_less(_USER, about=_ABOUT)
COMPANY_LIST: Final = _plus_less(_COMPANY, about=f"{_ABOUT}. Needs the permission for the full company call log")


def _next_changes() -> NextPage:
    """On with the token just told, while there are newer changes."""

    def next_page(input: JSONObject, answer: JSON) -> JSONObject | None:
        more = as_object(as_object(answer).get("syncInfo")).get("newerRecordsExist") is True
        token = token_of(answer)
        kept = {name: value for name, value in input.items() if name != "dateFrom"}
        return {**kept, "syncType": "ISync", "syncToken": token} if more and token else None

    return next_page


_COUNT: Final = {"recordCount": integer("How many at most", minimum=1, maximum=250)}
_SYNC_ABOUT: Final = "The newest calls without a token, then what came since. Starts over by itself when the token is too old"
USER_SYNC: Final = syncing(
    declared(
        f"GET {EXTENSION}/call-log-sync",
        "call_log.user_sync",
        "Calls of an extension since a sync token",
        "Calls",
        items="records",
        id_field="id",
        add=_COUNT,
    ),
    about=_SYNC_ABOUT,
)
COMPANY_SYNC: Final = syncing(
    declared(
        f"GET {ACCOUNT}/call-log-sync",
        "call_log.company_sync",
        "Calls of the company since a sync token",
        "Calls",
        items="records",
        id_field="id",
        add=_COUNT,
    ),
    about=_SYNC_ABOUT,
)
EXTRACT_SYNC: Final = syncing(
    declared(
        f"GET {ACCOUNT}/call-log-extract-sync",
        "call_log.company_extract_sync",
        "Call records of the company by their modification",
        "Calls",
        items="records",
        id_field="id",
        next_page=_next_changes(),
        add={"recordCount": integer("How many at once", minimum=1, maximum=1000)},
    ),
    about="Every change in its order, up to 1000 at once; starts over by itself when the token is too old",
)


async def _listed(caller: Caller, input: JSONObject) -> JSON:
    rest = {name: value for name, value in input.items() if name != "company"}
    return await caller.call(_COMPANY if input.get("company") else _USER, rest)


WATCHED: Final = Operation(
    id="call_log.watched",
    title="Calls of an extension or the company",
    category="Calls",
    kind="read",
    call=_listed,
    takes=lambda: record({**as_object(_USER.input["properties"]), "company": boolean()}, required=()),  # pyright: ignore[reportArgumentType]  # a schema's properties are schemas
    gives=lambda: _USER.output,
    items="records",
    id_field="id",
    next_page=by_page(),
    group=_USER.group,
)
"""What the polls of calls read; not offered by itself."""


async def _ring(caller: Caller, input: JSONObject) -> JSON:
    """The vendor's nested numbers made of plain ones."""
    numbers: JSONObject = {
        name: {"phoneNumber": e164(str(input[name]), caller.account, field=name)} for name in ("from", "to", "callerId") if input.get(name)
    }
    return await caller.call(_RINGOUT, {**input, **numbers})


_RINGOUT: Final = declared(f"POST {EXTENSION}/ring-out", "ringout.create", "Start RingOut call", "Calls", id_field="id")
RINGOUT: Final = composed(
    _RINGOUT,
    _ring,
    about="Rings `from` first; when it is answered, `to` is called. A repeat after a lost answer would ring again, so a person decides",
    takes=record(
        {
            "from": NUMBER,
            "to": NUMBER,
            "callerId": NUMBER,
            "playPrompt": boolean("Ask the first party to press 1 before the second is called"),
            "accountId": text(),
            "extensionId": text(),
        },
        required=("from", "to"),
    ),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    USER_LIST,
    USER_SYNC,
    declared(f"GET {EXTENSION}/call-log/{{callRecordId}}", "call_log.user_get", "Get call record", "Calls", add={"callRecordId": text()}),
    COMPANY_LIST,
    COMPANY_SYNC,
    EXTRACT_SYNC,
    declared(
        f"GET {ACCOUNT}/call-log/{{callRecordId}}", "call_log.company_get", "Get company call record", "Calls", add={"callRecordId": text()}
    ),
    declared(f"GET {ACCOUNT}/recording/{{recordingId}}", "recordings.get", "Get call recording data", "Calls", id_field="id"),
    declared(
        f"GET {ACCOUNT}/recording/{{recordingId}}/content",
        "recordings.content",
        "Download call recording",
        "Calls",
        call={"host": MEDIA, "file": True},
    ),
    RINGOUT,
)
