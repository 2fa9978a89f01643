"""What this vendor's answers mean: its limits as every answer tells them, and each cause of a refusal."""

from collections.abc import Mapping
from typing import Final

from trunkline.connect.declaration import Answer, Quota
from trunkline.model.connection import Account
from trunkline.model.errors import ReconnectError, RejectedError
from trunkline.model.http import Response
from trunkline.model.json import as_object

_RENEW: Final = "Make or rotate the private integration in the sub-account's settings and give its token to the connection."
_OTHER_KIND: Final = (
    "This operation is closed to this kind of token. Companies, new sub-accounts, snapshots and SaaS want one made in the agency's "
    "settings, everything else one of the sub-account: use a connection that has it."
)


def quota(headers: Mapping[str, str]) -> Quota | None:
    """The burst and the day as every answer tells them; the vendor says nothing of when they start anew."""
    per_ms = _number(headers, "x-ratelimit-interval-milliseconds")
    told = Quota(
        calls=_number(headers, "x-ratelimit-max"),
        per_s=None if per_ms is None else per_ms / 1000,
        remaining=_number(headers, "x-ratelimit-remaining"),
        remaining_today=_number(headers, "x-ratelimit-daily-remaining"),
        calls_today=_number(headers, "x-ratelimit-limit-daily"),
    )
    return None if told == Quota() else told


def counted_by(account: Account) -> str:
    """An app has a budget for each sub-account or agency, however many connections it has there; a private token counts by itself."""
    where = account.options.get("location") or account.options.get("company") or ""
    return f"{account.credential.get('client_id') or account.credential.get('token', '')} {where}"


def says_missing(error: RejectedError) -> bool:
    """Whether the record is not there: the vendor says 404 for some, 400 with `not found` for others."""
    return error.status == 404 or (error.status == 400 and "not found" in error.message.lower())


def _number(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "").strip()
    return int(value) if value.isascii() and value.isdecimal() else None


def _says(response: Response, *words: str) -> bool:
    text = response.body.decode("utf-8", "replace").lower()
    return any(word in text for word in words)


# Only the last of these causes asks for a new token. The words of the first two: facts of the vendor's repository and public clients,
# read 2026-11-21; of the third: vendor's app template repository, issue 13; of the last: vendor repository, issue 319.


def _about_version(response: Response) -> bool:
    return _says(response, "version header")


def _about_kind(response: Response) -> bool:
    """An OAuth token of the other level meets the first words, a private one the second."""
    return _says(response, "authclass type is not allowed", "user type mismatch")


def _about_plan(response: Response) -> bool:
    return _says(response, "do not have access to this feature")


def _about_scope(response: Response) -> bool:
    return _says(response, "scope")


def _about_duplicate(response: Response) -> bool:
    return _says(response, "duplicated contact")


def _partly_failed(response: Response) -> bool:
    """Bulk calls answer 201 and count what went wrong."""
    if b'"errorCount"' not in response.body:
        return False
    try:
        failed = as_object(response.json()).get("errorCount")
    except ValueError:
        return False
    return isinstance(failed, int | float) and failed > 0


ANSWERS: Final = (
    Answer(status=401, means=RejectedError, when=_about_version, hint="The vendor did not like the Version header: update Trunkline."),
    Answer(status=401, means=RejectedError, when=_about_kind, hint=_OTHER_KIND),
    Answer(status=401, means=RejectedError, when=_about_plan, hint="The agency's plan at GoHighLevel does not include this."),
    Answer(status=401, means=RejectedError, when=_about_scope, hint="Give the private integration, or the app, the scope {scopes}."),
    Answer(status=401, means=ReconnectError, hint=_RENEW),
    Answer(status=403, means=RejectedError, when=_about_kind, hint=_OTHER_KIND),
    Answer(
        status=403,
        means=RejectedError,
        hint="Does the token belong to this sub-account (or agency)? Compare the connection's location and company.",
    ),
    Answer(
        status=400,
        means=RejectedError,
        when=_about_duplicate,
        hint="The contact exists: use contacts.upsert, or allow duplicates in the sub-account's settings.",
    ),
    Answer(
        status=201,
        means=RejectedError,
        when=_partly_failed,
        hint="Some of the contacts do not exist (any more); the others were changed. Repeating is harmless.",
    ),
)
