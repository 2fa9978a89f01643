"""How a hub is doing, and what of it needs a person."""

from dataclasses import dataclass

from trunkline.admin import flows, health, notices, runs, triggers
from trunkline.admin.desk import Desk
from trunkline.admin.health import Health
from trunkline.admin.triggers import Watched
from trunkline.model.clock import iso, later
from trunkline.store import events as event_store
from trunkline.store.notices import StoredNotice

ENDING_S = 30 * 86_400
"""How long before its end an operation needs a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`waiting` events are accepted and not handed to runs yet; `troubled` connections are not ok.

    `noticed` counts operations that vendors say they will take away, `ending` are those that end soon.
    """

    connections: int
    troubled: list[Health]
    flows: int
    published: int
    runs: dict[str, int]
    waiting: int
    triggers: list[Watched]
    noticed: int
    ending: list[StoredNotice]

    @property
    def needs(self) -> list[str]:
        """What needs a person, each with the command that tells more; empty when nothing does."""
        found = [
            f"{self.runs[state]} {'run' if self.runs[state] == 1 else 'runs'} {words}: trunkline runs list --state {state}"
            for state, words in (("failed", "failed"), ("unknown", "with an unknown outcome"))
            if self.runs.get(state)
        ]
        found += [
            f"the connection {one.connection.name} is paused: trunkline connections show {one.connection.name}"
            for one in self.troubled
            if one.state == "paused"
        ]
        found += [
            f"{one.connector}.{one.operation} ends on {iso(one.sunset_at)[:10]}: trunkline connectors notices"
            for one in self.ending
            if one.sunset_at is not None
        ]
        found += [
            f"{one.cursor.held} records vanished from the list of {one.use.name} at once: trunkline triggers show {one.flows[0]}"
            for one in self.triggers
            if one.cursor is not None and one.cursor.held
        ]
        return found


async def overview(desk: Desk) -> Overview:
    """Look at everything once."""
    known = await health.everything(desk)
    stored = await flows.everything(desk)
    noticed = await notices.everything(desk.database)
    soon = later(desk.clock.now(), ENDING_S)
    return Overview(
        connections=len(known),
        troubled=[one for one in known if one.state != "ok"],
        flows=len(stored),
        published=sum(flow.published is not None for flow in stored),
        runs=await runs.counts(desk),
        waiting=await desk.database.read(event_store.inbox_depth),
        triggers=await triggers.everything(desk),
        noticed=len(noticed),
        ending=[one for one in noticed if one.sunset_at is not None and one.sunset_at <= soon],
    )
