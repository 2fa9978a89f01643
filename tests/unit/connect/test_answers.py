"""From an answer to what happens next."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from trunkline.connect.answers import explain, judge, parse, retry_at
from trunkline.connect.declaration import Answer, Connector, Kind, Operation, Quota, bearer, get
from trunkline.model.clock import SECOND, Instant, from_iso
from trunkline.model.errors import (
    OutcomeUnknownError,
    RateLimitedError,
    ReconnectError,
    RejectedError,
    RemoteError,
    UnavailableError,
)
from trunkline.model.http import Response
from trunkline.model.json import JSON, dumps
from trunkline.model.schema import record

NOW = from_iso("2026-11-21T08:00:00Z")


ACME = Connector(id="acme", name="Acme", base_url="https://a.example", about="x", auth=bearer, operations=())


def operation(kind: Kind) -> Operation:
    return Operation(id="things.do", title="Do", category="Things", kind=kind, call=get("/"), takes=record({}), gives=record({}))


def answer(status: int, body: JSON | bytes = b"", **headers: str) -> Response:
    raw = body if isinstance(body, bytes) else dumps(body)
    return Response(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=raw)


def judged(response: Response, kind: Kind = "write", of: Connector | None = None, secrets: tuple[str, ...] = ()) -> RemoteError | None:
    try:
        judge(response, operation(kind), of or ACME, now=NOW, secrets=secrets)
    except RemoteError as error:
        return error
    return None


TABLE: list[tuple[int, type[RemoteError] | None, type[RemoteError] | None]] = [
    # status, of a read, of a write
    (200, None, None),
    (201, None, None),
    (204, None, None),
    (301, RejectedError, RejectedError),
    (302, RejectedError, RejectedError),
    (304, RejectedError, RejectedError),
    (400, RejectedError, RejectedError),
    (401, ReconnectError, ReconnectError),
    (402, RejectedError, RejectedError),
    (403, RejectedError, RejectedError),
    (404, RejectedError, RejectedError),
    (408, UnavailableError, OutcomeUnknownError),
    (409, RejectedError, RejectedError),
    (410, RejectedError, RejectedError),
    (413, RejectedError, RejectedError),
    (415, RejectedError, RejectedError),
    (418, RejectedError, RejectedError),
    (422, RejectedError, RejectedError),
    (425, UnavailableError, UnavailableError),
    (429, RateLimitedError, RateLimitedError),
    (500, UnavailableError, OutcomeUnknownError),
    (501, RejectedError, RejectedError),
    (502, UnavailableError, OutcomeUnknownError),
    (503, UnavailableError, UnavailableError),
    (504, UnavailableError, OutcomeUnknownError),
    (520, UnavailableError, OutcomeUnknownError),
]


@pytest.mark.parametrize(("status", "of_read", "of_write"), TABLE)
def test_status_means(status: int, of_read: type[RemoteError] | None, of_write: type[RemoteError] | None) -> None:
    for kind, means in _kinds(of_read, of_write):
        error = judged(answer(status), kind)
        assert (type(error) if error else None) is means


def test_error_says_who_what_and_where_to_ask() -> None:
    error = judged(answer(422, {"message": ["name is\n missing", "age too"]}, x_request_id="req-1"))
    assert error is not None
    assert error.message == "Acme answered 422: name is missing; age too"
    assert (error.connector, error.operation, error.status, error.request_id) == ("acme", "things.do", 422, "req-1")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "a"}, "a"),
        ({"error": {"message": "b"}}, "b"),
        ({"error": "c"}, "c"),
        ({"error_description": "d", "error": "invalid"}, "d"),
        ({"errors": [{"message": "e"}, {"message": "f"}]}, "e; f"),
        ({"detail": "g"}, "g"),
        ({"title": "h"}, "h"),
        ({"message": {"message": "i"}}, "i"),
        (b"<html><body>502 Bad Gateway</body></html>", "an HTML page instead of JSON"),
        (b"garbage", ""),
        (b"", ""),
        ([1], ""),
        ({"message": 5}, ""),
    ],
)
def test_vendors_words_are_found_where_vendors_put_them(body: JSON | bytes, words: str) -> None:
    assert explain(answer(400, body), ACME) == words


def test_vendors_words_are_bounded() -> None:
    assert len(explain(answer(400, {"message": "x" * 10_000}), ACME)) == 300


def own_words(response: Response) -> str:
    return f"code {response.status}\n\tagain"


def reset(headers: Mapping[str, str]) -> Quota:
    return Quota(reset_s=float(headers["x-reset"]))


def test_connector_may_explain_itself() -> None:
    own = replace(ACME, explain=own_words)
    assert explain(answer(400), own) == "code 400 again"


def test_secrets_are_masked() -> None:
    error = judged(answer(400, {"message": "token sk-123456 is bad"}), secrets=("sk-123456",))
    assert error is not None
    assert error.message == "Acme answered 400: token ••• is bad"
    assert error.__cause__ is None


def test_id_of_a_request_is_masked_too() -> None:
    response = replace(answer(400), headers={"x-request-id": "sk-123456/7"})
    error = judged(response, secrets=("sk-123456",))
    assert error is not None
    assert error.request_id == "•••/7"


def test_connectors_own_table_comes_first() -> None:
    own = replace(
        ACME,
        answers=(
            Answer(status=200, means=RejectedError, when=lambda response: b'"ok":false' in response.body),
            Answer(status=401, means=RejectedError, when=lambda response: b"version" in response.body, hint="Set the version."),
            Answer(status=404, means=None),
        ),
    )
    assert isinstance(judged(answer(200, {"ok": False}), of=own), RejectedError)
    assert judged(answer(200, {"ok": True}), of=own) is None
    error = judged(answer(401, {"message": "version header"}), of=own)
    assert isinstance(error, RejectedError)
    assert error.hint == "Set the version."
    assert isinstance(judged(answer(401), of=own), ReconnectError)
    assert judged(answer(404), of=own) is None


def test_row_of_the_table_can_be_about_some_operations_only() -> None:
    own = replace(ACME, answers=(Answer(status=503, means=OutcomeUnknownError, of=lambda one: one.endpoint == "POST /texts"),))
    sending = replace(operation("write"), endpoint="POST /texts")
    with pytest.raises(OutcomeUnknownError):
        judge(answer(503), sending, own, now=NOW)
    assert type(judged(answer(503), of=own)) is UnavailableError


def test_hint_names_the_scopes_the_operation_needs() -> None:
    own = replace(ACME, answers=(Answer(status=403, means=RejectedError, hint="Give it the scope {scopes}."),))
    reading = replace(operation("read"), scopes=("things.read", "people.read"))
    with pytest.raises(RejectedError) as caught:
        judge(answer(403), reading, own, now=NOW)
    assert caught.value.hint == "Give it the scope things.read, people.read."
    error = judged(answer(403), of=own)
    assert error is not None
    assert error.hint == "Give it the scope this operation needs."


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("1.5", 1.5),
        ("999999999999", 86_400),
        ("Sat, 21 Nov 2026 08:00:30 GMT", 30),
        ("Sat, 21 Nov 2026 07:00:00 GMT", 0),
        ("Sat, 21 Nov 2026 08:00:30 -0000", 30),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 86_400),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("1e9", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    at = retry_at(answer(429, retry_after=text), ACME, now=NOW)
    assert at == (None if seconds is None else Instant(NOW + round(seconds * SECOND)))


def test_quota_tells_the_time_when_retry_after_does_not() -> None:
    own = replace(ACME, quota=reset)
    error = judged(answer(429, x_reset="12"), of=own)
    assert isinstance(error, RateLimitedError)
    assert error.retry_at == NOW + 12 * SECOND
    unavailable = judged(answer(503, retry_after="3", x_reset="12"), of=own)
    assert isinstance(unavailable, UnavailableError)
    assert unavailable.retry_at == NOW + 3 * SECOND


def test_request_id_is_found_in_the_body_too() -> None:
    error = judged(answer(400, {"traceId": "t-9", "message": "x"}))
    assert error is not None
    assert error.request_id == "t-9"


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"{", b"\xff", b"[" * 100 + b"]" * 100, b'{"a":' * 100 + b"1" + b"}" * 100])
def test_good_status_with_something_else_than_json_is_a_lost_answer(body: bytes) -> None:
    with pytest.raises(OutcomeUnknownError):
        parse(answer(200, body), operation("write"), ACME)
    with pytest.raises(UnavailableError):
        parse(answer(200, body), operation("read"), ACME)


def test_empty_answer_is_null() -> None:
    assert parse(answer(204), operation("write"), ACME) is None


def test_many_flat_records_are_not_taken_for_deep_ones() -> None:
    rows: JSON = [{"a": [1]} for _ in range(500)]
    assert parse(answer(200, rows), operation("read"), ACME) == rows


def _kinds(of_read: type[RemoteError] | None, of_write: type[RemoteError] | None) -> list[tuple[Kind, type[RemoteError] | None]]:
    return [("read", of_read), ("write", of_write)]
