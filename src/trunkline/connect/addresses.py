"""Which addresses may be called: public ones, and what the owner allowed by name."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from trunkline.model.clock import Clock, SystemClock
from trunkline.model.errors import AddressError, UnavailableError

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""From a host name and port to its addresses; `OSError` when there are none."""

_REMEMBER_S: Final = 60.0
_MOST_REMEMBERED: Final = 4096
_CLOSED: Final = tuple(
    ipaddress.ip_network(net)
    for net in (
        "100.64.0.0/10",  # RFC 6598, carrier-grade NAT
        "192.0.0.0/24",  # RFC 6890
        "192.88.99.0/24",  # RFC 7526, 6to4 relays
        "198.18.0.0/15",  # RFC 2544, benchmarks
        "fec0::/10",  # RFC 3879, site-local
        "100::/64",  # RFC 6666, discard
        "2001::/23",  # RFC 2928, protocol assignments; Teredo is among them
        "3fff::/20",  # RFC 9637, documentation
        "5f00::/16",  # RFC 9602, segment routing
    )
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
_NAT64_LOCAL: Final = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215
_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")  # RFC 4291, 2.5.5.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a URL leads: `host` is lower case, an IPv6 address stands in brackets."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    pin: str
    until: float


class Addresses:
    """Judges where a request may go. `allow` holds hosts (`intranet.example`) or hosts with a port (`127.0.0.1:9099`)."""

    def __init__(self, *, allow: Sequence[str] = (), resolve: Resolve | None = None, clock: Clock | None = None) -> None:
        self._allow = frozenset(entry.strip().lower() for entry in allow)
        self._resolve = resolve or system_resolve
        self._clock = clock or SystemClock()
        self._known: dict[tuple[str, int], _Verdict] = {}

    async def check(self, target: Origin) -> str | None:
        """The address to use for `target`; None when its host needs no pinning (an address, or allowed by the owner).

        Raises `AddressError` when the host, or any address its name resolves to, is not public, and `UnavailableError` when the name
        cannot be resolved. A verdict is remembered for a minute.
        """
        if self.allows(target.host, target.port):
            return None
        literal = as_address(target.host)
        if literal is not None:
            return _refuse_closed(target, [literal])
        key = (target.host, target.port)
        known = self._known.get(key)
        if known is None or known.until < self._clock.monotonic():
            known = await self._look_up(target)
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = known
        return known.pin

    def allows(self, host: str, port: int) -> bool:
        """Whether the owner allowed this host, on any port or on this one."""
        return host in self._allow or f"{host}:{port}" in self._allow

    async def _look_up(self, target: Origin) -> _Verdict:
        try:
            found = await self._resolve(target.host, target.port)
        except OSError as exc:
            raise UnavailableError(f"the host name {target.host} cannot be resolved") from exc
        addresses = [address for text in found if (address := as_address(text)) is not None]
        if not addresses:
            raise UnavailableError(f"the host name {target.host} has no address")
        _refuse_closed(target, addresses)
        return _Verdict(pin=str(addresses[0]), until=self._clock.monotonic() + _REMEMBER_S)


def is_public(address: IP) -> bool:
    """Whether `address` belongs to the public internet; an IPv4 address wrapped in an IPv6 one is judged as what it is."""
    inner = _wrapped(address)
    if inner is not None:
        return is_public(inner)
    if isinstance(address, ipaddress.IPv6Address) and (address in _COMPATIBLE or address in _NAT64_LOCAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not any(address in net for net in _CLOSED)


def as_address(host: str) -> IP | None:
    """The address that `host` spells, in any form a C library would take (`127.1`, `0x7f000001`, `017700000001`); None for a name."""
    text = host.strip("[]").split("%", 1)[0].rstrip(".")
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        pass
    if not text[:1].isdigit():
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text))
    except (OSError, ValueError):
        return None


async def system_resolve(host: str, port: int) -> list[str]:
    """The addresses the operating system knows for `host`, IPv4 first."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in sorted(found, key=lambda one: one[0] != socket.AF_INET)]


def _wrapped(address: IP) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside a mapped, NAT64 or 6to4 address."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _refuse_closed(target: Origin, addresses: Sequence[IP]) -> None:
    if not all(is_public(address) for address in addresses):
        raise AddressError(
            f"{target.host} is not a public address",
            hint=f"If it is meant, allow {target.host}:{target.port} when starting the hub.",
        )
