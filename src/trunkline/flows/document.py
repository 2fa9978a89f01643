"""The flow document as values: what a person writes, before it is checked and compiled."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, JsonValue, Tag, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticKnownError

from trunkline.flows.durations import LEAST_POLL_S, MAX_POLL_S, MIN_POLL_S, MOST_POLL_S, NOW, begins_at, seconds
from trunkline.model.clock import Instant

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
IDENTIFIER = r"^[A-Za-z][A-Za-z0-9_]*$"
MAX_ITEMS = 10_000
CLOCK = "schedule"
"""What the names of triggers that are clocks begin with."""

Value = Annotated[
    JsonValue, Field(description="A constant, an expression `{{ … }}`, text with expressions in it, or a list or object of these.")
]
Expression = Annotated[str | bool, Field(description='A lone expression: "{{ … }}".')]
StepId = Annotated[str | None, Field(pattern=IDENTIFIER, max_length=64, description="Names the step's result: `steps.ID`.")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class PollBounds(_Part):
    """How often at least and at most; in between it goes by how much changes."""

    least: int | float | str | None = Field(default=None, description="The shortest interval, from 10s; 1m unless told, or `most`.")
    most: int | float | str | None = Field(default=None, description="The longest interval, to 24h; 15m unless told, or `least`.")

    @field_validator("least", "most")
    @classmethod
    def _within_range(cls, bound: float | str | None) -> float | str | None:
        if bound is not None:
            _interval(bound)
        return bound

    @model_validator(mode="after")
    def _in_order(self) -> "PollBounds":
        least_s, most_s = self.bounds
        if least_s > most_s:
            raise ValueError("`least` is longer than `most`.")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """In seconds."""
        least_s = None if self.least is None else seconds(self.least)
        most_s = None if self.most is None else seconds(self.most)
        if least_s is None:
            least_s = min(LEAST_POLL_S, most_s or LEAST_POLL_S)
        return least_s, max(MOST_POLL_S, least_s) if most_s is None else most_s


def _kind_of_poll(poll: Any) -> str:
    return "bounds" if isinstance(poll, dict | PollBounds) else "interval"


Poll = Annotated[Annotated[bool | int | float | str, Tag("interval")] | Annotated[PollBounds, Tag("bounds")], Discriminator(_kind_of_poll)]


def _interval(bound: float | str) -> float:
    every_s = seconds(bound)
    if not MIN_POLL_S <= every_s <= MAX_POLL_S:
        raise ValueError("The polling interval must be from 10s to 24h.")
    return every_s


class TriggerPart(_Part):
    """What starts the flow."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"on": {"pattern": rf"^{CLOCK}\."}}},
            "then": {"not": {"required": ["connection"]}},
            "else": {"required": ["connection"], "properties": {"connection": {"minLength": 1}}},
        }
    )

    on: str = Field(description="The trigger's full name, such as `ghl.contacts.changed` or `schedule.cron`.")
    connection: str = Field(default="", validate_default=True, description="The name of the connection that listens; a schedule has none.")
    input: dict[str, JsonValue] = Field(
        default_factory=dict, description="Which events, where the trigger asks: a calendar, a record, a time. Constants only."
    )
    webhook: bool = Field(default=True, description="Take events that the vendor sends.")
    poll: Poll = Field(
        default=True,
        description="Ask the vendor for news at this interval: a duration from 10s to 24h; `{least: 1m, most: 15m}`: shorter while things "
        "change, longer while they do not; true: within the trigger's own bounds, 1 to 15 minutes unless it says otherwise; false or "
        "`off`: never.",
    )
    since: str = Field(
        default=NOW,
        alias="from",
        description="From when on events are told, when the flow is first published: `now`; `30d`, `2026-01-01` or `beginning`: what "
        "changed since then is read as well, beside what happens now.",
    )

    @field_validator("connection")
    @classmethod
    def _listens(cls, connection: str, info: ValidationInfo) -> str:
        on = str(info.data.get("on", ""))
        if on.startswith(f"{CLOCK}.") and connection:
            raise ValueError(f"`{on}` is started by a clock and takes no `connection`: leave it out")
        if not on.startswith(f"{CLOCK}.") and not connection:
            raise PydanticKnownError("missing")
        return connection

    @field_validator("poll")
    @classmethod
    def _within_range(cls, poll: Poll) -> Poll:
        if not isinstance(poll, bool | PollBounds) and poll != "off":
            _interval(poll)
        return poll

    @field_validator("since")
    @classmethod
    def _a_beginning(cls, since: str) -> str:
        begins_at(since, now=Instant(0))
        return since

    @property
    def every_s(self) -> float | None:
        """The shortest polling interval in seconds; None when it is off, 0 when it is the trigger's own."""
        match self.poll:
            case bool():
                return 0 if self.poll else None
            case PollBounds():
                return self.poll.bounds[0]
            case _:
                return None if self.poll == "off" else seconds(self.poll)

    @property
    def most_s(self) -> float:
        """The longest one, where it is told; 0 otherwise."""
        return self.poll.bounds[1] if isinstance(self.poll, PollBounds) else 0


class _StepPart(_Part):
    id: StepId = None
    kind: ClassVar[str]


class CallPart(_StepPart):
    """Call an operation of a connector."""

    kind: ClassVar[str] = "call"
    call: str = Field(description="The operation's full name, such as `openphone.contacts.upsert`.")
    connection: str = Field(description="The name of the connection to call through.")
    input: dict[str, Value] = Field(default_factory=dict, description="The operation's input.")
    on_error: Literal["stop", "continue"] = Field(default="stop", description="What a refused call does to the run.")


class FilterPart(_StepPart):
    """Go on only when the expression holds."""

    kind: ClassVar[str] = "filter"
    filter: Expression


class SetPart(_StepPart):
    """Keep values for later as `vars.NAME`."""

    kind: ClassVar[str] = "set"
    set: dict[Annotated[str, Field(pattern=IDENTIFIER)], Value] = Field(min_length=1)


class LookupWords(_Part):
    """A key of a table."""

    table: str = Field(description="A name under `tables`.")
    key: Value
    default: Value = Field(default=None, description="The result when the table has no such key. Left out: the run fails.")


class LookupPart(_StepPart):
    """Look a key up in a table of the flow."""

    kind: ClassVar[str] = "lookup"
    lookup: LookupWords


class IfPart(_StepPart):
    """Take one of two ways."""

    kind: ClassVar[str] = "if"
    test: Expression = Field(alias="if")
    then: "list[StepPart]" = Field(default_factory=list, description="Steps for when it holds.")
    otherwise: "list[StepPart]" = Field(default_factory=list, alias="else", description="Steps for when it does not.")


class ForEachPart(_StepPart):
    """Do steps once per item, in order, with `item` and `index` at hand."""

    kind: ClassVar[str] = "for_each"
    for_each: Value
    do: "list[StepPart]" = Field(min_length=1)
    most: int = Field(default=1000, ge=1, le=MAX_ITEMS, description="A longer list fails the run.")


class DelayPart(_StepPart):
    """Wait."""

    kind: ClassVar[str] = "delay"
    delay: int | float | str = Field(description="A duration (`10m`), a number of seconds, or an expression that gives one.")


class StopWords(_Part):
    """How the run ends."""

    reason: str = ""
    failed: bool = Field(default=False, description="End as a dead letter instead of as intended.")


class StopPart(_StepPart):
    """End the run."""

    kind: ClassVar[str] = "stop"
    stop: str | StopWords

    @property
    def words(self) -> StopWords:
        return StopWords(reason=self.stop) if isinstance(self.stop, str) else self.stop


STEP_KINDS = ("call", "filter", "set", "lookup", "if", "for_each", "delay", "stop")


def kind_of(step: Any) -> str | None:
    """The one key that says what a step does; None when there is none or more than one."""
    if isinstance(step, _StepPart):
        return step.kind
    found: list[str] = [kind for kind in STEP_KINDS if kind in step] if isinstance(step, dict) else []
    return found[0] if len(found) == 1 else None


StepPart = Annotated[
    Annotated[CallPart, Tag("call")]
    | Annotated[FilterPart, Tag("filter")]
    | Annotated[SetPart, Tag("set")]
    | Annotated[LookupPart, Tag("lookup")]
    | Annotated[IfPart, Tag("if")]
    | Annotated[ForEachPart, Tag("for_each")]
    | Annotated[DelayPart, Tag("delay")]
    | Annotated[StopPart, Tag("stop")],
    Discriminator(kind_of),
]


class FlowPart(_Part):
    """A flow: trigger → filter → mapping → actions."""

    flow: str = Field(pattern=SLUG, max_length=64, description="The flow's name: lower-case letters, digits and hyphens.")
    title: str = Field(default="", description="What people read in lists.")
    about: str = Field(default="", description="What it is for, for the next person.")
    trigger: TriggerPart
    tables: dict[Annotated[str, Field(pattern=IDENTIFIER)], dict[str, JsonValue]] = Field(
        default_factory=dict, description="Fixed tables for `lookup` steps."
    )
    steps: list[StepPart] = Field(min_length=1)


IfPart.model_rebuild()
ForEachPart.model_rebuild()

AnyStep = CallPart | FilterPart | SetPart | LookupPart | IfPart | ForEachPart | DelayPart | StopPart


def step_id(step: AnyStep, position: tuple[str | int, ...]) -> str:
    """The step's id, or one made of its position: `step_3`, inside a branch `step_3_then_1`."""
    return step.id or "_".join(["step", *(str(part + 1) if isinstance(part, int) else part for part in position)])


def branches(step: AnyStep) -> Iterator[tuple[str, list[AnyStep]]]:
    """The lists of steps inside a step, each with the key it stands under."""
    match step:
        case IfPart():
            yield "then", step.then
            yield "else", step.otherwise
        case ForEachPart():
            yield "do", step.do
        case _:
            return


STEP_PARTS: dict[str, type[AnyStep]] = {
    part.kind: part for part in (CallPart, FilterPart, SetPart, LookupPart, IfPart, ForEachPart, DelayPart, StopPart)
}
