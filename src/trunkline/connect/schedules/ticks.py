"""A tick as a flow sees it: its planned time, when it came, and the parts of its date where its clocks hang."""

from dataclasses import dataclass
from typing import Final

from trunkline.connect.schedules.schedule import Schedule
from trunkline.model.clock import SECOND, Instant, iso
from trunkline.model.json import JSONObject
from trunkline.model.schema import Schema, integer, nullable, number, record, text

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_LOCAL: Final[dict[str, Schema]] = {
    "at": text("The planned time with its offset: 2026-11-23T09:00:00+01:00"),
    "date": text("2026-11-23"),
    "time": text("09:00"),
    "year": integer(),
    "quarter": integer("1 to 4"),
    "month": integer("1 to 12"),
    "month_name": text("November"),
    "week": integer("The ISO week, 1 to 53"),
    "day": integer("1 to 31"),
    "weekday": integer("1 for Monday to 7 for Sunday"),
    "weekday_name": text("Monday"),
    "hour": integer("0 to 23"),
    "minute": integer("0 to 59"),
}
_FIELDS: Final[dict[str, Schema]] = {
    "schedule": text("What the flow says of it: 0 9 * * MON-FRI Europe/Berlin"),
    "planned_at": text("When the tick was due, ISO 8601 in UTC"),
    "started_at": text("When it was told, ISO 8601 in UTC"),
    "late_s": number("Seconds between the two"),
    "time_zone": text("The schedule's time zone"),
    "missed": integer("How many ticks between this one and the one before started nothing, because no hub ran at their time"),
    "previous_at": nullable(text("When the tick before was due that started the flow; null for the first")),
    "next_at": nullable(text("When the next one is due; null after the last")),
    "local": record(_LOCAL, required=tuple(_LOCAL), about="The planned time on the clocks of the time zone"),
}
PAYLOAD: Final[Schema] = record(_FIELDS, required=tuple(_FIELDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """`missed` ticks before it started nothing; `previous_at` is the last one that did."""

    planned_at: Instant
    told_at: Instant
    missed: int
    previous_at: Instant | None


def payload(schedule: Schedule, tick: Tick) -> JSONObject:
    """What expressions see as `trigger`."""
    following = schedule.after(tick.planned_at)
    return {
        "schedule": schedule.plan,
        "planned_at": iso(tick.planned_at),
        "started_at": iso(tick.told_at),
        "late_s": max(0.0, (tick.told_at - tick.planned_at) / SECOND),
        "time_zone": schedule.wall.zone.key,
        "missed": tick.missed,
        "previous_at": None if tick.previous_at is None else iso(tick.previous_at),
        "next_at": None if following is None else iso(following),
        "local": local(schedule, tick.planned_at),
    }


def local(schedule: Schedule, at: Instant) -> JSONObject:
    """The parts of a date where the schedule's clocks hang."""
    shown = schedule.wall.moment(at // SECOND)
    return {
        "at": shown.isoformat(timespec="seconds"),
        "date": shown.date().isoformat(),
        "time": f"{shown.hour:02}:{shown.minute:02}",
        "year": shown.year,
        "quarter": (shown.month + 2) // 3,
        "month": shown.month,
        "month_name": _MONTHS[shown.month - 1],
        "week": shown.isocalendar().week,
        "day": shown.day,
        "weekday": shown.isoweekday(),
        "weekday_name": _WEEKDAYS[shown.weekday()],
        "hour": shown.hour,
        "minute": shown.minute,
    }
