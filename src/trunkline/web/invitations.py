"""The page behind a reconnect link: the owner of an account signs in, or enters what the vendor shows them."""

from html import escape
from typing import Final
from urllib.parse import parse_qsl, quote

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trunkline.admin import invitations
from trunkline.admin.desk import Desk
from trunkline.admin.invitations import PATH, Asked
from trunkline.model.errors import ConfigError, RemoteError, SignInError, TrunklineError
from trunkline.web.pages import UNKEPT, Page

log = structlog.get_logger()

MOST_BODY: Final = 64 * 1024
_ON_THE_WAY: Final = {**UNKEPT, "referrer-policy": "no-referrer"}


def routes(desk: Desk, redirect_uri: str) -> list[Route]:
    """`/connect/{token}`: what is asked (GET) and its answer (POST); `/connect/{token}/go` leads to the vendor."""

    async def show(request: Request) -> Response:
        try:
            token = _token(request)
            return _page(await invitations.asked(desk, token), token).response()
        except TrunklineError as error:
            return _sorry(error).response()

    async def go(request: Request) -> Response:
        if request.method != "GET":  # a look at the head begins nothing
            return Response(status_code=405, headers={**UNKEPT, "allow": "GET"})
        try:
            address = await invitations.begin(desk, _token(request), redirect_uri=redirect_uri)
        except TrunklineError as error:
            return _sorry(error).response()
        return RedirectResponse(address, status_code=303, headers=_ON_THE_WAY)

    async def take(request: Request) -> Response:
        try:
            given = await _form(request)
        except ClientDisconnect:
            return Response(status_code=400)  # which nobody hears
        if given is None:
            return Page(status=413, title="That is too much", text="Only the fields of this page are taken.").response()
        return (await _taken(desk, _token(request), given)).response()

    place = PATH + "{token}"
    return [
        Route(place, show, methods=["GET"]),
        Route(place, take, methods=["POST"]),
        Route(f"{place}/go", go, methods=["GET"]),
    ]


async def _taken(desk: Desk, token: str, given: dict[str, str]) -> Page:
    try:
        try:
            done = await invitations.give(desk, token, given)
        except (ConfigError, RemoteError) as error:
            log.info("what somebody entered by a link does not work", action="invitation", reason=error.message)
            return _page(await invitations.asked(desk, token), token, problem=f"{error.message} {error.hint}".strip())
    except TrunklineError as error:
        return _sorry(error)
    return Page(status=200, title="Connected", text=f"{done.vendor} is connected. You can close this page.")


def _token(request: Request) -> str:
    return str(request.path_params["token"])[:200]


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a form; None for one that is too large or none at all."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            return None
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        return {}


def _page(asked: Asked, token: str, *, problem: str = "") -> Page:
    title = f"Connect {asked.vendor} again"
    if asked.signs_in:
        text = f"You will sign in at {asked.vendor} itself. What it shows you there is all that is asked for; this page learns no password."
        return Page(
            status=200, title=title, text=text, form=f'<p><a class="do" href="{PATH}{quote(token)}/go">Go to {escape(asked.vendor)}</a></p>'
        )
    fields = "".join(
        f'<label for="{escape(one.name)}">{escape(one.title)}</label>'
        f'<input id="{escape(one.name)}" name="{escape(one.name)}" type="password" autocomplete="off" spellcheck="false" required>'
        for one in asked.secrets
    )
    if not fields:
        return Page(status=200, title=title, text="There is nothing to enter for this connection.", next="Ask whoever sent you the link.")
    form = f'<form method="post">{fields}<button class="do">Connect</button></form>'
    text = problem or f"Enter what {asked.vendor} shows you. It is tried at once, kept encrypted, and never shown again."
    return Page(status=400 if problem else 200, title="That does not work yet" if problem else title, text=text, form=form)


def _sorry(error: TrunklineError) -> Page:
    """What is wrong with the link. What is wrong with the hub is told to its owner, by the log."""
    if isinstance(error, SignInError):
        status = 404 if error.reason == "unknown" else 503
        return Page(status=status, title="This link does not work", text=error.message, next=error.hint)
    log.error("a link could not be taken up", action="invitation", reason=error.message)
    return Page(
        status=503, title="That does not work now", text="It is no fault of yours.", next="Try again later, or tell whoever sent it."
    )
