"""One call out of many notifications: its parties come one by one, in any order, and queues add parties that nobody sees as calls.

The same call is told again by the call log; both give the same payload.
"""

import re
from collections.abc import Callable
from typing import Final

from trunkline.connectors.ringcentral.declaring import plain_object, text_in
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, boolean, integer, list_of, nullable, record, text

_OVER: Final = frozenset(("Disconnected", "Gone"))
_VOICEMAIL: Final = ("Voicemail", "Sent to Voicemail")
_MISSED: Final = frozenset(
    (*_VOICEMAIL, "Missed", "No Answer", "Abandoned", "Rejected", "Declined", "Busy", "Hang Up", "Callback requested")
)
_ANSWERED: Final = "Answered"
_WITHOUT_PLUS: Final = re.compile(r"[1-9][0-9]{9,14}")
_LOG_ANSWERED: Final = ("Accepted", "Call connected", "Answered Elsewhere")
_MOST_STEPS: Final = 500
"""As many steps of one call are told apart; longer ones are told by the call log."""

_SIDE: Final = record({name: nullable(text()) for name in ("number", "name", "extension_id", "extension_number")}, required=("number",))
CALL: Final[Schema] = record(
    {
        "id": text("The call's id, the same in events and in the call log (telephonySessionId)"),
        "session_id": nullable(text()),
        "direction": nullable(text(choices=("Inbound", "Outbound"))),
        "from": _SIDE,
        "to": _SIDE,
        "extensions": list_of(text(), "Ids of the extensions that took part"),
        "answered": boolean(),
        "missed": boolean("An inbound call that nobody answered"),
        "voicemail": boolean("The caller was sent to voicemail"),
        "result": nullable(text("As the call log says it, or the reason the last party ended with")),
        "started_at": nullable(text()),
        "ended_at": nullable(text()),
        "duration_s": nullable(integer()),
        "recording_id": nullable(text("The call log tells it a little after the end")),
    },
    required=("id", "direction", "from", "to", "answered", "missed"),
)
PAYLOAD: Final[Schema] = record({"call": CALL}, required=("call",))


def key(payload: JSONObject) -> str:
    return str(as_object(payload["call"])["id"])


# ── from a notification ──────────────────────────────────────────────────────────────────────────────────────────────


def notified(body: JSONObject) -> JSONObject | None:
    """What a notification of a telephony session says, still in its parts; None when it names no session."""
    session = body.get("telephonySessionId") or body.get("sessionId")
    parties = [plain_object(party) for party in as_list(body.get("parties"))]
    if not session or not parties:
        return None
    told: JSONObject = {
        "id": str(session),
        "session_id": text_in(body.get("sessionId")),
        "sequence": _whole(body.get("sequence")),
        "at": text_in(body.get("eventTime")),
        "parties": [*map(_party, parties)],
    }
    return {"call": told}


def _party(party: JSONObject) -> JSONObject:
    status = as_object(party.get("status"))
    return {
        "id": str(party.get("id") or party.get("extensionId") or ""),
        "direction": _direction(party.get("direction")),
        "from": _side(as_object(party.get("from"))),
        "to": _side(as_object(party.get("to"))),
        "extension": text_in(party.get("extensionId")),
        "code": text_in(status.get("code")),
        "reason": text_in(status.get("reason")),
        "missed": party.get("missedCall") if isinstance(party.get("missedCall"), bool) else None,
    }


def _side(side: JSONObject) -> JSONObject:
    number = text_in(side.get("phoneNumber"))
    return {
        "number": f"+{number}" if isinstance(number, str) and _WITHOUT_PLUS.fullmatch(number) else number,
        "name": text_in(side.get("name")),
        "extension_id": text_in(side.get("extensionId")),
        "extension_number": text_in(side.get("extensionNumber")),
    }


def _direction(value: JSON) -> JSON:
    return value if value in ("Inbound", "Outbound") else None


# ── from the call log ────────────────────────────────────────────────────────────────────────────────────────────────


def over(answer: JSON) -> list[JSON]:
    """The records of a page whose call has ended, one for each call: of several legs that of who answered, if anybody did."""
    calls: dict[str, JSONObject] = {}
    for one in map(as_object, as_list(as_object(answer).get("records"))):
        id = _call_id(one)
        if not id or one.get("finished") is False or one.get("result") == "In Progress":
            continue
        if id not in calls or (_is_answered(one) and not _is_answered(calls[id])):
            calls[id] = one
    return [*calls.values()]


def _call_id(item: JSONObject) -> str:
    """What its events know the call by; empty for a record that names none."""
    return next((str(text_in(item[name])) for name in ("telephonySessionId", "sessionId", "id") if text_in(item.get(name))), "")


def _is_answered(item: JSONObject) -> bool:
    return item.get("result") in _LOG_ANSWERED


def logged(item: JSONObject) -> JSONObject:
    """A record of the call log as the event it stands for."""
    found = plain_object(item)
    direction, result, seconds = _direction(found.get("direction")), text_in(found.get("result")), found.get("duration")
    missed = direction == "Inbound" and result in _MISSED
    legs = [found, *map(as_object, as_list(found.get("legs")))]
    extensions = {str(as_object(leg.get("extension")).get("id")) for leg in legs if leg.get("extension")}
    call: JSONObject = {
        "id": _call_id(found),
        "session_id": text_in(found.get("sessionId")),
        "direction": direction,
        "from": _side(as_object(found.get("from"))),
        "to": _side(as_object(found.get("to"))),
        "extensions": [*sorted(extensions)],
        "answered": _is_answered(found),
        "missed": missed,
        "voicemail": result in _VOICEMAIL,
        "result": result,
        "started_at": text_in(found.get("startTime")),
        "ended_at": None,
        "duration_s": seconds if isinstance(seconds, int) and not isinstance(seconds, bool) else None,
        "recording_id": text_in(as_object(found.get("recording")).get("id")),
    }
    return {"call": call}


# ── many into one ────────────────────────────────────────────────────────────────────────────────────────────────────


def gathering(wanted: Callable[[JSONObject], bool]) -> Callable[[JSON, JSONObject], tuple[JSON, JSONObject | None]]:
    """A trigger's `fold`: the call once it is over, if it is a `wanted` one; never a second time.

    While it could still turn out otherwise, because a step is on its way or lost, it waits for that step or for the call log.
    """

    def fold(before: JSON, payload: JSONObject) -> tuple[JSON, JSONObject | None]:
        told = as_object(payload["call"])
        state: JSONObject = dict(as_object(before))
        if state.get("over") is True:
            return before, None
        if "parties" not in told:
            return {"over": True}, payload if wanted(told) else None
        parties = _known(state, told)
        state = {**state, "parties": parties, "steps": _steps(state, told), **_times(state, told, parties)}
        if not _is_settled(state):
            return state, None
        call = _call(told, state, parties)
        return {"over": True}, {"call": call} if wanted(call) else None

    return fold


def _known(state: JSONObject, told: JSONObject) -> JSONObject:
    """Each party as its newest notification has it; that somebody answered is never forgotten, nor that the party was once alive."""
    parties = dict(as_object(state.get("parties")))
    sequence = _whole(told["sequence"])
    for party in map(as_object, as_list(told["parties"])):
        id = str(party["id"])
        last = as_object(parties.get(id))
        newest = last if "sequence" in last and _whole(last["sequence"]) > sequence else {**party, "sequence": sequence}
        codes = (party.get("code"), last.get("code"))
        parties[id] = {
            **newest,
            "alive": last.get("alive") is True or party.get("code") not in _OVER,
            "answered": last.get("answered") is True or _ANSWERED in codes,
            "voicemail": last.get("voicemail") is True or "VoiceMail" in codes,
        }
    return parties


def _steps(state: JSONObject, told: JSONObject) -> list[JSON]:
    """The sequence numbers seen so far."""
    seen: list[JSON] = [*sorted({*map(_whole, as_list(state.get("steps"))), _whole(told["sequence"])})]
    return seen[:_MOST_STEPS]


def _is_settled(state: JSONObject) -> bool:
    """Whether the call is over, and nothing that was not seen can change what is said of it.

    So it is when no step is missing, or when the vendor says of every party that it missed the call. Otherwise each party has to have been
    seen before its end, and how the call went has to be clear.
    """
    parties = [as_object(party) for party in as_object(state["parties"]).values()]
    if not parties or any(party.get("code") not in _OVER for party in parties):
        return False
    if _is_complete(state) or all(party.get("missed") is True for party in parties):
        return True
    clear = any(party.get("answered") is True or party.get("voicemail") is True for party in parties) or _first(parties) != "Inbound"
    return clear and all(party.get("alive") is True for party in parties)


def _is_complete(state: JSONObject) -> bool:
    """Whether every step was seen. Steps are counted from one; a subscription to one extension is not told those of others."""
    steps = [_whole(one) for one in as_list(state.get("steps"))]
    return min(steps) <= 1 and len(steps) == max(steps) - min(steps) + 1


def _first(parties: list[JSONObject]) -> JSON:
    return min(parties, key=lambda party: _place(str(party.get("id")))).get("direction")


def _times(state: JSONObject, told: JSONObject, parties: JSONObject) -> JSONObject:
    times = [at for at in (state.get("first"), state.get("last"), told.get("at")) if isinstance(at, str)]
    return {"first": min(times, default=None), "last": max(times, default=None)} if parties else {}


def _call(told: JSONObject, state: JSONObject, parties: JSONObject) -> JSONObject:
    """The call as its first party began it: parties that a queue or a transfer added come after."""
    every = sorted(map(as_object, parties.values()), key=lambda party: _place(str(party.get("id"))))
    first, last = every[0], max(every, key=lambda party: _whole(party["sequence"]))
    direction = first.get("direction")
    answered = any(party.get("answered") is True and party.get("voicemail") is not True for party in every)
    voicemail = any(party.get("voicemail") is True for party in every)
    return {
        "id": told["id"],
        "session_id": told["session_id"],
        "direction": direction,
        "from": first["from"],
        "to": first["to"],
        "extensions": [*sorted({str(party["extension"]) for party in every if party.get("extension")})],
        "answered": answered,
        "missed": direction == "Inbound" and not answered and (voicemail or _says_missed(every)),
        "voicemail": voicemail,
        "result": last.get("reason"),
        "started_at": state.get("first"),
        "ended_at": state.get("last"),
        "duration_s": None,
        "recording_id": None,
    }


def _says_missed(parties: list[JSONObject]) -> bool:
    """As the vendor says of a party that is over. Where it does not, a call that nobody was seen to answer is missed.

    What the vendor says counts more: the step in which somebody answered may come after the end, or never.
    """
    said = [party["missed"] for party in parties if isinstance(party.get("missed"), bool)]
    return True in said if said else True


def _whole(value: JSON) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _place(id: str) -> tuple[int, str]:
    """`p-a0d17e323f0fez1953f50f90dz296e3440000-2` is the second party of its call."""
    number = id.rpartition("-")[2]
    return (int(number) if number.isdecimal() else 0, id)
