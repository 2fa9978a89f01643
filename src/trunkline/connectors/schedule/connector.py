"""The declaration of schedules: three ways to name the time, no vendor, no connection."""

from collections.abc import Mapping
from typing import Final

from trunkline.connect.declaration import Connector, Trigger
from trunkline.connect.schedules.reading import COMMON, Read, cron, every, judging, once
from trunkline.connect.schedules.ticks import PAYLOAD
from trunkline.model.json import JSONObject
from trunkline.model.schema import Schema, record, text

CATEGORY: Final = "Schedules"


def record_key(payload: JSONObject) -> str:
    """All ticks of a schedule are about one thing, so that a flow is never started while it still runs."""
    return str(payload["schedule"])


def _trigger(id: str, title: str, about: str, read: Read, fields: Mapping[str, Schema], required: tuple[str, ...]) -> Trigger:
    return Trigger(
        id=id,
        title=title,
        category=CATEGORY,
        about=about,
        takes=record({**fields, **COMMON}, required=required),
        gives=PAYLOAD,
        record_key=record_key,
        judge=judging(read),
        schedule=read,
        sample=f"{id}.json",
    )


connector = Connector(
    id="schedule",
    name="Schedule",
    base_url="",
    about="Flows that a clock starts: by a cron expression, every so often, or once. They need no connection",
    auth=lambda _: (),
    operations=(),
    triggers=(
        _trigger(
            "cron",
            "At the times of a cron expression",
            "At times of day, on days of the week or month. On the day the clocks are put forward a time that they skip comes right after; "
            "on the day they are put back it comes once",
            cron,
            {
                "cron": text(
                    "Minute, hour, day of the month, month, day of the week: `0 9 * * MON-FRI`; or @hourly, @daily, @weekly, @monthly"
                )
            },
            ("cron",),
        ),
        _trigger(
            "every",
            "Every so many minutes, hours or days",
            "Minutes and hours as they pass, days at the same time of day",
            every,
            {
                "every": text("A number of minutes, hours or days: `15m`, `2h`, `1d`", max_length=20),
                "start": text(
                    "The first time, and the one that the others are counted from: `2026-12-01T09:00`; a Monday at midnight unless told",
                    max_length=40,
                ),
            },
            ("every",),
        ),
        _trigger(
            "once",
            "Once, at a date and time",
            "A single start; with a past time there is none",
            once,
            {"at": text("The time on the clocks of the time zone: `2026-12-24T18:00`", max_length=40)},
            ("at",),
        ),
    ),
)
