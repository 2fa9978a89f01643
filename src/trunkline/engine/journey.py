"""A journey: everything about one run while it is in hand."""

from collections.abc import Callable
from dataclasses import dataclass, field

from trunkline.connect.turns import Errand
from trunkline.engine.directory import Entry
from trunkline.flows.plan import Scope
from trunkline.model.clock import iso
from trunkline.model.event import Event, InboxItem, Run
from trunkline.model.json import JSON, JSONObject
from trunkline.store.effects import RecordedEffect
from trunkline.store.statement import Transaction


@dataclass(slots=True)
class Ticket:
    """An inbox item shared by the runs it starts; `done` is called once all of them are recorded."""

    item: InboxItem
    open: int
    done: Callable[[InboxItem], None]

    def recorded(self) -> None:
        """One of the runs is on disk."""
        self.open -= 1
        if self.open == 0:
            self.done(self.item)


@dataclass(slots=True, kw_only=True)
class Work:
    """What a lane is given: a flow to carry out for an event, as a new run or (with `resume`) one taken up again."""

    entry: Entry
    event: Event
    generation: int
    ticket: Ticket | None
    again: bool
    resume: Run | None = None


@dataclass(slots=True, kw_only=True)
class Journey:
    """`pending` are writes that join the next commit, `stored` says whether the run has a row yet."""

    run: Run
    entry: Entry
    event: Event
    ticket: Ticket | None
    scope: Scope
    effects: dict[str, RecordedEffect]
    steps: dict[str, JSON]
    stored: bool
    errand: Errand
    resumed: bool = False
    pending: list[Callable[[Transaction], None]] = field(default_factory=list[Callable[[Transaction], None]])
    trace: list[JSON] = field(default_factory=list[JSON])

    def take_pending(self) -> list[Callable[[Transaction], None]]:
        """The writes that wait, to be put into a unit."""
        taken, self.pending = self.pending, []
        return taken

    def tell(self, path: str, kind: str, **facts: JSON) -> None:
        """Add a line to the run's trace."""
        self.trace.append({"step": path, "kind": kind, **facts})

    def recorded(self) -> None:
        """The run is on disk: its inbox item may go."""
        if self.ticket is not None:
            self.ticket.recorded()
            self.ticket = None


def scope_of(run: Run, event: Event, entry: Entry) -> Scope:
    """What expressions see at the start of a run; `run.started_at` is the first start, so a resumed run decides as it did before."""
    about: JSONObject = {
        "id": run.id,
        "flow": entry.name,
        "version": entry.version,
        "started_at": iso(run.started_at),
        "received_at": iso(event.received_at),
        "source": event.source,
    }
    return {"trigger": event.payload, "steps": {}, "vars": {}, "run": about}
