"""Pauses and promises last as long as they were meant to, whatever becomes of the machine's clock."""

from trunkline.connect.budget import Budget
from trunkline.connect.declaration import RateLimit
from trunkline.connect.ledger import Kept
from trunkline.connect.pauses import Pause, Promises
from trunkline.model.clock import SECOND, Instant, later
from trunkline.model.json import dumps, loads
from trunkline.testing.clock import FakeClock

HOUR_S = 3600.0


class SetClock(FakeClock):
    """A clock that somebody sets: the time of day jumps, and nothing that is measured does."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead_s = 0.0

    def now(self) -> Instant:
        return later(super().now(), self.ahead_s)


async def test_a_clock_that_is_set_neither_ends_nor_prolongs_a_pause() -> None:
    for jump_s in (-HOUR_S, HOUR_S):
        clock = SetClock()
        budget = Budget((RateLimit(calls=5, per_s=60),), clock)
        budget.refused(later(clock.now(), 30))
        clock.ahead_s = jump_s
        assert budget.frozen_s() == 30
        assert budget.paused_until() == later(clock.now(), 30), "told by the clock as it is now"
        await clock.advance(31)
        assert budget.frozen_s() == 0


async def test_what_was_told_to_calls_of_a_flow_does_not_move_with_the_clock() -> None:
    clock = SetClock()
    promises = Promises(clock)
    assert promises.next("a", later(clock.now(), 60), spacing_s=1) == later(clock.now(), 60)
    clock.ahead_s = -HOUR_S
    assert promises.next("a", later(clock.now(), 60), spacing_s=1) == later(clock.now(), 61), "and not in an hour"
    assert promises.next("b", later(clock.now(), 60), spacing_s=1) == later(clock.now(), 60)


def test_a_pause_that_is_kept_lasts_no_longer_after_a_start_with_a_clock_gone_back() -> None:
    clock = SetClock()
    before = Budget((), clock)
    before.freeze(later(clock.now(), 50))
    kept = Kept.of(loads(dumps(before.kept(last=True).as_json())))
    clock.ahead_s = -24 * HOUR_S
    after = Budget((), clock)
    after.begin([kept], lambda _: None)
    assert after.frozen_s() == 50


async def test_a_time_to_come_again_that_has_passed_tells_none() -> None:
    clock = FakeClock()
    pause = Pause(clock)
    for told in (clock.now(), later(clock.now(), -5), None):
        assert pause.refused(told, shortest_s=10) > clock.now()
    assert pause.refused(later(clock.now(), 3), shortest_s=10) == clock.now() + 3 * SECOND


async def test_an_answer_to_a_call_from_before_the_refusal_says_nothing_against_it() -> None:
    clock = FakeClock()
    budget = Budget((RateLimit(calls=100, per_s=10),), clock)
    pauses: list[float] = []
    for _ in range(3):
        budget.refused(None)
        budget.accepted()
        pauses.append(budget.frozen_s())
        await clock.advance(budget.frozen_s())
    assert pauses == [10, 20, 40]
