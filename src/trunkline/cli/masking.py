"""Secrets in text: found by what they look like and made unreadable before anything is shown or logged."""

import re
from collections.abc import MutableMapping
from typing import Any, Final, cast

MASK: Final = "•••"

_SHAPES: Final = (
    re.compile(r"(?i)(\bauthorization[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?)[^\s\"',;}]+"),
    re.compile(r"(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}"),
    re.compile(
        r"(?i)((?:\b|_)(?:token|secret|password|passwd|api[_-]?key|master[_-]?key|signature)[\"']?\s*[=:]\s*[\"']?)"
        r"(?!•)[^\s\"'&,;})\]]+"
    ),
    re.compile(r"(\bpit-)[A-Za-z0-9-]{4,}"),
    re.compile(r"(\bwhsec_)[A-Za-z0-9+/=_-]+"),
    re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/@]+(?=@)"),
)
_NAMES: Final = re.compile(r"(?i)(authorization|token|secret|password|api[_-]?key|master[_-]?key|cookie|credential)")


def masked(text: str) -> str:
    """`text` with everything that looks like a secret made unreadable; what names it stays."""
    for shape in _SHAPES:
        text = shape.sub(rf"\g<1>{MASK}", text)
    return text


def masked_value(value: object) -> object:
    """The same for whatever a log line holds: values under a secret's name are hidden whatever they look like."""
    match value:
        case str():
            return masked(value)
        case bytes():
            return masked(value.decode(errors="replace"))
        case dict():
            items = cast(dict[object, object], value).items()
            return {name: MASK if _NAMES.search(str(name)) else masked_value(item) for name, item in items}
        case list() | tuple():
            return [masked_value(item) for item in cast(list[object], value)]
        case bool() | int() | float() | None:
            return value
        case _:
            return masked(str(value))


def mask_log_line(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor; stands behind the one that formats tracebacks."""
    for name, value in line.items():
        if not name.startswith("_"):
            line[name] = MASK if _NAMES.search(name) else masked_value(value)
    return line
