"""Effects: intent recorded, call made, outcome recorded.

What a crash or a lost answer leaves between is settled as the operation declares.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from trunkline.connect.declaration import LookFirst, Operation, Repeat
from trunkline.engine import metrics, retry
from trunkline.engine.commits import Commits
from trunkline.engine.errands import BUDGET
from trunkline.engine.journey import Journey
from trunkline.engine.links import Link
from trunkline.engine.loops import Wake
from trunkline.model.clock import SECOND, Clock, Instant
from trunkline.model.connection import ConnectionState, state_after
from trunkline.model.crash import reach
from trunkline.model.errors import Decision, OutcomeUnknownError, RunSuspended, TrunklineError
from trunkline.model.event import Effect
from trunkline.model.ids import EffectKey
from trunkline.model.json import JSON, JSONObject, as_object, at_path
from trunkline.store import effects as store
from trunkline.store.payload import pack
from trunkline.store.statement import Transaction

IN_PLACE_S = 2.0
"""Waits up to this long are slept through; longer ones park the run."""

_TELL = "Look at the vendor, then: trunkline runs resolve RUN --landed or --repeat."


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A write about to happen. `last` says that nothing of the run follows it, so its outcome may share the run's last commit."""

    path: str
    key: EffectKey
    operation: Operation
    name: str
    link: Link
    input: Callable[[], JSONObject]
    last: bool


class Effects:
    """Performs the calls of runs."""

    def __init__(self, commits: Commits, clock: Clock, wake: Wake, *, chance: Callable[[], float] = random.random) -> None:
        self._commits = commits
        self._clock = clock
        self._wake = wake
        self._chance = chance

    async def read(self, journey: Journey, link: Link, operation: Operation, input: JSONObject) -> JSON:
        """Make a read, trying again as its errors allow."""
        attempt = journey.run.attempts
        while True:
            self._require_working(link)
            self._require_room(journey, link, operation)
            try:
                return await link.call(operation, input, key=None, depth=journey.run.depth, errand=journey.errand)
            except TrunklineError as error:
                verdict = retry.after(error, "read", attempt=attempt, now=self._clock.now(), chance=self._chance())
                if verdict.at is None:
                    self._raise(error, link, verdict)
                    raise
                metrics.count(metrics.RETRIES, error.code)
                await self._wait(verdict.at, error)
                attempt += 1

    async def write(self, journey: Journey, write: Write) -> JSON:
        """Make a write exactly once as far as the operation allows, and say so when nobody can know.

        Raises the error that ended it, or `RunSuspended` when it is to be taken up later.
        """
        known = journey.effects.get(write.path)
        if known is not None and known.effect.state == "done":
            return known.answer
        repeat = write.link.repeat(write.operation)
        attempt = known.effect.attempts if known else 0
        unsure = known is not None and known.effect.state in ("intended", "unknown")
        look = False
        if known is not None and unsure:
            look = self._after_crash(journey, write, known.effect, repeat)
        input = as_object(known.request) if known is not None and unsure else write.input()
        while True:
            self._require_working(write.link)
            self._require_room(journey, write.link, write.operation)
            attempt += 1
            await self._intend(journey, write, input)
            reach("after-intent")
            try:
                answer = await self._look(journey, write, repeat, input) if look else None
                if answer is None:
                    unsure = unsure and not look
                    answer = await self._send(journey, write, input)
            except TrunklineError as error:
                verdict = retry.after(error, repeat, attempt=attempt, now=self._clock.now(), chance=self._chance())
                unsure = unsure or error.decision is Decision.UNKNOWN
                if verdict.at is None:
                    self._give_up(journey, write, error, verdict, unsure=unsure, repeat=repeat)
                    raise
                metrics.count(metrics.RETRIES, error.code)
                look = isinstance(repeat, LookFirst) and unsure
                await self._again(journey, write, error, verdict.at, unsure=unsure)
                continue
            reach("after-answer")
            self._done(journey, write, answer)
            return answer

    async def _look(self, journey: Journey, write: Write, repeat: Repeat, input: JSONObject) -> JSON:
        """What the vendor has of an earlier try; None proves that it was not done."""
        assert isinstance(repeat, LookFirst)
        return await repeat.find(write.link.caller(key=write.key, depth=journey.run.depth, errand=journey.errand), input)

    async def _send(self, journey: Journey, write: Write, input: JSONObject) -> JSON:
        return await write.link.call(write.operation, input, key=write.key, depth=journey.run.depth, errand=journey.errand)

    def _after_crash(self, journey: Journey, write: Write, effect: Effect, repeat: Repeat) -> bool:
        """An intent without an outcome was met. True: look first. False: simply send again. Raises when only a person can tell."""
        if effect.state == "unknown" or repeat == "never":
            error = OutcomeUnknownError(
                effect.reason or f"The hub stopped while {write.name} was being sent; nobody knows whether it was done.",
                hint=_TELL,
                operation=write.name,
            )
            self._settle(journey, write, state="unknown", error=error)
            raise error
        return isinstance(repeat, LookFirst)

    async def _intend(self, journey: Journey, write: Write, input: JSONObject) -> None:
        effect = Effect(
            run=journey.run.id,
            path=write.path,
            operation=write.name,
            connection=write.link.connection.id,
            state="intended",
            attempts=1,
            intended_at=self._clock.now(),
            finished_at=None,
            code="",
            reason="",
        )
        packed = pack(input)
        commit = self._commits.ahead if write.last else self._commits.now
        await commit(journey, lambda tx: store.intend(tx, effect, packed))

    def _done(self, journey: Journey, write: Write, answer: JSON) -> None:
        run, packed, now = journey.run.id, pack(answer), self._clock.now()
        metrics.count(metrics.EFFECTS, "done")
        journey.pending.append(lambda tx: store.settle(tx, run, write.path, state="done", finished_at=now, answer=packed))
        if not write.last:
            self._commits.soon(journey)
        self._remember(journey, write, answer)

    def _remember(self, journey: Journey, write: Write, answer: JSON) -> None:
        operation = write.operation
        if operation.id_field is None:
            return
        record = at_path(answer, operation.record) if operation.record else answer
        written = at_path(record, operation.id_field)
        if isinstance(written, str):
            self._wake.wrote(write.link.connection.id, written, journey.run.depth)

    def _settle(self, journey: Journey, write: Write, *, state: store.EffectState, error: TrunklineError) -> None:
        run, now = journey.run.id, self._clock.now()
        finished = None if state == "not_done" else now

        def settle(tx: Transaction) -> None:
            store.settle(tx, run, write.path, state=state, finished_at=finished, code=error.code, reason=error.message)

        metrics.count(metrics.EFFECTS, state)
        journey.pending.append(settle)

    def _give_up(
        self, journey: Journey, write: Write, error: TrunklineError, verdict: retry.Verdict, *, unsure: bool, repeat: Repeat
    ) -> None:
        """Record how it ended; what may have been done by an earlier try and would be doubled by a replay is unknown."""
        if verdict.what == "unknown":
            self._settle(journey, write, state="unknown", error=error)
        elif verdict.what == "pause":
            if not unsure:
                self._settle(journey, write, state="not_done", error=error)
            self._raise(error, write.link, verdict)
        elif unsure and isinstance(repeat, LookFirst):
            doubt = OutcomeUnknownError(
                f"An earlier try of {write.name} may have been done, and then: {error.message}", hint=_TELL, operation=write.name
            )
            self._settle(journey, write, state="unknown", error=doubt)
            raise doubt from error
        else:
            self._settle(journey, write, state="refused", error=error)

    def _raise(self, error: TrunklineError, link: Link, verdict: retry.Verdict) -> None:
        if verdict.what == "pause":
            raise ConnectionRefused(error, link) from error

    async def _again(self, journey: Journey, write: Write, error: TrunklineError, at: Instant, *, unsure: bool) -> None:
        if not unsure:
            self._settle(journey, write, state="not_done", error=error)
            await self._commits.now(journey, lambda _tx: None)  # a stop while it waits must not make it look sent
        await self._wait(at, error)
        reach("before-repeat")

    async def _wait(self, at: Instant, error: TrunklineError) -> None:
        wait_s = (at - self._clock.now()) / SECOND
        if wait_s > IN_PLACE_S:
            raise RunSuspended(error.message, code=error.code, due_at=at, holds=True) from error
        await self._clock.sleep(max(wait_s, 0))

    def _require_room(self, journey: Journey, link: Link, operation: Operation) -> None:
        """Park the run while the vendor's limit is used up: a wait in hand would hold up runs that need another vendor."""
        at = link.session.later_than(operation, journey.errand)
        if at is not None:
            name = link.connection.name
            raise RunSuspended(f"The calls that {name!r} may make are used up for now.", code=BUDGET, due_at=at, holds=True)

    def _require_working(self, link: Link) -> None:
        connection = link.connection
        if connection.state in ("paused", "suspended"):
            raise RunSuspended(
                f"The connection {connection.name!r} is {connection.state}: {connection.cause}",
                code="connection",
                due_at=None,
                connection=connection.id,
                holds=True,
            )


class ConnectionRefused(RunSuspended):
    """The vendor refused the credential: the connection gets this `state` and the run waits for it."""

    def __init__(self, error: TrunklineError, link: Link) -> None:
        super().__init__(error.message, code=error.code, due_at=None, connection=link.connection.id, holds=True)
        self.link = link
        self.state: ConnectionState = state_after(error)
        self.cause = error.message
