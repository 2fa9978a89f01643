"""Filters for numbers and truth."""

import math
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from trunkline.flows.filters.declaring import MisfitError, filtering, word_of
from trunkline.flows.filters.text import count_of
from trunkline.model.json import JSON

_NUMBER = ("number",)


@filtering(("number", "text", "boolean"), ("number", "null"), example=("'$1,234.50' | number", 1234.5))
def number(value: Any) -> float | int | None:
    """A number from a number or text; currency signs, spaces and thousands commas are dropped. Empty text gives null."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return _finite(value)
    text = value.strip().lstrip("$€£").replace(",", "").replace(" ", "").replace("\u00a0", "")
    if not text:
        return None
    if len(text) > 40:
        raise MisfitError("the text is no number")
    try:
        found = Decimal(text)
    except InvalidOperation as exc:
        raise MisfitError("the text is no number") from exc
    return _plain(found)


def _plain(found: Decimal) -> int | float:
    if not found.is_finite() or abs(found.adjusted()) > 300:
        raise MisfitError("the number is too large")
    whole = found == found.to_integral_value()
    return int(found) if whole and abs(found) < 10**15 else _finite(float(found))


def _finite(value: float) -> float | int:
    if isinstance(value, float) and not math.isfinite(value):
        raise MisfitError("the number is too large")
    return value


@filtering(("number", "text", "boolean"), ("integer", "null"), name="int", example=("'42.9' | int", 42))
def whole(value: Any) -> int | None:
    """A whole number, cut towards zero."""
    found = number(value)
    return None if found is None else int(found)


@filtering(("number", "text", "boolean"), ("number", "null"), name="float", example=("'1.50' | float", 1.5))
def fraction(value: Any) -> float | None:
    """The same as `number`, under the name templates often use."""
    return number(value)


@filtering(_NUMBER, _NUMBER, name="round", example=("2.345 | round(2)", 2.35))
def rounded(value: Any, places: Any = 0) -> float | int:
    """Rounded half up to so many decimal places."""
    digits = count_of(places, "`places`", most=12)
    return _plain(_quantized(value, digits))


def _quantized(value: float, digits: int) -> Decimal:
    if not math.isfinite(value) or abs(value) >= 1e15:
        raise MisfitError("the number is too large")
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


@filtering(_NUMBER, _NUMBER, name="abs", example=("(-3) | abs", 3))
def absolute(value: Any) -> float | int:
    """Without its sign."""
    return abs(value)


@filtering(("number", "text"), ("string", "null"), example=("1234.5 | money", "1,234.50"))
def money(value: Any, places: Any = 2) -> str | None:
    """An amount with thousands commas and so many decimal places."""
    found = number(value)
    return None if found is None else f"{_quantized(found, count_of(places, '`places`', most=6)):,}"


@filtering((), ("boolean",), name="bool", null=True, example=("'no' | bool", False))
def truth(value: JSON) -> bool:
    """True or false from the words yes/no, true/false, on/off, 1/0 in any case; null, 0 and empty are false."""
    if not isinstance(value, str):
        return bool(value)
    word = value.strip().lower()
    if word in {"", "no", "false", "off", "0", "n", "f"}:
        return False
    if word in {"yes", "true", "on", "1", "y", "t"}:
        return True
    raise MisfitError(f"`bool` knows words such as yes and no, not this {word_of(value)}")
