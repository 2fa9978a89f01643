"""The declaration of Slack: two ways to sign in, limits by tier, and what its answers mean."""

from collections.abc import Callable
from typing import Final

from trunkline.connect.declaration import Answer, Caller, Connector, Operation, RateLimit, Secret
from trunkline.connect.sign_in import APP, OAuth2
from trunkline.connectors.slack import methods, posting
from trunkline.connectors.slack.alerting import ALERTING
from trunkline.connectors.slack.events import TRIGGERS, WEBHOOK
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import (
    OutcomeUnknownError,
    RateLimitedError,
    ReconnectError,
    RejectedError,
    RemoteError,
    UnavailableError,
)
from trunkline.model.http import Pairs, Response
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import record, text

_SITE: Final = "https://slack.com"
_LONGEST_WORD: Final = 100
_RECONNECT: Final = ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_active_hooks")
_HOOK_GONE: Final = ("no_service", "no_service_id", "no_team", "team_disabled", "invalid_token")
_SCOPE: Final = ("missing_scope",)
_LATER: Final = ("rate_limited", "ratelimited")
_AGAIN: Final = ("service_unavailable", "request_timeout")
_MAYBE_SENT: Final = ("fatal_error", "internal_error")
_PLACE: Final = ("channel_not_found", "not_in_channel", "is_archived", "channel_is_archived")


def says(response: Response) -> str:
    """The error's name: in the JSON of the Web API, or the plain text of an incoming webhook; empty when all is well."""
    try:
        body = as_object(response.json())
    except ValueError:
        words = response.body.decode("utf-8", "replace").strip()
        return "" if words == "ok" or len(words) > _LONGEST_WORD or not words.replace("_", "").isalnum() else words
    return "" if body.get("ok") is not False else str(body.get("error", "unknown_error"))


def explain(response: Response) -> str:
    """The error, what else Slack says of it, and which scope is missing."""
    try:
        body = as_object(response.json())
    except ValueError:
        return says(response)
    details = [str(item) for item in as_list(as_object(body.get("response_metadata")).get("messages"))]
    if needed := body.get("needed"):
        details.append(f"needs the scope {needed}")
    return " – ".join([says(response), *details])


def _one_of(names: tuple[str, ...]) -> Callable[[Response], bool]:
    return lambda response: says(response) in names


def _rows(names: tuple[str, ...], means: type[RemoteError], statuses: tuple[int, ...], hint: str = "") -> tuple[Answer, ...]:
    return tuple(Answer(status=status, when=_one_of(names), means=means, hint=hint) for status in statuses)


_WEB_API: Final = (200,)
_ANY: Final = (200, 400, 401, 403, 404, 410)

ANSWERS: Final = (
    *_rows(_RECONNECT, ReconnectError, _ANY, "Sign in to Slack again, or give a new token."),
    *_rows(_HOOK_GONE, ReconnectError, (403, 404), "The incoming webhook is gone: make a new one in Slack and give its address."),
    *_rows(_SCOPE, RejectedError, _WEB_API, "Sign in again with the scope that is named; everything else goes on meanwhile."),
    *_rows(_LATER, RateLimitedError, _WEB_API),
    *_rows(_AGAIN, UnavailableError, _WEB_API),
    *_rows(_MAYBE_SENT, OutcomeUnknownError, _WEB_API, "It may have been posted: look in the channel before you repeat it."),
    *_rows(_PLACE, RejectedError, _ANY, "Use the channel's id, and invite the bot to it: /invite @bot."),
    Answer(status=200, when=lambda response: bool(says(response)), means=RejectedError),
)
"""Most failures of the Web API come as 200 with `ok: false` (facts of the vendor, 2026-08-20); those of incoming webhooks as text."""


def authenticate(credential: Credential) -> Pairs:
    """The bot token, if the connection has one; an incoming webhook is its own secret."""
    token = credential.get("token")
    return (("authorization", f"Bearer {token}"),) if token else ()


def counted_by(account: Account) -> str:
    """By app and workspace, where somebody signed in; else a bot token or an incoming webhook counts by itself."""
    secrets = account.credential
    if app := secrets.get("client_id"):
        team = account.options.get("team")
        return f"{app} {team}" if team else ""
    return secrets.get("token") or secrets.get("webhook_url", "")


async def _check(caller: Caller, input: JSONObject) -> JSON:  # noqa: ARG001 - a check has no input
    """Who the token belongs to. An incoming webhook cannot be tried without posting, so only its address is looked at."""
    if caller.account.credential.get("token"):
        return await caller.call(methods.CHECK, {})
    posting.post({"text": "-"}, caller.account)
    return {"ok": True}


OAUTH: Final = OAuth2(
    authorize_url=f"{_SITE}/oauth/v2/authorize",
    token_url=f"{_SITE}/api/oauth.v2.access",
    grants=("authorization_code",),
    client_auth="basic",
    pkce=False,  # the vendor's reference, read 2026-08-20, does not have it
    refresh="rotates",
    scopes=("chat:write", "channels:read", "groups:read", "users:read", "users:read.email", "im:write"),
    scope_separator=",",
    lasts_s=None,
    options={"team": "team.id"},
)
"""Tokens last until they are revoked, unless the app has rotation switched on: then answers name a time and a refresh token."""

connector = Connector(
    id="slack",
    name="Slack",
    base_url=f"{_SITE}/api",
    about="Messages, cards and alerts to channels and people; channels and people looked up; events in",
    auth=authenticate,
    secrets=(
        Secret(name="token", title="Bot token (xoxb-…): any channel, threads, edits", required=False),
        *APP,
        Secret(name="webhook_url", title="Incoming webhook address: one channel, nothing to install", required=False),
        Secret(name="signing_secret", title="Signing secret of the app, for events from Slack", required=False),
    ),
    oauth=OAUTH,
    options=record(
        {
            "team": text("The workspace's id, when events of several arrive here; told when somebody signs in"),
            "scopes": text("What an app asks for, separated by blanks; what the operations for messages need unless told"),
        }
    ),
    limits=(
        RateLimit(calls=60, per_s=60, group="post"),
        RateLimit(calls=20, per_s=60, group="tier2"),
        RateLimit(calls=50, per_s=60, group="tier3"),
        RateLimit(calls=100, per_s=60, group="tier4"),
    ),
    counted_by=counted_by,
    answers=ANSWERS,
    explain=explain,
    operations=(*posting.OPERATIONS, *methods.OPERATIONS),
    triggers=TRIGGERS,
    webhook=WEBHOOK,
    alerting=ALERTING,
    check=Operation(
        id="check", title="Who am I", category="Other", kind="read", call=_check, takes=record({}), gives=record({}, open=True)
    ),
)
