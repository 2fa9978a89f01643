"""Laws of what happens after an error."""

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.declaration import IdempotencyKey, LookFirst, Repeat
from trunkline.engine.retry import CAP_S, LONGEST_S, MOST_ATTEMPTS, after, backoff_s
from trunkline.model.clock import SECOND, Instant, later
from trunkline.model.errors import (
    AddressError,
    MappingError,
    OutcomeUnknownError,
    RateLimitedError,
    ReconnectError,
    RejectedError,
    StoreError,
    TrunklineError,
    UnavailableError,
)
from trunkline.model.json import JSON

NOW = Instant(1_800_000_000 * SECOND)


async def find(*_: object) -> JSON:
    return None


REPEATS: list[Repeat | Literal["read"]] = ["safe", "never", "read", IdempotencyKey("k"), LookFirst(find)]
ERRORS: list[TrunklineError] = [
    UnavailableError("x"),
    RateLimitedError("x"),
    RejectedError("x"),
    ReconnectError("x"),
    OutcomeUnknownError("x"),
    MappingError("x", field="f"),
    AddressError("x"),
    StoreError("x"),
]
repeats = st.sampled_from(REPEATS)
errors = st.sampled_from(ERRORS)
chances = st.floats(0, 1, exclude_max=True)
attempts = st.integers(1, 10_000)


@given(attempts, chances)
def test_a_wait_is_never_negative_and_never_over_the_cap(attempt: int, chance: float) -> None:
    assert 0 <= backoff_s(attempt, chance) <= CAP_S


@given(attempts, chances)
def test_waits_grow_with_the_attempts(attempt: int, chance: float) -> None:
    assert backoff_s(attempt, chance) <= backoff_s(attempt + 1, chance)


@given(errors, attempts, chances)
def test_a_write_that_must_not_repeat_is_never_sent_again_after_a_lost_answer(error: TrunklineError, attempt: int, chance: float) -> None:
    verdict = after(error, "never", attempt=attempt, now=NOW, chance=chance)
    if isinstance(error, OutcomeUnknownError):
        assert verdict.what == "unknown"


@given(errors, repeats, attempts, chances)
def test_what_is_tried_again_has_a_time_and_nothing_else_has(
    error: TrunklineError, repeat: Repeat | Literal["read"], attempt: int, chance: float
) -> None:
    verdict = after(error, repeat, attempt=attempt, now=NOW, chance=chance)
    assert (verdict.at is not None) == (verdict.what in ("again", "look"))
    assert verdict.at is None or verdict.at >= NOW


@given(errors, repeats, chances)
def test_trying_ends(error: TrunklineError, repeat: Repeat | Literal["read"], chance: float) -> None:
    verdict = after(error, repeat, attempt=MOST_ATTEMPTS, now=NOW, chance=chance)
    assert isinstance(error, StoreError) or verdict.at is None


@given(st.integers(-100, 200_000), attempts.filter(lambda attempt: attempt < MOST_ATTEMPTS), chances)
def test_the_time_a_vendor_gives_is_kept_within_a_day(wait_s: int, attempt: int, chance: float) -> None:
    error = RateLimitedError("slow down")
    error.retry_at = later(NOW, wait_s)
    at = after(error, "never", attempt=attempt, now=NOW, chance=chance).at
    assert at is not None
    assert at >= min(max(error.retry_at, NOW), later(NOW, LONGEST_S))
    assert at <= later(NOW, LONGEST_S + 1)


def test_a_lost_answer_is_looked_for_where_the_operation_can_look() -> None:
    verdict = after(OutcomeUnknownError("x"), LookFirst(find), attempt=1, now=NOW, chance=0.5)
    assert verdict.what == "look"


def test_a_refused_credential_pauses_whatever_the_operation() -> None:
    assert {after(ReconnectError("x"), repeat, attempt=1, now=NOW, chance=0).what for repeat in REPEATS} == {"pause"}


@given(attempt=st.integers(1, 1000), wait_s=st.integers(0, 80_000))
def test_waiting_for_our_own_budget_is_never_given_up(attempt: int, wait_s: int) -> None:
    waits, refused = RateLimitedError("x"), RateLimitedError("x")
    waits.retry_at = refused.retry_at = later(NOW, wait_s)
    refused.status = 429
    for repeat in REPEATS:
        found = after(waits, repeat, attempt=attempt, now=NOW, chance=0)
        assert (found.what, found.at) == ("again", waits.retry_at)
        assert (after(refused, repeat, attempt=attempt, now=NOW, chance=0).what == "dead_letter") == (attempt >= MOST_ATTEMPTS)
