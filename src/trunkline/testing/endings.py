"""How an answer of a fake vendor ends: whole, or lost on its way."""

import asyncio
from typing import Final, Literal

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Ending = Literal["answer", "hang", "drop", "truncate", "drip"]
"""How an answer ends: whole; never; connection cut without a word; cut in the middle of the body; byte by byte."""

_DRIP_S: Final = 0.05


async def finish(answer: Response, ending: Ending, scope: Scope, receive: Receive, send: Send) -> None:
    match ending:
        case "answer":
            await answer(scope, receive, send)
        case "hang":
            while (await receive())["type"] != "http.disconnect":
                pass
        case "drop":
            _cut(send)
        case "truncate" | "drip":
            await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
            await _partly(bytes(answer.body), ending, send)


async def _partly(body: bytes, ending: Ending, send: Send) -> None:
    if ending == "truncate":
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await asyncio.sleep(0)
        _cut(send, gently=True)
        return
    for byte in body:
        await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        await asyncio.sleep(_DRIP_S)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _cut(send: Send, *, gently: bool = False) -> None:
    """Cut the connection below HTTP: with a reset, or after flushing what was written."""
    transport: asyncio.Transport = send.__self__.transport  # pyright: ignore[reportFunctionMemberAccess]  # the server's own request cycle
    if gently:
        transport.close()
    else:
        transport.abort()
