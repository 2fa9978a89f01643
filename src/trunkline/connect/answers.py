"""From an answer to what it means: the connector's own table first, then the general one; pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from trunkline.connect.declaration import Connector, Operation
from trunkline.connect.masking import mask, words_of
from trunkline.model.clock import SECOND, Instant, later
from trunkline.model.errors import (
    OutcomeUnknownError,
    RateLimitedError,
    ReconnectError,
    RejectedError,
    RemoteError,
    UnavailableError,
)
from trunkline.model.http import Response
from trunkline.model.json import JSON, MAX_DEPTH, as_object, depth_exceeds

_LONGEST_WAIT_S: Final = 86_400
_REQUEST_ID_HEADERS: Final = ("x-request-id", "request-id", "x-correlation-id", "x-trace-id", "x-amzn-requestid", "cf-ray")
_REQUEST_ID_FIELDS: Final = ("traceId", "trace", "requestId", "request_id")

_MEANING: Final[Mapping[int, tuple[type[RemoteError], type[RemoteError]]]] = {
    # status: (of a read, of a write)
    401: (ReconnectError, ReconnectError),
    408: (UnavailableError, OutcomeUnknownError),
    425: (UnavailableError, UnavailableError),
    429: (RateLimitedError, RateLimitedError),
    501: (RejectedError, RejectedError),
    503: (UnavailableError, UnavailableError),
}
_OTHER_5XX: Final = (UnavailableError, OutcomeUnknownError)

_HINTS: Final[Mapping[int, str]] = {
    401: "Reconnect: the credential is expired, revoked or wrong.",
    403: "The credential lacks a permission for this, or has no access to this account.",
    404: "It does not exist there (any more), or the credential cannot see it.",
    429: "It is tried again when the vendor allows it.",
}


def judge(
    response: Response,
    operation: Operation,
    connector: Connector,
    *,
    now: Instant,
    secrets: Sequence[str] | Callable[[], Sequence[str]] = (),
) -> None:
    """Return when the answer is good; else raise the `RemoteError` that says what happens next. `secrets` (or what gives them, as most
    answers are good) are masked in its text.

    `{scopes}` in a hint of the connector becomes the scopes the operation needs.
    """
    means, hint = _meaning(response, operation, connector)
    if means is None:
        return
    secrets = secrets() if callable(secrets) else secrets
    words = explain(response, connector, secrets)
    text = f"{connector.name} answered {response.status}" + (f": {words}" if words else "")
    error = means(
        text,
        hint=hint.replace("{scopes}", _listed(operation.scopes)) or _HINTS.get(response.status, ""),
        connector=connector.id,
        operation=operation.id,
        status=response.status,
        request_id=mask(request_id(response) or "", secrets) or None,
    )
    if isinstance(error, UnavailableError):
        error.retry_at = retry_at(response, connector, now=now)
    raise error


def parse(response: Response, operation: Operation, connector: Connector) -> JSON:
    """The JSON of a good answer. Something else with a good status (a proxy's page, a cut body) is an answer that was lost."""
    try:
        body = response.json()
    except ValueError as exc:
        raise _unreadable(response, operation, connector, "its answer is not JSON") from exc
    if response.body.count(b"[") + response.body.count(b"{") > MAX_DEPTH and depth_exceeds(body):
        raise _unreadable(response, operation, connector, f"its answer is nested deeper than {MAX_DEPTH} levels")
    return body


def explain(response: Response, connector: Connector, secrets: Sequence[str] = ()) -> str:
    """The vendor's own words for an error, without `secrets`, on one line and bounded; empty when it said nothing readable."""
    return words_of(connector.explain(response) if connector.explain else _usual_words(response), secrets)


def retry_at(response: Response, connector: Connector, *, now: Instant) -> Instant | None:
    """When the vendor wants to be asked again, at most a day ahead: its `Retry-After`, else the reset its quota headers tell."""
    wait_s = _retry_after_s(response.headers.get("retry-after", ""), now)
    if wait_s is None and connector.quota is not None and response.status == 429:
        quota = connector.quota(response.headers)
        wait_s = quota.reset_s if quota else None
    return None if wait_s is None else later(now, min(max(wait_s, 0), _LONGEST_WAIT_S))


def request_id(response: Response) -> str | None:
    """The id under which the vendor's support finds this request."""
    for header in _REQUEST_ID_HEADERS:
        if found := response.headers.get(header):
            return found[:200]
    body = _body(response)
    for name in _REQUEST_ID_FIELDS:
        found = body.get(name)
        if isinstance(found, str) and found:
            return found[:200]
    return None


def _meaning(response: Response, operation: Operation, connector: Connector) -> tuple[type[RemoteError] | None, str]:
    for row in connector.answers:
        if row.status == response.status and (row.when is None or row.when(response)) and (row.of is None or row.of(operation)):
            return row.means, row.hint
    if response.ok:
        return None, ""
    fallback = _OTHER_5XX if response.status >= 500 else (RejectedError, RejectedError)
    of_read, of_write = _MEANING.get(response.status, fallback)
    return (of_write if operation.kind == "write" else of_read), ""


def _listed(scopes: Sequence[str]) -> str:
    return ", ".join(scopes) or "this operation needs"


def _unreadable(response: Response, operation: Operation, connector: Connector, what: str) -> RemoteError:
    means = OutcomeUnknownError if operation.kind == "write" else UnavailableError
    return means(
        f"{connector.name} answered {response.status}, but {what}",
        connector=connector.id,
        operation=operation.id,
        status=response.status,
        request_id=response.headers.get("x-request-id"),
    )


def _usual_words(response: Response) -> str:
    """The places where vendors put their explanation; those of a page made for people are no use."""
    if response.body.lstrip()[:1] == b"<":
        return "an HTML page instead of JSON"
    body = _body(response)
    inner = body.get("error")
    for source in (body, inner if isinstance(inner, dict) else {}):
        for name in ("message", "error_description", "detail", "msg", "title", "error"):
            if words := _text(source.get(name)):
                return words
    return _text(body.get("errors"))


def _text(value: JSON) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(filter(None, (_text(item) for item in value)))
    if isinstance(value, dict):
        return _text(value.get("message"))
    return ""


def _body(response: Response) -> Mapping[str, JSON]:
    try:
        return as_object(response.json())
    except ValueError:
        return {}


def _retry_after_s(text: str, now: Instant) -> float | None:
    """RFC 9110, 10.2.3: seconds or an HTTP date."""
    text = text.strip()
    if text.replace(".", "", 1).isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime.fromtimestamp(now / SECOND, UTC)).total_seconds()
