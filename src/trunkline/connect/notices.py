"""What a vendor's answer says of an operation it will take away: the headers `Deprecation` (RFC 9745) and `Sunset` (RFC 8594)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from trunkline.model.clock import SECOND, Instant

_LINK: Final = re.compile(r"<([^<>]*)>([^<]*)")
_RELATION: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)
_TOLD_MORE: Final = ("deprecation", "sunset", "successor-version")
"""Link relations that lead a person on, the best first."""
_LONGEST_LINK: Final = 500
_LAST: Final = 253_402_300_799
"""The last second of the year 9999."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An operation is or will be deprecated (`deprecated_at`), or answers no more from `sunset_at` on; None where no time was named.

    `link` is a page where the vendor says more.
    """

    connector: str
    operation: str
    deprecated_at: Instant | None
    sunset_at: Instant | None
    link: str


def notice_in(headers: Mapping[str, str], *, connector: str, operation: str) -> Notice | None:
    """The notice in an answer's headers (lower-case names), None when there is none. A header nobody can read is none."""
    deprecation, sunset = headers.get("deprecation"), headers.get("sunset")
    if deprecation is None and sunset is None:
        return None
    deprecated, deprecated_at = _deprecation(deprecation or "")
    sunset_at = _http_date(sunset or "")
    if not deprecated and sunset_at is None:
        return None
    link = _link(headers.get("link", ""))
    return Notice(connector=connector, operation=operation, deprecated_at=deprecated_at, sunset_at=sunset_at, link=link)


def _deprecation(value: str) -> tuple[bool, Instant | None]:
    """A date as RFC 9745 writes it (`@1688169599`), or, as its drafts did, `true` or an HTTP date."""
    value = value.split(";")[0].strip()
    if re.fullmatch(r"@-?[0-9]{1,12}", value):
        seconds = int(value[1:])
        return True, Instant(seconds * SECOND) if abs(seconds) <= _LAST else None
    if value.lower() in ("true", "?1"):
        return True, None
    at = _http_date(value)
    return at is not None, at


def _http_date(value: str) -> Instant | None:
    """An HTTP date (RFC 9110, section 5.6.7) in any of its forms."""
    try:
        moment = parsedate_to_datetime(value.strip())
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Instant(round(moment.timestamp() * SECOND))


def _link(header: str) -> str:
    """The page that says more (RFC 8288), if it is an address a person can open."""
    found: dict[str, str] = {}
    for target, parameters in _LINK.findall(header):
        relation = _RELATION.search(parameters)
        for name in (relation[1] or relation[2] or "").lower().split() if relation else ():
            found.setdefault(name, target.strip())
    link = next((found[name] for name in _TOLD_MORE if name in found), "")
    return link if link.startswith(("https://", "http://")) and len(link) <= _LONGEST_LINK and link.isprintable() else ""
