"""Telling: alerts on their way to people; written with the alert in one unit, sent until the vendor took them."""

from collections.abc import Iterator, Sequence
from typing import Final

import structlog

from trunkline.connect.alerting import News
from trunkline.engine.directory import Directory
from trunkline.engine.links import Link
from trunkline.model.clock import Clock, Instant, later
from trunkline.model.errors import Decision, TrunklineError
from trunkline.store import alert_routes as store
from trunkline.store.alert_routes import Letter, Route
from trunkline.store.alerts import Alert
from trunkline.store.database import Database
from trunkline.store.statement import Transaction

log = structlog.get_logger()

LOOK_S: Final = 2.0
AT_ONCE: Final = 20
AGAIN_S: Final = 30.0
AGAIN_MOST_S: Final = 3_600.0
MOST_TRIES: Final = 30
"""About a day."""


class Teller:
    """One loop: sends what is due, one letter after the other."""

    def __init__(self, database: Database, directory: Directory, clock: Clock) -> None:
        self._database = database
        self._directory = directory
        self._clock = clock

    async def keep(self) -> None:
        """Send for ever."""
        while True:
            await self.send()
            await self._clock.sleep(LOOK_S)

    async def send(self) -> int:
        """Send what is due now; how many letters there were."""
        now = self._clock.now()
        letters = await self._database.read(lambda tx: store.due_letters(tx, now=now, most=AT_ONCE))
        if not letters:
            return 0
        routes = {route.id: route for route in await self._database.read(store.all_routes)}
        links = {link.connection.id: link for link in self._directory.links()}
        for letter in letters:
            route = routes.get(letter.route)
            link = None if route is None else links.get(route.connection)
            if route is None or link is None or link.connector.alerting is None:
                await self._database.journal.commit(lambda tx, seq=letter.seq: store.drop_letter(tx, seq))
            else:
                await self._send(letter, route, link)
        return len(letters)

    async def _send(self, letter: Letter, route: Route, link: Link) -> None:
        """A letter whose answer was lost counts as sent: better one too few than one for each try."""
        problem: TrunklineError | None = None
        try:
            await send(link, route.target, News.of(letter.news), key=f"alert_{letter.seq}")
        except TrunklineError as error:
            problem = error
        if problem is None or problem.decision is Decision.UNKNOWN or letter.tries + 1 >= MOST_TRIES:
            if problem is not None:
                log.error("an alert may not have been told", action="alert", connection=link.connection.name, reason=problem.message)
            await self._database.journal.commit(lambda tx: store.drop_letter(tx, letter.seq))
            return
        due = later(self._clock.now(), min(AGAIN_S * 2**letter.tries, AGAIN_MOST_S))
        said = problem.message
        log.warning("an alert could not be told", action="alert", connection=link.connection.name, reason=said)
        await self._database.journal.commit(lambda tx: store.put_off(tx, letter.seq, due_at=due, problem=said))


async def send(link: Link, target: str, news: News, *, key: str) -> None:
    """Tell by this connection; raises what the call raises."""
    alerting = link.connector.alerting
    if alerting is not None:
        await link.call(alerting.operation, alerting.input(news, target), key=key)


def write(tx: Transaction, opened: Sequence[Alert], closed: Sequence[Alert], *, now: Instant) -> None:
    """Have every route told what began and what is over."""
    routes = store.all_routes(tx)
    for alert, over in (*((one, False) for one in opened), *((one, True) for one in closed)):
        for route in _other(routes, alert):
            store.write_letter(tx, route, _news(alert, over=over, now=now).facts(), now=now)


def _other(routes: Sequence[Route], alert: Alert) -> Iterator[Route]:
    """Not by the connection that the alert is about."""
    return (route for route in routes if not alert.key.endswith(f":{route.connection}"))


def _news(alert: Alert, *, over: bool, now: Instant) -> News:
    return News(
        key=alert.key, kind=alert.kind, text=alert.text, hint=alert.hint, count=alert.count, over=over, at=now if over else alert.opened_at
    )
