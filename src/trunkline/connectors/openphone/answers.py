"""What the vendor's refusals mean: its codes, the errors of both surfaces and of the gateway, and the budget its headers tell of."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from trunkline.connect.declaration import Answer, Operation, Quota
from trunkline.model.errors import OutcomeUnknownError, ReconnectError, RejectedError, UnavailableError
from trunkline.model.http import Response
from trunkline.model.json import JSONObject, as_list, as_object

_PARAMETER: Final = re.compile(r"\b([qwrt])=(\d+)")


def quota(headers: Mapping[str, str]) -> Quota | None:
    """`ratelimit-policy: "per-second"; q=10; w=1` and `ratelimit: "per-second"; r=9; t=1`, as seen on a live call, 2026-08-30."""
    told = {name: int(value) for header in ("ratelimit-policy", "ratelimit") for name, value in _PARAMETER.findall(headers.get(header, ""))}
    if not told:
        return None
    return Quota(calls=told.get("q"), per_s=told.get("w"), remaining=told.get("r"), reset_s=told.get("t"))


def explain(response: Response) -> str:
    """Title, message and the places that are wrong, never the values: of both surfaces and of the gateway."""
    body = _body(response)
    if not body:
        return "an HTML page instead of JSON" if response.body.lstrip()[:1] == b"<" else ""
    inner = as_object(body.get("error")) or body
    words = [str(inner[name]) for name in ("title", "message") if inner.get(name)]
    places = [str(problem["path"]) for problem in map(as_object, as_list(body.get("errors"))) if problem.get("path")]
    return ": ".join(dict.fromkeys(words)) + (f" (at {', '.join(places)})" if places else "")


def _body(response: Response) -> JSONObject:
    try:
        return as_object(response.json())
    except ValueError:
        return {}


def _coded(*codes: str) -> Callable[[Response], bool]:
    """Whether the answer's `code` is one of these. The first two digits name the area, the last three repeat the status."""

    def matches(response: Response) -> bool:
        return _body(response).get("code") in codes

    return matches


_TEXTS_OUT: Final = frozenset(("POST /v1/messages", "POST /messages/{messageId}/retry"))


def _sends(operation: Operation) -> bool:
    """Whether a text goes out, by an operation of ours or by a plain call."""
    return operation.endpoint in _TEXTS_OUT


ANSWERS: Final = (
    Answer(
        status=503,  # elsewhere it means that surely nothing was done; a text that is sent again for a mistaken 503 cannot be taken back
        means=OutcomeUnknownError,
        of=_sends,
        hint="Look into the conversation whether the text is there before it is sent again.",
    ),
    Answer(
        status=400,
        means=RejectedError,
        when=_coded("0206400"),
        hint="US numbers may text only after carrier registration (A2P): finish it in the app; repeating does not help.",
    ),
    Answer(
        status=400,
        means=RejectedError,
        when=_coded("0801400"),
        hint="A custom field is unknown or has a value of another type: compare contact_custom_fields.list.",
    ),
    Answer(status=400, means=RejectedError, when=_coded("0101400"), hint="It is a group call, which this call of the vendor leaves out."),
    Answer(
        status=400,
        means=RejectedError,
        when=_coded("0305400"),
        hint="The webhook is of another generation: webhooks.list tells which one it is of.",
    ),
    Answer(
        status=401,
        means=ReconnectError,
        hint="Make a new key in the workspace settings (API) and give it to the connection as it is, without `Bearer`.",
    ),
    Answer(
        status=402,
        means=RejectedError,
        when=_coded("0600402"),
        hint="The workspace has as many open tasks as its plan allows: complete or delete some.",
    ),
    Answer(status=402, means=ReconnectError, hint="The workspace's plan has lapsed: renew it, then test the connection."),
    Answer(
        status=403,
        means=UnavailableError,
        when=_coded("0204403"),
        hint="The carrier's daily cap for this number is reached; it is tried again later.",
    ),
    Answer(
        status=403,
        means=RejectedError,
        when=_coded("0202403"),
        hint="The user is no member of the sending number: leave userId out, or add the user to the number in the app.",
    ),
    Answer(
        status=403,
        means=RejectedError,
        when=_coded("0101403", "0801403", "1001403"),
        hint="Nobody this key speaks for is a member of the number: add a member in the app.",
    ),
    Answer(
        status=409,
        means=RejectedError,
        when=_coded("0800409"),
        hint="A contact with this external id exists: use contacts.upsert.",
    ),
)
