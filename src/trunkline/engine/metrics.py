"""What the hub counts, in Prometheus' words."""

from prometheus_client import Counter, Gauge, Histogram

DELIVERIES = Counter("trunkline_deliveries_total", "Inbound webhooks by what became of them", ["result"])
EVENTS = Counter("trunkline_events_total", "Things that arrived, by source and verdict", ["source", "verdict"])
RUNS = Counter("trunkline_runs_total", "Runs that came to a state", ["state"])
EFFECTS = Counter("trunkline_effects_total", "Writes to vendors by outcome", ["state"])
RETRIES = Counter("trunkline_retries_total", "Tries that are made again, by error code", ["code"])
POLLS = Counter("trunkline_polls_total", "Polls by result", ["result"])
BACKLOG = Gauge("trunkline_inbox_items", "Events accepted and not yet handed to runs")
LATENCY = Histogram(
    "trunkline_run_seconds",
    "From the arrival of an event to the end of its run",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300),
)


_counted: dict[tuple[Counter, *tuple[str, ...]], int] = {}
_spans: list[float] = []
_MOST_SPANS = 2_000


def count(counter: Counter, *labels: str) -> None:
    """One more of these labels. Kept in a plain dictionary until somebody asks: Prometheus' own counters take a lock each time."""
    key = (counter, *labels)
    _counted[key] = _counted.get(key, 0) + 1


def took(seconds: float) -> None:
    """A run ended so long after its event arrived."""
    _spans.append(seconds)
    if len(_spans) > _MOST_SPANS:
        hand_over()


def hand_over() -> None:
    """Give Prometheus what was counted; before it is asked."""
    for (counter, *labels), more in list(_counted.items()):
        counter.labels(*labels).inc(more)
    _counted.clear()
    for seconds in _spans:
        LATENCY.observe(seconds)
    _spans.clear()
