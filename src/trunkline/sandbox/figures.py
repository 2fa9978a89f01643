"""The figures of a demonstration: from the hub's own records and metrics, and from what the simulated vendors saw."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from trunkline.admin import runs as run_admin
from trunkline.admin.desk import Desk
from trunkline.model.clock import SECOND
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.sandbox.remote import Control, Hub, Samples, counted

_MOST = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What one way of arrival brought: news became events; the rest was known already or out of date."""

    news: int
    known: int
    out_of_date: int

    @property
    def received(self) -> int:
        return self.news + self.known + self.out_of_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything the table shows. `retries` are tries that were made again; latency runs from an event's arrival to its run's end."""

    webhook: Arrived
    poll: Arrived
    polls: int
    runs: dict[str, int]
    effects: int
    retries: int
    p50_ms: float
    p99_ms: float
    lost: int
    twice: int
    late: int
    created: int
    changed: int

    def as_json(self) -> JSONObject:
        return as_object(_plain(asdict(self)))


async def gathered(desk: Desk, hub: Hub, ghl: Control, openphone: Control) -> Figures:
    """Read them all, once the work is done."""
    samples = await hub.samples()
    ended = await run_admin.listed(desk, most=_MOST)
    spans_ms = sorted((run.finished_at - run.received_at) / SECOND * 1000 for run in ended if run.finished_at is not None)
    suffered = as_object((await ghl.state())["webhooks"])
    routes = await openphone.routes_called()
    return Figures(
        webhook=_arrived(samples, "webhook"),
        poll=_arrived(samples, "poll"),
        polls=counted(samples, "trunkline_polls_total", result="done"),
        runs=await run_admin.counts(desk),
        effects=counted(samples, "trunkline_effects_total", state="done"),
        retries=counted(samples, "trunkline_retries_total"),
        p50_ms=_percentile(spans_ms, 0.5),
        p99_ms=_percentile(spans_ms, 0.99),
        lost=_number(suffered["were_lost"]),
        twice=_number(suffered["were_twice"]),
        late=_number(suffered["were_late"]),
        created=_number(routes.get("POST /v1/contacts")),
        changed=_number(routes.get("PATCH /v1/contacts/{id}")),
    )


def _arrived(samples: Samples, source: str) -> Arrived:
    def of(verdict: str) -> int:
        return counted(samples, "trunkline_events_total", source=source, verdict=verdict)

    return Arrived(news=of("accepted"), known=of("duplicate") + of("no_news"), out_of_date=of("stale"))


def _percentile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of the spans do not exceed; 0 without any."""
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else 0.0


def _number(value: JSON) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _plain(value: object) -> JSON:
    match value:
        case dict():
            return {str(name): _plain(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - asdict has no types
        case int() | float() | str():
            return value
        case _:
            raise TypeError(f"a figure is a {type(value).__name__}")
