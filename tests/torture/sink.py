"""The far side: a server that lives through every kill of the hub and remembers each request that reached it."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from starlette.types import Receive, Scope, Send

from trunkline.model.json import JSONObject, dumps, loads

KEY = b"idempotency-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """A write that was carried out: `path` tells which one of which flow, `contact` and `number` the event."""

    path: str
    contact: str
    number: int
    key: str


class Sink:
    """Carries every write out that it does not turn away; `turn_away` is asked before and answers with a 503 when true."""

    def __init__(self, *, turn_away: Callable[[str, str, int], bool] | None = None, retry_after_s: int = 3) -> None:
        self.landed: list[Landed] = []
        self.turned_away = 0
        self._turn_away = turn_away or _take_everything
        self._retry_after = str(retry_after_s).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            raw += message.get("body", b"")
            more = message.get("more_body", False)
        body = cast(JSONObject, loads(raw))
        path, contact, number = str(scope["path"]), str(body["contact"]), int(str(body["number"]))
        if self._turn_away(path, contact, number):
            self.turned_away += 1
            await _answer(send, 503, ((b"retry-after", self._retry_after),))
            return
        key = next((value.decode() for name, value in scope["headers"] if name == KEY), "")
        self.landed.append(Landed(path=path, contact=contact, number=number, key=key))
        await _answer(send, 201, ())

    def times(self, path: str) -> Counter[tuple[str, int]]:
        """How often each event's write of `path` was carried out."""
        return Counter((one.contact, one.number) for one in self.landed if one.path == path)

    def order(self, path: str) -> dict[str, list[int]]:
        """The numbers of each contact as they came in."""
        found: dict[str, list[int]] = defaultdict(list)
        for one in self.landed:
            if one.path == path:
                found[one.contact].append(one.number)
        return found

    def keys(self, path: str) -> dict[tuple[str, int], set[str]]:
        """The idempotency keys each event's write of `path` came under."""
        found: dict[tuple[str, int], set[str]] = defaultdict(set)
        for one in self.landed:
            if one.path == path:
                found[one.contact, one.number].add(one.key)
        return found


def _take_everything(path: str, contact: str, number: int) -> bool:  # noqa: ARG001 - asked of every request
    return False


async def _answer(send: Send, status: int, extra: tuple[tuple[bytes, bytes], ...]) -> None:
    body = dumps({"id": "x"})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
