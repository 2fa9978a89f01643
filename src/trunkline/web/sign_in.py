"""The page to which a vendor sends a person's browser back after a sign-in, and what it says of each outcome."""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.admin.sign_in import CALLBACK, Brought, SignedIn
from trunkline.model.errors import SignInError, SignInReason, TrunklineError
from trunkline.web.pages import UNKEPT, Page

log = structlog.get_logger()

MOST_VALUE: Final = 4_096
"""Longest value taken from the address; a code or a state is far shorter."""

Finish = Callable[[Brought], Awaitable[SignedIn]]

_SPOKEN: Final[dict[SignInReason, tuple[int, str]]] = {
    "unknown": (400, "This sign-in is no longer open"),
    "declined": (200, "Nothing was connected"),
    "refused": (502, "The sign-in did not work"),
    "other_account": (409, "That is another account"),
    "unavailable": (503, "The sign-in could not be finished"),
}


def route(finish: Finish) -> Route:
    """The route to which vendors send the browser back; `finish` takes what it brings."""

    async def callback(request: Request) -> Response:
        if request.method != "GET":  # a look at the head must not use the code up
            return Response(status_code=405, headers={**UNKEPT, "allow": "GET"})
        return (await _page(request, finish)).response()

    return Route(CALLBACK, callback, methods=["GET"])


async def _page(request: Request, finish: Finish) -> Page:
    asked = request.query_params
    given = {name: asked.get(name, "") for name in ("state", "code", "error", "error_description")}
    if given["code"] and not given["state"]:
        return Page(
            status=400,
            title="One more step",
            text="The vendor did not say which sign-in this belongs to.",
            next="Copy this page's address and paste it where `trunkline connections authorize` waits.",
        )
    if not given["state"] or any(len(value) > MOST_VALUE for value in given.values()):
        return Page(
            status=400,
            title="This address belongs to a sign-in",
            text="It works only when a vendor sends you here after you began to sign in.",
            next="Begin with: trunkline connections authorize NAME",
        )
    brought = Brought(state=given["state"], code=given["code"], error=given["error"], description=given["error_description"])
    try:
        return _welcome(await finish(brought))
    except SignInError as error:
        status, title = _SPOKEN[error.reason]
        return Page(status=status, title=title, text=error.message, next=error.hint.replace("NAME", error.connection or "NAME"))
    except TrunklineError as error:
        log.error("a sign-in could not be finished", action="sign-in", reason=error.message)
        return Page(
            status=503,
            title="The sign-in could not be finished",
            text="The hub could not do it now. Its log says why.",
            next="Begin again in a minute.",
        )


def _welcome(done: SignedIn) -> Page:
    what = f"{done.vendor} is connected" if done.invited else f"The connection “{done.connection.name}” is ready"
    text = f"{what}, and what waited for it goes on. You can close this page."
    if not done.missing:
        return Page(status=200, title="Signed in", text=text)
    return Page(status=200, title="Signed in, with less than was asked for", text=text, next=f"Not granted: {', '.join(done.missing)}.")
