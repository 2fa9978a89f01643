"""Filters for phone numbers. Parsing is costly and numbers repeat, so results are kept."""

from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import timezone as zones

from trunkline.flows.filters.declaring import MisfitError, filtering, text_of

_TEXT = ("text", "number")
_MAX_PHONE = 64
_KEPT = 16_384


@lru_cache(maxsize=_KEPT)
def _parsed(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        found = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return found if phonenumbers.is_valid_number(found) else None


@lru_cache(maxsize=_KEPT)
def _e164(text: str, region: str) -> str | None:
    found = _parsed(text, region)
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164) if found else None


def _read(value: Any, region: object) -> tuple[str, str]:
    if not isinstance(region, str) or region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise MisfitError("`region` must be a country code of two letters, such as 'US'")
    text = text_of(value).strip()
    return (text if len(text) <= _MAX_PHONE else "-"), region.upper()


def _valid(value: Any, region: object) -> phonenumbers.PhoneNumber | None:
    text, where = _read(value, region)
    found = _parsed(text, where)
    if text and found is None:
        raise MisfitError("the text is no valid phone number")
    return found


@filtering(_TEXT, ("string", "null"), example=("'(415) 555-2671' | e164", "+14155552671"))
def e164(value: Any, region: Any = "US") -> str | None:
    """A phone number as +14155552671; without a country code it is read as a number of `region`. Empty text gives null; text that is no
    valid number is an error.
    """
    text, where = _read(value, region)
    found = _e164(text, where)
    if text and found is None:
        raise MisfitError("the text is no valid phone number")
    return found


@filtering(_TEXT, ("string", "null"), example=("'12' | e164_or_null", None))
def e164_or_null(value: Any, region: Any = "US") -> str | None:
    """Like `e164`, but null for text that is no valid number."""
    text, where = _read(value, region)
    return _e164(text, where)


@filtering(_TEXT, ("string", "null"), example=("'+44 20 7946 0958' | region", "GB"))
def region(value: Any, region: Any = "US") -> str | None:
    """The country of a phone number, in two letters."""
    found = _valid(value, region)
    return phonenumbers.region_code_for_number(found) if found else None


@filtering(_TEXT, ("string", "null"), example=("'+14155552671' | timezone", "America/Los_Angeles"))
def timezone(value: Any, region: Any = "US") -> str | None:
    """The time zone of a phone number, the first where there are several; null where none is known."""
    found = _valid(value, region)
    names = zones.time_zones_for_number(found) if found else ()
    return next((name for name in names if name != "Etc/Unknown"), None)


@filtering(_TEXT, ("string", "null"), example=("'+14155552671' | national", "(415) 555-2671"))
def national(value: Any, region: Any = "US") -> str | None:
    """A phone number as people of its country write it."""
    found = _valid(value, region)
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.NATIONAL) if found else None
