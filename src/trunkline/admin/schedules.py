"""Schedules: which there are, when they tick next, and what of them was missed."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from trunkline.admin.desk import Desk
from trunkline.admin.flows import schedule_of
from trunkline.connect.schedules.cron import Cron
from trunkline.connect.schedules.reading import cron
from trunkline.connect.schedules.schedule import Schedule
from trunkline.flows.plan import TriggerUse
from trunkline.model.clock import Instant
from trunkline.model.errors import NotFoundError
from trunkline.model.ids import FlowId
from trunkline.store import flows as flow_store
from trunkline.store import schedules as store
from trunkline.store.flows import PublishedFlow
from trunkline.store.schedules import Reached
from trunkline.store.statement import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A published flow that a clock starts. `overdue` ticks have passed that no hub has seen to; it decides about them when it runs."""

    flow: str
    trigger: str
    schedule: Schedule
    next: tuple[Instant, ...]
    reached: Reached | None
    overdue: int


async def everything(desk: Desk, *, ticks: int = 3) -> list[Scheduled]:
    """Every published schedule by its flow's name, each with so many of its next ticks."""

    def read(tx: Transaction) -> tuple[list[PublishedFlow], dict[FlowId, Reached]]:
        return flow_store.published_flows(tx), store.all_reached(tx)

    flows, reached = await desk.database.read(read)
    found = (_scheduled(desk, flow, reached.get(flow.id), ticks) for flow in flows)
    return [one for one in found if one is not None]


def _scheduled(desk: Desk, flow: PublishedFlow, reached: Reached | None, ticks: int) -> Scheduled | None:
    use, now = TriggerUse.of(flow.trigger), desk.clock.now()
    try:
        schedule = schedule_of(desk, use.name, use.input)
    except NotFoundError:
        return None  # a trigger that its connector has no more is told of by the hub
    if schedule is None:
        return None
    known = reached if reached is not None and reached.plan == schedule.plan else None
    return Scheduled(
        flow=flow.name,
        trigger=use.name,
        schedule=schedule,
        next=tuple(islice(following(schedule, now), ticks)),
        reached=known,
        overdue=0 if known is None else schedule.count(known.reached, now),
    )


def following(schedule: Schedule, after: Instant) -> Iterator[Instant]:
    """The ticks after a time, as long as there are any."""
    at = schedule.after(after)
    while at is not None:
        yield at
        at = schedule.after(at)


def tried(expression: str, time_zone: str) -> Schedule:
    """The schedule of a cron expression that somebody tries; `ScheduleError` says what is wrong."""
    return cron({"cron": expression, "time_zone": time_zone})


def in_words(schedule: Schedule) -> str:
    """A cron schedule as people say it."""
    return schedule.when.explain() if isinstance(schedule.when, Cron) else schedule.plan
