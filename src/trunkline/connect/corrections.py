"""What a vendor's headers say of its limits, taken over into our count of them."""

from collections.abc import Sequence

from trunkline.connect.declaration import Quota
from trunkline.connect.windows import DAY_S, Window


def correct(windows: Sequence[Window], quota: Quota, now: float) -> bool:
    """Take over true limits, and calls that others made with the same credential; whether places may be free now that were not."""
    freed = False
    for window in _meant(windows, quota):
        if quota.calls and quota.per_s and quota.calls != window.calls:
            freed |= _limit(window, quota.calls)
        if quota.remaining is not None:
            window.correct(now, quota.remaining)
    if quota.remaining_today is not None or quota.calls_today:
        for window in windows:
            if window.per_s >= DAY_S:
                freed |= _correct_day(window, quota, now)
    return freed


def _correct_day(window: Window, quota: Quota, now: float) -> bool:
    freed = bool(quota.calls_today) and quota.calls_today != window.calls and _limit(window, quota.calls_today or 0)
    if quota.remaining_today is None:
        return freed
    window.correct(now, quota.remaining_today)
    window.ask_again(None if quota.reset_s is None else now + quota.reset_s, now)
    return window.begin_anew(now, quota.remaining_today) or freed


def _limit(window: Window, calls: int) -> bool:
    more = calls > window.calls
    window.limit_to(calls)
    window.told = True
    return more


def _meant(windows: Sequence[Window], quota: Quota) -> Sequence[Window]:
    """The windows that a quota speaks of: those of its length, or the shortest when it tells no length."""
    if quota.calls is None and quota.remaining is None:
        return ()
    if quota.per_s is None:
        return sorted(windows, key=lambda window: window.per_s)[:1]
    return [window for window in windows if abs(quota.per_s - window.per_s) < window.per_s / 100]
