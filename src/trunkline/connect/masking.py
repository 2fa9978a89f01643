"""Known secrets made unreadable: in what a vendor says of an error, and in answers that repeat the credential they were asked with."""

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus, urlsplit

from trunkline.model.http import Pairs, Response

MASK: Final = "•••"
MOST_WORDS: Final = 300
"""Longest explanation of a vendor that is kept."""

_SHORTEST: Final = 6
_SHORTEST_WORN: Final = 16
"""Answers are data: what is masked there must be no word that could stand in them by chance."""


def mask(text: str, secrets: Sequence[str]) -> str:
    """`text` without any of `secrets`, plain or escaped; very short ones are left, since masking them would only riddle the text."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            for form in _forms(secret):
                text = text.replace(form, MASK)
    return text


@lru_cache(maxsize=1_000)
def parts_of(secret: str) -> tuple[str, ...]:
    """What of a secret that is an address (an incoming webhook, a calendar feed) others quote: its path, and what is long in it.

    Nothing for any other secret.
    """
    try:
        address = urlsplit(secret)
    except ValueError:
        return ()
    if not (address.scheme and address.netloc) and not secret.startswith("/"):
        return ()
    path = address.path + (f"?{address.query}" if address.query else "")
    pieces = (path, address.path, *address.path.split("/"), *re.split("[=&]", address.query))
    return tuple(dict.fromkeys(piece for piece in pieces if len(piece) >= _SHORTEST_WORN))


def words_of(text: str, secrets: Sequence[str] = ()) -> str:
    """A vendor's words on one line: masked first, so that no cut leaves half a secret, then bounded."""
    words = " ".join(mask(text, secrets).split())
    return words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1] + "…"


@lru_cache(maxsize=1_000)  # made for each write of a connection
def worn(credential: Pairs) -> tuple[bytes, ...]:
    """What requests wear as their credential (header lines, query parameters), as an answer would repeat it."""
    values = {value.rpartition(" ")[2] for _, value in credential}
    found = [value for value in values if len(value) >= _SHORTEST_WORN]
    escaped = [json.dumps(value)[1:-1] for value in found if '"' in value or "\\" in value]
    return tuple(value.encode() for value in (*escaped, *found))


def unworn(response: Response, credential: Iterable[bytes], *, headers: bool) -> Response:
    """The same answer without the credential it was asked with; `headers` too, where somebody sees them."""
    body = response.body
    every = response.headers
    for one in credential:
        if one in body:
            body = body.replace(one, MASK.encode())
        if headers and (text := one.decode()) in "\n".join(every.values()):
            every = _without(text, every)
    return response if body is response.body and every is response.headers else replace(response, body=body, headers=every)


def _without(text: str, headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value.replace(text, "***") for name, value in headers.items()}


def _forms(secret: str) -> tuple[str, ...]:
    """How a secret stands in an address, a form, JSON or a page; the longest first, since one may hold another."""
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], html.escape(secret)}
    return tuple(sorted(forms, key=len, reverse=True))
