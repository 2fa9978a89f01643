"""What vendors tell of accounts themselves: a connection pauses before a call fails, and is tried again when its account is back."""

from collections.abc import Iterator
from typing import Final

from trunkline.connect.sign_in import way_of
from trunkline.connect.webhooks import Standing
from trunkline.engine.directory import Directory
from trunkline.engine.links import Link
from trunkline.engine.recovery import Recovery
from trunkline.model.clock import Instant, later
from trunkline.model.errors import ConfigError, WebhookError
from trunkline.model.http import Delivery
from trunkline.model.ids import ConnectionId

CLOCKS_S: Final = 5.0
"""How far the vendor's clock may be behind ours."""


class Standings:
    """Carries out what a delivery says, for each connection that is meant and can verify it; all of it is on disk when it returns."""

    def __init__(self, directory: Directory, recovery: Recovery) -> None:
        self._directory = directory
        self._recovery = recovery
        self._back_at: dict[ConnectionId, Instant] = {}
        """When the last delivery was sent that said it is back."""

    async def heed(self, link: Link, told: Standing, delivery: Delivery, *, sent_at: Instant | None) -> None:
        """`link` is the connection that took the delivery: one that is meant need not be it, if only it is of the same vendor."""
        for meant in list(self._meant(link, told, delivery)):
            if not await _begun(meant):
                continue
            if told.gone:
                await self._gone(meant, told.cause, sent_at)
            else:
                await self._back(meant, told.cause, sent_at)

    def _meant(self, link: Link, told: Standing, delivery: Delivery) -> Iterator[Link]:
        for other in self._directory.alike(link):
            maker = self._maker(other)
            if maker is not None and told.of(other.account, maker.account) and _verified(other, delivery):
                yield other

    def _maker(self, link: Link) -> Link | None:
        """The connection that makes the tokens of `link`; itself where none does, None where that one cannot be used."""
        tokens = link.session.tokens
        if tokens is None or tokens.oauth.minted is None:
            return link
        try:
            return self._directory.named(link.connection.workspace, tokens.oauth.minted.by)
        except ConfigError:
            return None

    async def _gone(self, link: Link, cause: str, sent_at: Instant | None) -> None:
        """Pause it, unless it changed after this was sent: then it is an old delivery that came again, or late."""
        connection = link.connection
        newest = max(later(connection.since, -CLOCKS_S), self._back_at.get(connection.id, Instant(0)))
        if (connection.state, connection.cause) == ("paused", cause) or (sent_at is not None and sent_at < newest):
            return
        await self._directory.set_state(connection.id, "paused", cause)

    async def _back(self, link: Link, cause: str, sent_at: Instant | None) -> None:
        """Have it tried soon. Until then it counts as suspended, so that it is tried after a restart as well."""
        connection = link.connection
        if sent_at is not None:
            self._back_at[connection.id] = max(sent_at, self._back_at.get(connection.id, sent_at))
        if connection.state == "ok":
            if link.session.tokens is not None:
                await link.session.tokens.forgive()
            return
        await self._directory.set_state(connection.id, "suspended", cause)
        self._recovery.soon(connection.id)


async def _begun(link: Link) -> bool:
    """Whether there is anything to pause or to try: nobody has signed in to some connections yet."""
    tokens = link.session.tokens
    if tokens is None or way_of(tokens.oauth, link.account) != "authorization_code":
        return True
    return (await tokens.grants.read(link.connection.id)).grant is not None


def _verified(link: Link, delivery: Delivery) -> bool:
    """Whether this connection takes the delivery for true: keys are a matter of the connection."""
    webhook = link.connector.webhook
    assert webhook is not None
    try:
        webhook.verify(delivery, link.account)
    except WebhookError:
        return False
    return True
