"""How often a trigger is polled."""

from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.declaration import RateLimit
from trunkline.engine.pace import JITTER, Pace, affordable_s, jittered, pace_of, spread
from trunkline.flows.plan import TriggerUse

SPANS = st.floats(10, 86_400)


def use(every_s: float | None, most_s: float = 0) -> TriggerUse:
    return TriggerUse(name="acme.things", connection="main", webhook=False, every_s=every_s, most_s=most_s)


def test_unless_told_it_is_one_to_fifteen_minutes_or_in_proportion_to_what_the_connector_says() -> None:
    assert (Pace.own(300).least_s, Pace.own(300).most_s) == (60, 900)
    assert (Pace.own(1800).least_s, Pace.own(1800).most_s) == (360, 5400)
    assert (Pace.own(20).least_s, Pace.own(86_400).most_s) == (10, 86_400)


def test_a_fixed_interval_stays_whatever_changes_and_whatever_it_costs() -> None:
    pace = Pace.within(300, 300, own_s=60)
    assert {pace.after(interval, news=news, affordable_s=900) for interval in (0, 300) for news in (0, 5)} == {300}


@given(least=SPANS, most=SPANS, own=SPANS, news=st.lists(st.integers(0, 3), max_size=30), affordable=st.floats(0, 100_000))
def test_the_interval_is_always_within_the_persons_bounds(
    least: float, most: float, own: float, news: list[int], affordable: float
) -> None:
    pace, interval = Pace.within(min(least, most), max(least, most), own_s=own), 0.0
    for found in news:
        before, interval = interval, pace.after(interval, news=found, affordable_s=affordable)
        assert pace.least_s <= interval <= pace.most_s
        if before and affordable <= pace.least_s:
            assert interval <= before if found else interval >= before


def test_many_changes_shorten_it_and_quiet_lengthens_it_to_the_bounds() -> None:
    pace, interval = Pace.own(300), 300.0
    for _ in range(5):
        interval = pace.after(interval, news=1, affordable_s=0)
    assert interval == 60
    for _ in range(20):
        interval = pace.after(interval, news=0, affordable_s=0)
    assert interval == 900


def test_it_stays_above_what_the_vendors_limit_affords_unless_the_person_wants_it_shorter() -> None:
    limits = (RateLimit(calls=100, per_s=10), RateLimit(calls=200_000, per_s=86_400), RateLimit(calls=1, per_s=60, group="other"))
    afford_s = affordable_s(limits, "", calls=10, triggers=20)
    assert 400 < afford_s < 450, "200 calls at a fifth of 200,000 a day"
    assert affordable_s((), "", calls=10, triggers=20) == 0
    assert affordable_s(limits, "other", calls=1, triggers=1) == 300
    assert Pace.own(300).after(300, news=1, affordable_s=afford_s) == afford_s
    assert Pace.within(10, 120, own_s=300).after(120, news=1, affordable_s=afford_s) == 120


def test_flows_that_share_a_trigger_get_the_more_frequent_of_their_bounds() -> None:
    assert pace_of([use(None)], 300) is None
    assert pace_of([use(None), use(0)], 300) == Pace.own(300)
    shared = pace_of([use(60, 3600), use(600)], 300)
    assert shared is not None
    assert (shared.least_s, shared.most_s) == (60, 600)


def test_intervals_vary_and_many_that_begin_together_spread() -> None:
    assert all(60 * (1 - JITTER) <= jittered(60) <= 60 * (1 + JITTER) for _ in range(1_000))
    begun = sorted(spread(60, 10_000) for _ in range(10_000))
    assert begun[-1] <= 60
    fullest = max(sum(second <= at < second + 1 for at in begun) for second in range(60))
    assert fullest < 260, "of 10,000 in a minute 167 a second are even"
    assert all(spread(60, 3) <= 0.03 for _ in range(100))
