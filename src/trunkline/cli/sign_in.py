"""`trunkline connections authorize`: a person allows the hub to use their account, in a browser."""

import asyncio
import sys
import webbrowser
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from trunkline.admin import connections, sign_in
from trunkline.admin.callback import finish
from trunkline.admin.desk import Desk
from trunkline.admin.sign_in import Begun, Brought, SignedIn
from trunkline.app import answering_browsers
from trunkline.cli import exits, words
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, console, iso_or_null, line
from trunkline.engine.ownership import holder
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSONObject
from trunkline.settings import Settings

EXAMPLES = (
    "trunkline connections authorize main",
    "trunkline connections authorize main --port 8765",
    "trunkline connections authorize main --answer 'https://hub.example/oauth/callback?code=…&state=…'",
)


async def authorize(
    given: Given,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The connection's name.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="SCOPE", help="Ask for this instead of what the connector usually asks for. May be repeated."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=1, max=65_535, help="Take the browser back on this port of 127.0.0.1, whatever the hub's is."),
    ] = None,
    redirect: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The redirect address entered at the vendor, when it is neither the hub's nor --port's."),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser", help="Open the vendor's page in this machine's browser.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until somebody has signed in.")] = True,
    answer: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Finish a sign-in by the address at which the browser ended; @FILE reads a file, - the standard input."
        ),
    ] = None,
) -> Answer:
    """Sign in to an account: shows the vendor's page, and waits until somebody has allowed it there.

    The browser comes back to the hub; when no hub runs here this command is there in its stead. Enter the redirect address it shows at
    the vendor's app first. Where the browser cannot reach it, paste the address at which it ended.
    """
    settings = given.settings()
    async with desk_of(given) as desk:
        if answer is not None:
            return await _finished(desk, await finish(desk, sign_in.brought_in(words.text_of(answer, place="--answer"))))
        redirect_uri = redirect or (f"http://127.0.0.1:{port}" if port else settings.address) + sign_in.CALLBACK
        begun = await sign_in.begin(desk, name, redirect_uri=redirect_uri, scopes=tuple(scope or ()))
        if not wait:
            return Answer(json=_as_json(begun), shown=_told(begun))
        async with _taking_back(desk, settings, port=port, elsewhere=redirect is not None):
            _tell(begun, json=given.json)
            if browser:
                await asyncio.get_running_loop().run_in_executor(None, webbrowser.open, begun.address)
            return await _finished(desk, await _awaited(desk, begun))


@asynccontextmanager
async def _taking_back(desk: Desk, settings: Settings, *, port: int | None, elsewhere: bool) -> AsyncGenerator[None]:
    """Somebody is there when the browser comes back: the hub that runs, or this command."""
    if port is None and (elsewhere or holder(settings.home) is not None):
        yield
        return
    host = "127.0.0.1" if port else settings.host
    async with answering_browsers(desk, host=host, port=port or settings.port):
        yield


async def _awaited(desk: Desk, begun: Begun) -> SignedIn:
    """Wait for the browser, or for a person who pastes where it ended."""
    coming = asyncio.ensure_future(sign_in.awaited(desk, begun))
    if not words.someone_is_there():
        return await coming
    pasting = asyncio.ensure_future(_pasted(begun))
    try:
        await asyncio.wait((coming, pasting), return_when=asyncio.FIRST_COMPLETED)
        return coming.result() if coming.done() else await finish(desk, pasting.result())
    finally:
        pasting.cancel()
        coming.cancel()


async def _pasted(begun: Begun) -> Brought:
    """What a person pastes, as soon as it is the address of a finished sign-in."""
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, lambda: lines.put_nowait(sys.stdin.readline()))
    try:
        while True:
            pasted = await lines.get()
            if not pasted:
                loop.remove_reader(sys.stdin)  # the end of the input; the browser may still come
                continue
            try:
                return sign_in.brought_in(pasted, begun=begun)
            except ConfigError as error:
                console().print(Text(f"{error.message} {error.hint}", style="yellow"))
    finally:
        loop.remove_reader(sys.stdin)


async def _finished(desk: Desk, done: SignedIn) -> Answer:
    name = done.connection.name
    found = await connections.test(desk, name)
    lines = [Text(f"Signed in: {name}. {found.message}", style="green" if found.ok else "red")]
    if found.hint:
        lines.append(Text(f"  hint:  {found.hint}"))
    if done.missing:
        lines.append(Text(f"  Asked for and not granted: {', '.join(done.missing)}", style="yellow"))
    return Answer(
        json={
            "name": name,
            "signed_in": True,
            "ok": found.ok,
            "message": found.message,
            "hint": found.hint,
            "not_granted": [*done.missing],
        },
        shown=Group(*lines),
        code=exits.DONE if found.ok else exits.FAILED,
    )


def _tell(begun: Begun, *, json: bool) -> None:
    if json:
        line(_as_json(begun))
        return
    console().print(_told(begun))
    pasting = " If the browser cannot reach it, paste the address at which it ended here." if words.someone_is_there() else ""
    console().print(Text(f"Waiting until somebody has signed in.{pasting}", style="dim"))


def _told(begun: Begun) -> Group:
    return Group(
        Text("Open this page and allow it:", style="bold"),
        Text(f"\n  {begun.address}\n", no_wrap=True, overflow="ignore"),
        Text(f"The redirect address of the app at the vendor must be {begun.redirect_uri}", no_wrap=True, overflow="ignore"),
        *([Text("It asks for:")] if begun.scopes else []),
        *(Text(f"  {scope}{_why(begun, scope)}") for scope in begun.scopes),
    )


def _why(begun: Begun, scope: str) -> str:
    reasons = begun.reasons.get(scope)
    return f"   needed by {', '.join(reasons)}" if reasons else ""


def _as_json(begun: Begun) -> JSONObject:
    return {
        "name": begun.connection.name,
        "address": begun.address,
        "redirect_uri": begun.redirect_uri,
        "scopes": [*begun.scopes],
        "needed_by": {scope: [*why] for scope, why in begun.reasons.items()},
        "expires_at": iso_or_null(begun.expires_at),
    }
