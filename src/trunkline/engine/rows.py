"""Rows of a file become events: by the same door as deliveries, with the place in the file kept in the same unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trunkline.connect.rows import Row, RowFile
from trunkline.engine.directory import Directory, InUse
from trunkline.engine.intake import arrival_of, scope_of
from trunkline.engine.links import Link
from trunkline.model.clock import Clock
from trunkline.model.errors import MappingError
from trunkline.model.ids import digest
from trunkline.model.json import JSONObject, dumps, loads
from trunkline.model.ports import Arrival, Inbox
from trunkline.store import cursors as store
from trunkline.store.cursors import Cursor
from trunkline.store.database import Database
from trunkline.store.statement import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a file was taken. `rejects_bytes` and `problems_bytes` are the lengths of the two reports at that place."""

    rows: int = 0
    rejected: int = 0
    rejects_bytes: int = 0
    problems_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file on its way in: whose it is, what it is, which content it has, and which of our names stands under which heading."""

    link: Link
    file: RowFile
    name: str
    identity: str
    columns: Mapping[str, str]

    @property
    def scope(self) -> str:
        return scope_of(self.link.connection.id, f"rows:{self.file.id}:{self.identity}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that made no event, and why."""

    row: Row
    reason: str


class RowIntake:
    """Takes rows in batches; how far it came survives any end of the process."""

    def __init__(self, database: Database, directory: Directory, inbox: Inbox, clock: Clock) -> None:
        self._database = database
        self._directory = directory
        self._inbox = inbox
        self._clock = clock

    def listening(self, source: Source) -> tuple[InUse, ...]:
        """The triggers that some published flow wants such rows for."""
        return self._directory.awaited(source.link.connection.id, source.file.kind)

    async def place(self, source: Source) -> Place:
        """Where this very file was left; the beginning when it is new."""
        kept = await self._database.read(lambda tx: store.get_cursor(tx, source.scope))
        found = loads(kept.cursor) if kept is not None and kept.cursor else {}
        return Place(**found) if isinstance(found, dict) else Place()  # pyright: ignore[reportArgumentType] - what `_keep` wrote

    def judged(self, source: Source, rows: Sequence[Row]) -> tuple[list[Arrival], list[Rejected]]:
        """The events that rows make, and the rows that make none."""
        arrivals: list[Arrival] = []
        rejected: list[Rejected] = []
        for row in rows:
            try:
                arrivals += self._arrivals(source, row)
            except MappingError as error:
                rejected.append(Rejected(row=row, reason=error.message))
        return arrivals, rejected

    async def keep(self, source: Source, arrivals: Sequence[Arrival], place: Place) -> int:
        """Store the events and the place behind them in one unit; how many were news (the others were known already)."""
        verdicts = await self._inbox.append(arrivals, also=lambda tx: self._keep(tx, source, place))
        return verdicts.count("accepted")

    def _keep(self, tx: Transaction, source: Source, place: Place) -> None:
        now = self._clock.now()
        facts = {name: getattr(place, name) for name in Place.__dataclass_fields__}
        store.save_cursor(tx, source.scope, Cursor(cursor=dumps(facts).decode(), baseline=now, polled_at=now, missed=0, problem=""))

    def _arrivals(self, source: Source, row: Row) -> list[Arrival]:
        if row.problem:
            raise MappingError(row.problem, field="")
        body = _body(source, row)
        made: list[Arrival] = []
        for use in self.listening(source):
            payload = None if use.trigger.payload is None else use.trigger.payload(body)
            if payload is None or not use.wants(payload):
                continue
            made.append(
                arrival_of(
                    source.link.connection,
                    use,
                    payload,
                    source="file",
                    key=digest(source.identity, str(row.line)),
                    occurred_at=None,
                    received_at=self._clock.now(),
                )
            )
        return made


def _body(source: Source, row: Row) -> JSONObject:
    """What a trigger's `payload` reads: mapped values under `row`, the rest under `other`."""
    place: JSONObject = {"file": source.name, "line": row.line}
    if not source.columns:
        return {"row": {**row.values}, "other": {}, **place}
    mapped = set(source.columns.values())
    return {
        "row": {name: row.values[heading] for name, heading in source.columns.items()},
        "other": {heading: value for heading, value in row.values.items() if heading not in mapped},
        **place,
    }
