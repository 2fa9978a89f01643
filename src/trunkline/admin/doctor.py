"""The doctor: examines each connection, names the cause and the next step of what is wrong, and mends what can be mended."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, Literal

from trunkline.admin import connections, scopes, subscriptions
from trunkline.admin.desk import Desk
from trunkline.admin.reach import obstacle
from trunkline.connect.declaration import Quota
from trunkline.engine.alerts import ARRIVALS, is_silent
from trunkline.engine.links import Link
from trunkline.flows.plan import TriggerUse
from trunkline.model.clock import SECOND, Instant, iso
from trunkline.model.connection import Connection
from trunkline.model.ids import ConnectionId, EndpointId
from trunkline.store import alerts as alert_store
from trunkline.store import connections as connection_store
from trunkline.store import flows as flow_store

Check = Literal["credential", "permissions", "clock", "budget", "deliveries", "address", "arrivals"]
Verdict = Literal["ok", "mended", "warning", "problem"]

MOST_SKEW_S: Final = 120.0
"""From where on signatures and tokens begin to be refused."""
LITTLE_LEFT: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found; `hint` is the next step of what is not ok."""

    check: Check
    verdict: Verdict
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A connection and everything that was found about it."""

    connection: Connection
    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        return all(one.verdict != "problem" for one in self.findings)


async def examine(desk: Desk, name: str | None, *, hook: Callable[[EndpointId], str] | None) -> list[Examined]:
    """One connection, or all by name. What is mended: a connection that works again goes on, a lost subscription is made anew.

    `hook` gives the public address of an endpoint; None when vendors cannot reach this hub.
    """
    rows = await desk.database.read(connection_store.all_connections)
    found = rows if name is None else [row for row in rows if row[0].id == (await connections.named(desk, name)).id]
    standing = {one.connection.id: one for one in await subscriptions.listed(desk, public=hook is not None)}
    arrived = await desk.database.read(lambda tx: alert_store.arrivals(tx, most=ARRIVALS))
    return [
        Examined(
            connection=one,
            findings=(
                *await _called(desk, one),
                *await _permissions(desk, one, sealed),
                *await _deliveries(desk, standing.get(one.id)),
                *await _reached(desk, standing.get(one.id), hook),
                *await _arrivals(desk, one, arrived),
            ),
        )
        for one, sealed in found
    ]


async def _called(desk: Desk, connection: Connection) -> list[Finding]:
    """What a harmless read tells: whether the credential is good, whose clock is wrong, how much of the day is left."""
    heard: list[tuple[Instant, Mapping[str, str]]] = []
    checked = await connections.listen(desk, connection.name, lambda headers: heard.append((desk.clock.now(), headers)))
    if not checked.ok:
        hint = checked.hint or "Is the vendor up, is the connection's server the right one, and does this machine reach it?"
        return [Finding(check="credential", verdict="problem", text=checked.message, hint=hint), *_clock(heard)]
    before = f" It was {connection.state}; runs that waited go on." if connection.state != "ok" else ""
    good = Finding(check="credential", verdict="mended" if before else "ok", text=f"It works ({checked.ms:g} ms).{before}")
    return [good, *_clock(heard), *_budget(await connections.link_to(desk, connection.name), heard)]


def _clock(heard: list[tuple[Instant, Mapping[str, str]]]) -> Iterator[Finding]:
    for at, headers in heard[-1:]:
        try:
            theirs = parsedate_to_datetime(headers.get("date", "")).timestamp()
        except ValueError:
            return
        skew = at / SECOND - theirs
        if abs(skew) <= MOST_SKEW_S:
            yield Finding(check="clock", verdict="ok", text="Its clock and ours agree.")
        else:
            text = f"This machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the vendor's."
            hint = "Set it by NTP: signatures and tokens are refused by a wrong clock."
            yield Finding(check="clock", verdict="problem", text=text, hint=hint)


def _budget(link: Link, heard: list[tuple[Instant, Mapping[str, str]]]) -> Iterator[Finding]:
    if link.connector.quota is None or not heard:
        return
    said = link.connector.quota(heard[-1][1])
    daily = max((limit.calls for limit in link.connector.limits if limit.per_s >= 86_400), default=0)
    if said is not None:
        yield _left(said, daily)


def _left(said: Quota, daily: int) -> Finding:
    if said.remaining_today is None:
        return Finding(check="budget", verdict="ok", text=f"{said.remaining} calls are left of this window.")
    little = said.remaining_today < LITTLE_LEFT * daily
    hint = "What can wait is parked until tomorrow; poll less often, or ask the vendor for more." if little else ""
    text = f"{said.remaining_today:,} calls are left today."
    return Finding(check="budget", verdict="warning" if little else "ok", text=text, hint=hint)


async def _permissions(desk: Desk, connection: Connection, sealed: bytes) -> list[Finding]:
    """Whether what was granted is enough for the flows; only a sign-in tells what was granted."""
    had = await scopes.granted(desk, connection, sealed)
    if had is None:
        return []
    lacking = [one for one in await scopes.wanted(desk, frozenset((connection.name,))) if one.scope not in had]
    if not lacking:
        return [Finding(check="permissions", verdict="ok", text="What was granted is enough for the flows.")]
    named = "; ".join(f"{one.scope} ({', '.join(one.why)})" for one in lacking)
    hint = f"Sign in again, it asks for them: trunkline connections authorize {connection.name}"
    return [Finding(check="permissions", verdict="problem", text=f"Flows need what was not granted: {named}.", hint=hint)]


async def _deliveries(desk: Desk, standing: subscriptions.Standing | None) -> list[Finding]:
    if standing is None or standing.state == "not needed":
        return []
    name = standing.connection.name
    match standing.state:
        case "failing":
            await subscriptions.look_again(desk, standing.connection)
            problem = standing.stored.problem if standing.stored is not None else ""
            hint = f"The hub tries it again now; look in a moment: trunkline subscriptions check {name}"
            return [Finding(check="deliveries", verdict="problem", text=f"Its vendor does not deliver: {problem}", hint=hint)]
        case "waiting":
            text = "Its vendor was not asked to deliver yet."
            return [Finding(check="deliveries", verdict="warning", text=text, hint="The hub asks when it runs: trunkline up")]
        case "no address":
            text = "Its vendor cannot deliver: nobody outside reaches this hub, as far as it knows."
            hint = "Set TRUNKLINE_PUBLIC_URL, or let the flows poll."
            return [Finding(check="deliveries", verdict="warning", text=text, hint=hint)]
        case "by hand":
            return [
                Finding(
                    check="deliveries", verdict="ok", text="Who delivers was entered at the vendor by hand; arrivals tell whether it does."
                )
            ]
        case _:
            await subscriptions.look_again(desk, standing.connection)
            until = standing.stored.until if standing.stored is not None else None
            lasts = f" until {iso(until)[:16].replace('T', ' ')} UTC, and is renewed before" if until is not None else ""
            return [Finding(check="deliveries", verdict="ok", text=f"Its vendor delivers{lasts}.")]


async def _reached(desk: Desk, standing: subscriptions.Standing | None, hook: Callable[[EndpointId], str] | None) -> list[Finding]:
    """Whether what the vendor delivers would come in."""
    if standing is None or hook is None or standing.state == "not needed":
        return []
    found = await obstacle(desk, hook(standing.connection.endpoint))
    if found is None:
        return [Finding(check="address", verdict="ok", text="Deliveries to its public address come in.")]
    return [Finding(check="address", verdict="problem", text=f"Deliveries do not come in: {found.text}.", hint=found.hint)]


async def _arrivals(desk: Desk, connection: Connection, arrived: Mapping[tuple[ConnectionId, str], list[Instant]]) -> list[Finding]:
    """When each trigger in use last told something, against what is usual."""
    now = desk.clock.now()
    uses = (TriggerUse.of(flow.trigger) for flow in await desk.database.read(flow_store.published_flows))
    found: list[Finding] = []
    for key in sorted({use.key for use in uses if use.connection == connection.name}):
        times = arrived.get((connection.id, key), [])
        name = key.partition("#")[0]
        if not times:
            found.append(Finding(check="arrivals", verdict="ok", text=f"{name} has told nothing yet."))
        elif is_silent(times, now):
            hint = "Change something there and see whether it comes: trunkline events list; what was refused: trunkline deliveries refused"
            found.append(
                Finding(check="arrivals", verdict="problem", text=f"{name} last came {_ago(times[0], now)}, unusually long.", hint=hint)
            )
        else:
            found.append(Finding(check="arrivals", verdict="ok", text=f"{name} last came {_ago(times[0], now)}."))
    return found


def _ago(then: Instant, now: Instant) -> str:
    seconds = (now - then) / SECOND
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= unit:
            count = round(seconds / unit)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"
