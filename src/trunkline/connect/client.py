"""The one HTTP client of the program: it sends a `Request`, and says of every failure whether the request may have left."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Final, Self
from urllib.parse import quote

from pyreqwest.bytes import Bytes
from pyreqwest.client import Client as Transport
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import BuilderError, DetailedPyreqwestError, PoolTimeoutError, PyreqwestError
from pyreqwest.http import Url
from pyreqwest.response import Response as Answer

from trunkline.connect.addresses import Addresses, Origin
from trunkline.model.errors import OutcomeUnknownError, RejectedError, RemoteError, UnavailableError
from trunkline.model.http import Request, Response

MAX_ANSWER_BYTES: Final = 20_000_000
"""Largest answer taken, counted after decompression."""

_IDLE_CONNECTIONS: Final = 256
_PINNED_CLIENTS: Final = 128
_NEVER_CONNECTED: Final = "client error (Connect)"


class Client:
    """A pool of connections shared by everything that calls out; make one per process and `close` it.

    Redirects are not followed and proxy settings of the environment are ignored. An absolute URL outside the connection's own origin is
    checked by `addresses` first and reaches exactly the address that was checked.
    """

    def __init__(
        self, *, addresses: Addresses | None = None, max_answer_bytes: int = MAX_ANSWER_BYTES, connect_timeout_s: float = 10
    ) -> None:
        self._addresses = addresses or Addresses()
        self._max_answer_bytes = max_answer_bytes
        self._connect_timeout = timedelta(seconds=connect_timeout_s)
        self._transport = self._made()
        self._pinned: OrderedDict[tuple[str, int, str], Transport] = OrderedDict()
        self._timeouts: dict[float, timedelta] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._transport.close()
        for transport in self._pinned.values():
            await transport.close()

    async def send(
        self,
        request: Request,
        *,
        base_url: str = "",
        timeout_s: float = 30,
        write: bool,
        answering: Callable[[], None] | None = None,
    ) -> Response:
        """Send `request` and return whatever the server answers, whatever its status. `answering` is called when its head is here.

        Raises `UnavailableError` when it surely was not done (or was a read), `OutcomeUnknownError` when a write may have reached the
        server, `RejectedError` when the request cannot be sent at all, `AddressError` when its address is refused.
        """
        try:
            url = full_url(request, base_url)
            transport = await self._route(request.url, url, base_url)
            builder = transport.request(request.method, url).headers(request.headers).timeout(self._timeout(timeout_s))
            if request.body is not None:
                builder = builder.body_bytes(request.body)
            prepared = builder.build_streamed()
        except (BuilderError, ValueError, TypeError):
            # Not `from exc`, here and below: what the transport says quotes the address and headers, which may hold a credential.
            raise RejectedError("the request cannot be sent: its address or a header is malformed", hint="Check the URL.") from None
        try:
            async with prepared as answer:
                if answering is not None:
                    answering()
                body = await answer.body_reader.read(self._max_answer_bytes + 1)
                headers = _headers(answer)
                status = answer.status
        except (PyreqwestError, OSError) as exc:
            raise translate(exc, write=write) from None
        if body is not None and len(body) > self._max_answer_bytes:
            raise _too_large(status, self._max_answer_bytes, write=write)
        return Response(status=status, headers=headers, body=_bytes(body))

    async def _route(self, asked: str, url: str, base_url: str) -> Transport:
        if asked.startswith("/"):
            return self._transport
        target = origin(url)
        if base_url and target == origin(base_url):
            return self._transport
        pin = await self._addresses.check(target)
        return self._transport if pin is None else self._pinned_to(target, pin)

    def _pinned_to(self, target: Origin, address: str) -> Transport:
        """A transport that resolves the host to the checked address only, so a name cannot change its mind after the check."""
        key = (target.host, target.port, address)
        transport = self._pinned.get(key)
        if transport is None:
            transport = self._pinned[key] = self._made(pin=(target.host, address, target.port))
            if len(self._pinned) > _PINNED_CLIENTS:
                self._pinned.popitem(last=False)
        else:
            self._pinned.move_to_end(key)
        return transport

    def _made(self, *, pin: tuple[str, str, int] | None = None) -> Transport:
        builder = (
            ClientBuilder()
            .no_proxy()
            .follow_redirects(False)
            .referer(False)
            .user_agent("trunkline")
            .connect_timeout(self._connect_timeout)
            .pool_max_idle_per_host(_IDLE_CONNECTIONS)
        )
        return (builder if pin is None else builder.resolve(*pin)).build()

    def _timeout(self, timeout_s: float) -> timedelta:
        known = self._timeouts.get(timeout_s)
        if known is None:
            known = self._timeouts[timeout_s] = timedelta(seconds=timeout_s)
        return known


def full_url(request: Request, base_url: str) -> str:
    """The whole URL with its query. A relative one starts with `/`, so that nothing can be smuggled into the host of `base_url`."""
    url = request.url
    if url.startswith("/"):
        if not base_url:
            raise ValueError("a path needs a base URL")
        url = base_url.rstrip("/") + url
    if request.query:
        pairs = "&".join([f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in request.query])
        url = f"{url}{'&' if '?' in url else '?'}{pairs}"
    return url


def origin(url: str) -> Origin:
    """Scheme, host and port as the transport itself reads them, so that no second parser can disagree; `ValueError` when there is none."""
    parsed = Url(url)
    if parsed.scheme not in ("http", "https") or parsed.host_str is None:
        raise ValueError("only http and https addresses can be called")
    if parsed.username or parsed.password:
        raise ValueError("credentials do not belong into a URL")
    return Origin(scheme=parsed.scheme, host=parsed.host_str, port=parsed.port_or_known_default or 443)


def same_origin(url: str, base_url: str) -> bool:
    """Whether both lead to the same scheme, host and port; one that is malformed leads nowhere."""
    try:
        return origin(url) == origin(base_url)
    except ValueError:
        return False


def translate(exc: Exception, *, write: bool) -> RemoteError:
    """The error of ours for an error of the transport.

    NOTE: the transport's classes do not tell the two cases apart (a time-out while waiting for the answer is a `ConnectTimeoutError`,
    a reset after the request a `ConnectError`); its list of causes does. Whatever is not surely a failed connect counts as sent.
    """
    if isinstance(exc, BuilderError):
        return RejectedError("the request cannot be sent: its address or a header is malformed")
    words = _words(exc)
    if isinstance(exc, PoolTimeoutError) or _NEVER_CONNECTED in words:
        return UnavailableError(f"no connection could be made: {words[-1]}")
    said = words[-1] if words else type(exc).__name__
    if write:
        return OutcomeUnknownError(f"the request was sent, its answer was lost: {said}")
    return UnavailableError(f"no usable answer: {said}")


def _words(exc: Exception) -> list[str]:
    """What the transport says of the causes, outermost first; the one that repeats the URL (and so perhaps a secret) is left out."""
    causes = (exc.details["causes"] or []) if isinstance(exc, DetailedPyreqwestError) else []
    own = exc.message if isinstance(exc, PyreqwestError) else type(exc).__name__
    return [own, *(cause["message"] for cause in causes if "://" not in cause["message"])]


def _too_large(status: int, most: int, *, write: bool) -> RemoteError:
    kind = OutcomeUnknownError if write and status < 300 else RejectedError
    return kind(f"the answer is larger than {most:,} bytes", hint="Ask for fewer records per page.", status=status)


def _headers(answer: Answer) -> dict[str, str]:
    try:
        return dict(answer.headers)
    except ValueError:  # a value outside of visible ASCII: the others are still good
        readable: dict[str, str] = {}
        for name in answer.headers.keys():  # noqa: SIM118 - iterating the map itself would read the values
            try:
                readable[name] = answer.headers[name]
            except ValueError:
                continue
        return readable


def _bytes(body: Bytes | None) -> bytes:
    return b"" if body is None else body.to_bytes()
