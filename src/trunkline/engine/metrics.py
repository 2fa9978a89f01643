"""What the hub counts, in Prometheus' words."""

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

DELIVERIES = Counter("trunkline_deliveries_total", "Inbound webhooks by what became of them", ["result"])
EVENTS = Counter("trunkline_events_total", "Things that arrived, by source and verdict", ["source", "verdict"])
RUNS = Counter("trunkline_runs_total", "Runs that came to a state", ["state"])
EFFECTS = Counter("trunkline_effects_total", "Writes to vendors by outcome", ["state"])
RETRIES = Counter("trunkline_retries_total", "Tries that are made again, by error code", ["code"])
POLLS = Counter("trunkline_polls_total", "Polls by result", ["result"])
POLL_LATE = Histogram(
    "trunkline_poll_late_seconds",
    "How long after its time a poll begins",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
BACKLOG = Gauge("trunkline_inbox_items", "Events accepted and not yet handed to runs")
LATENCY = Histogram(
    "trunkline_run_seconds",
    "From the arrival of an event to the end of its run",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300),
)


BUDGET_USED = Gauge("trunkline_budget_used_calls", "Calls in a window of a vendor's limit", ["connection", "group", "window"])
BUDGET_LEFT = Gauge("trunkline_budget_left_calls", "Calls still allowed in a window", ["connection", "group", "window"])
BUDGET_WAITING = Gauge("trunkline_budget_waiting_calls", "Calls that wait for their place", ["connection", "group", "lane"])
BUDGET_FROZEN = Gauge("trunkline_budget_frozen_seconds", "How long the vendor wants no calls", ["connection", "group"])
REFUSED = Counter("trunkline_vendor_too_fast_total", "Answers that said too fast (429)", ["connection", "group"])

_counted: dict[tuple[Counter, *tuple[str, ...]], int] = {}
_spans: list[float] = []
_MOST_SPANS = 2_000
_tellers: list[Callable[[], None]] = []


def count(counter: Counter, *labels: str, more: int = 1) -> None:
    """So many more of these labels. Kept in a plain dictionary until somebody asks: Prometheus' own counters take a lock each time."""
    key = (counter, *labels)
    _counted[key] = _counted.get(key, 0) + more


def took(seconds: float) -> None:
    """A run ended so long after its event arrived."""
    _spans.append(seconds)
    if len(_spans) > _MOST_SPANS:
        _observe()


def tell_with(teller: Callable[[], None]) -> None:
    """Call `teller` whenever Prometheus asks, to set what is not counted but looked at."""
    _tellers.append(teller)


def tell_without(teller: Callable[[], None]) -> None:
    """Call it no more."""
    _tellers.remove(teller)


def forget_budgets() -> None:
    """Begin anew with the figures of budgets, so that connections that are gone are told no more."""
    for gauge in (BUDGET_USED, BUDGET_LEFT, BUDGET_WAITING, BUDGET_FROZEN):
        gauge.clear()


def hand_over() -> None:
    """Give Prometheus what was counted; before it is asked."""
    for teller in _tellers:
        teller()
    for (counter, *labels), more in list(_counted.items()):
        counter.labels(*labels).inc(more)
    _counted.clear()
    _observe()


def _observe() -> None:
    for seconds in _spans:
        LATENCY.observe(seconds)
    _spans.clear()
