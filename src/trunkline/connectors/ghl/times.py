"""Times as people write them and as this vendor wants them: ISO 8601 here, counted from 1970 or month first there."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from trunkline.model.clock import Instant, from_iso, iso
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import Schema, integer, one_of, text

MILLISECOND: Final = 1_000
SECOND: Final = 1_000_000
"""In the unit of `Instant`."""


_FIRST_IN_MILLISECONDS: Final = 100_000_000_000
"""A number from here on counts milliseconds (since 1973); in seconds it would be the year 5138."""


def moment(about: str, *, zoned: bool = False) -> Schema:
    """An input that takes either. `zoned`: its reader wants to know the zone; else what has none is UTC."""
    spelt = "ISO 8601 with its zone" if zoned else "ISO 8601, in UTC where it has no zone,"
    return one_of(text(min_length=1), integer(minimum=0), about=f"{about}: {spelt} or milliseconds since 1970")


def in_numbers(*fields: str, unit: int = MILLISECOND, as_text: bool = False, zoned: bool = False) -> Callable[[JSONObject], JSONObject]:
    """Turns these inputs into the number of `unit`s since 1970, as text where the vendor wants text."""

    def before(input: JSONObject) -> JSONObject:
        made = {name: since_1970(input[name], name, unit=unit, zoned=zoned) for name in fields if input.get(name) is not None}
        return {**input, **{name: str(value) if as_text else value for name, value in made.items()}}

    return before


def since_1970(value: JSON, field: str, *, unit: int = MILLISECOND, zoned: bool = False) -> int:
    """`value` counted from 1970. A number, or text of digits, counts already: milliseconds, or seconds where these are wanted.

    `MappingError` when it is no time, or (`zoned`) when nobody knows in which zone it is.
    """
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value * MILLISECOND // unit if value >= _FIRST_IN_MILLISECONDS else value
    try:
        if zoned and datetime.fromisoformat(str(value)).tzinfo is None:
            raise MappingError(f"{field} has no time zone", field=field, hint="Write it as 2026-11-21T09:00:00-05:00.")
        return from_iso(str(value)) // unit
    except (ValueError, OverflowError) as exc:
        raise MappingError(f"{field} is no time", field=field, hint="Write it as 2026-11-21T09:00:00Z.") from exc


def in_iso(value: JSON, field: str) -> JSON:
    """A time as ISO 8601: text stays as it is written, if it tells a time and its zone; a number is put into UTC."""
    counted = since_1970(value, field, zoned=True)
    return value if isinstance(value, str) and not value.isdecimal() else as_iso(counted)


def as_iso(milliseconds: JSON) -> JSON:
    """ISO 8601 of an epoch in milliseconds; anything else stays as it is."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return milliseconds
    try:
        return iso(Instant(round(milliseconds * MILLISECOND)))
    except (ValueError, OverflowError, OSError):
        return milliseconds


BOOKED: Final[dict[str, Schema]] = {"startTime": moment("Begin", zoned=True), "endTime": moment("End", zoned=True)}
"""The times of a booking; `booked` checks them."""


def booked(input: JSONObject) -> JSONObject:
    """Bookings are written with ISO times, unlike windows. One without a zone would be booked at an hour that nobody meant."""
    given = {name: input[name] for name in ("startTime", "endTime") if input.get(name) is not None}
    if len(given) == 2 and since_1970(given["endTime"], "endTime", zoned=True) <= since_1970(given["startTime"], "startTime", zoned=True):
        raise MappingError("endTime is not after startTime", field="endTime")
    return {**input, **{name: in_iso(value, name) for name, value in given.items()}}


def month_first(*fields: str) -> Callable[[JSONObject], JSONObject]:
    """Turns dates (2026-11-21) into 11-21-2026; what is written like that stays."""

    def before(input: JSONObject) -> JSONObject:
        return {**input, **{name: _month_first(input[name], name) for name in fields if input.get(name) is not None}}

    return before


def _month_first(value: JSON, field: str) -> JSON:
    given = str(value)
    if len(given) == 10 and given[2] == given[5] == "-":
        return given
    try:
        return date.fromisoformat(given[:10]).strftime("%m-%d-%Y")
    except ValueError as exc:
        raise MappingError(f"{field} is no date", field=field, hint="Write it as 2026-11-21.") from exc
