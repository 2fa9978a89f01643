"""The words a connector is declared in: frozen values and pointers to pure functions, nothing that does I/O by itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from trunkline.connect.memory import Memory
from trunkline.connect.rows import RowFile
from trunkline.connect.webhooks import Webhook
from trunkline.model.catalogue import Remark
from trunkline.model.clock import Clock, Instant, iso
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import RemoteError
from trunkline.model.http import Pairs, Request, Response
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import Schema, record

if TYPE_CHECKING:
    from trunkline.connect.alerting import Alerting
    from trunkline.connect.endpoints import Endpoints
    from trunkline.connect.schedules.schedule import Schedule
    from trunkline.connect.sign_in import Accounts, SignIn

Kind = Literal["read", "write"]


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP call made from an input object: `{names}` in the path, `query` and `header_inputs` are taken out, the rest is the body.

    `options` fills inputs that were left out from the connection's options (`{"locationId": "location"}`), `defaults` with what the
    vendor wants said every time (`{"altType": "location"}`). A list in the query repeats its key, unless the name is among `commas`.
    `body=False` sends none; what is left over then is an error found by the input schema. `renames` says what an input is called in the
    body, where a parameter has taken its name.
    """

    method: str
    path: str
    query: tuple[str, ...] = ()
    commas: tuple[str, ...] = ()
    header_inputs: tuple[str, ...] = ()
    body: bool = False
    content: str = "application/json"
    """The body's media type: JSON, `application/x-www-form-urlencoded`, `multipart/form-data`, or that of a file."""
    whole: bool = False
    """The input `body` is the body as it is: a list, a file, anything that is no object of fields."""
    renames: Mapping[str, str] | None = None
    headers: Pairs = ()
    options: Mapping[str, str] | None = None
    defaults: Mapping[str, JSON] | None = None
    host: str | None = None
    """Another address of the same vendor; the credential goes there if the connector's `hosts` has it."""
    file: bool = False
    """A good answer is a file and becomes `{content_type, size_bytes, text}`, or `base64` instead of `text`."""


class Caller(Protocol):
    """What a composed operation gets to work with: the same budgets, translation and checks as any call."""

    @property
    def account(self) -> Account: ...

    @property
    def key(self) -> str | None:
        """The idempotency key of the running effect; None in a read."""
        ...

    @property
    def memory(self) -> Memory:
        """What this connection keeps for a while of what it read (definitions of fields, lists of users)."""
        ...

    @property
    def clock(self) -> Clock:
        """The time, for telling what is recent."""
        ...

    async def call(self, operation: "Operation", input: JSONObject) -> JSON: ...


Perform = Callable[[Caller, JSONObject], Awaitable[JSON]]
"""A composed operation: more than one call behind one name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crafted:
    """A call whose request and answer need code: `request` is pure and gets the validated input, `answer` reads a good response.

    `traced` sends along how deep in a chain of flows the call stands (header `trunkline-depth`), for vendors that are ourselves or
    hand it on; others never see it. `sign` proves the sender: it gets the whole request, the account, the id of this write (the same in
    each of its repeats) and the time, and gives further headers.
    """

    request: Callable[[JSONObject, Account], Request]
    answer: Callable[[Response], JSON]
    traced: bool = False
    sign: Callable[[Request, Account, str, Instant], Pairs] | None = None


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The vendor honours this header: a repeat under the same key is harmless."""

    header: str


@dataclass(frozen=True, slots=True)
class LookFirst:
    """Before a repeat, `find` looks whether the lost write was done: the answer it would have given, or None to send again."""

    find: Callable[[Caller, JSONObject], Awaitable[JSON | None]]


Repeat = Literal["safe", "never"] | IdempotencyKey | LookFirst
"""What a repeat of a write does. `safe`: overwrites with the same. `never`: an unknown outcome waits for a person."""

RepeatRule = Repeat | Callable[[Account], Repeat]
"""What a repeat does, where it depends on how the connection is set up as a function of its account."""

NextPage = Callable[[JSONObject, JSON], JSONObject | None]
"""From the input and the answer of a page to the input of the next one; None after the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call a connector offers.

    `id` has no connector prefix (`contacts.upsert`); `items` and `record` are dotted paths in the answer. `takes` and `gives` are the
    schemas of input and output, or functions that make them: most of a large catalogue is never looked at.
    """

    id: str
    title: str
    category: str
    kind: Kind
    call: Call | Crafted | Perform
    takes: Schema | Callable[[], Schema]
    gives: Schema | Callable[[], Schema]
    about: str = ""
    repeat: RepeatRule = "never"
    items: str | None = None
    record: str | None = None
    id_field: str | None = None
    updated_field: str | None = None
    next_page: NextPage | None = None
    scopes: tuple[str, ...] = ()
    sample: str | None = None
    deprecated: bool = False
    endpoint: str | None = None
    """The vendor's endpoint it stands on (`POST /contacts/upsert`), where it is one of the official description."""
    group: str = ""
    """Which of the vendor's limits counts it."""

    @property
    def input(self) -> Schema:
        """The schema of what goes in; made at the first look."""
        return _looked_at(self, "takes", self.takes)

    @property
    def output(self) -> Schema:
        """The schema of what comes out; made at the first look."""
        return _looked_at(self, "gives", self.gives)


def _looked_at(owner: object, name: str, given: Schema | Callable[[], Schema]) -> Schema:
    if not callable(given):
        return given
    made = given()
    object.__setattr__(owner, name, made)
    return made


def repeat_of(operation: Operation, account: Account) -> Repeat:
    """What a repeat of `operation` does on this account."""
    return operation.repeat(account) if callable(operation.repeat) else operation.repeat


# ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time that moves with the clock: each pass sends its two ends as the inputs `begin` and `end`, spelt by `spell`.

    How far it reaches is said in days; a flow may say otherwise (`days_back`, `days_ahead`), up to `most_days` in all.
    """

    begin: str
    end: str
    days_back: float
    days_ahead: float
    most_days: float = 366
    spell: Callable[[Instant], JSON] = iso


Walk = Literal["since", "newest_first", "whole"]
"""How a pass reads a list. since: `start` asks for what changed since then · newest_first: page by page until a whole page is older ·
whole: to its end, every time; so is every list without a `cursor`. All but the first kind look once before anything counts as news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A read turned into a trigger.

    `start` makes the input of the first page from `since` (ISO 8601, already moved back by `overlap_s`; None where the vendor is not
    asked for a time), the account and the trigger's own input. `cursor` reads an item's timestamp (ISO 8601). `items` finds the items
    in an answer where the operation's path does not.
    """

    read: Operation
    start: Callable[[str | None, Account, JSONObject], JSONObject]
    payload: Callable[[JSONObject], JSONObject]
    cursor: Callable[[JSONObject], str | None] | None = None
    walk: Walk = "since"
    window: Window | None = None
    items: Callable[[JSON], list[JSON]] | None = None
    token: Callable[[JSON], str | None] | None = None
    """Reads the vendor's own mark from an answer, where it keeps one: `start` gets the last one of the pass before as `since`."""
    notes_unseen: bool = False
    """A record met for the first time is only noted: for triggers that tell what became different about one."""
    overlap_s: float = 600
    every_s: float = 300
    """How often, unless the flow says."""


Past = Literal["any", "beginning", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """How events arrive, by webhook, by poll or both; both make the same `payload`, so one reconciles the other.

    News is decided per record: with a `fingerprint`, an item counts only when its fingerprint differs from the last one seen for the same
    record (a constant: only the first time). Without one, every delivery with a new key counts. `compare` gets what `remember` kept of
    the last one (None at first) and the payload; it gives the payload to emit, or None for no news. Where several deliveries make one
    event (the parts of a call), `fold` does both: from what is remembered and the payload to what is remembered now and the event, if it is
    whole.

    `key` is what an event is known by however it came, where one record (a conversation) has many events that each count once: then a poll
    does not tell again what a webhook told. It stands in for the vendor's delivery id and goes with no fingerprint.

    `takes` is the schema of what a flow may say of which events it wants, `gives` that of the payload, or functions that make them. Uses
    with different inputs are polled apart and have news of their own. `matches` tells whether a payload is one that an input asks for: the
    one that `compare` makes, if it compares.
    """

    id: str
    title: str
    category: str
    gives: Schema | Callable[[], Schema]
    record_key: Callable[[JSONObject], str]
    takes: Schema | Callable[[], Schema] | None = None
    matches: Callable[[JSONObject, JSONObject], bool] | None = None
    about: str = ""
    kinds: tuple[str, ...] = ()
    payload: Callable[[JSONObject], JSONObject | None] | None = None
    poll: Poll | None = None
    fingerprint: Callable[[JSONObject], JSON] | None = None
    remember: Callable[[JSONObject], JSON] | None = None
    key: Callable[[JSONObject], str] | None = None
    compare: Callable[[JSON, JSONObject], JSONObject | None] | None = None
    fold: Callable[[JSON, JSONObject], tuple[JSON, JSONObject | None]] | None = None
    gone: bool = False
    """It tells of records that its list, which is read to its end, shows no more: what `Poll.payload` made of them, as kept until then."""
    scopes: tuple[str, ...] = ()
    sample: str | None = None
    """Its own sample, or that of the operation it reads."""
    judge: Callable[[JSONObject, Instant | None], tuple[Remark, ...]] | None = None
    """What is wrong with an input that its schema takes; the instant is now, for what must not be past."""
    schedule: "Callable[[JSONObject], Schedule] | None" = None
    """For a trigger that is a clock and needs no connection: when it starts a flow, made of its input."""

    @property
    def past(self) -> Past:
        """How far back its list can be read: `any` time, only as a whole from the `beginning`, or not at all (`none`)."""
        if self.poll is None or self.poll.notes_unseen or self.gone:
            return "none"
        return "beginning" if self.poll.cursor is None or self.poll.token is not None else "any"

    @property
    def input(self) -> Schema | None:
        """The schema of what a flow may say of it, None when there is nothing to say; made at the first look."""
        schema = None if self.takes is None else _looked_at(self, "takes", self.takes)
        return schema if schema and schema.get("properties") else None

    @property
    def output(self) -> Schema:
        """The schema of the payload; made at the first look."""
        return _looked_at(self, "gives", self.gives)


# ── the vendor ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret a connection needs, asked for by `title`. `required` does not hold for a connection that signs in with OAuth 2.0."""

    name: str
    title: str
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """`calls` in any window of `per_s` seconds, counted by connection; with a `group`, only the operations of that group."""

    calls: int
    per_s: float
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a vendor's headers said of the budget; None where they said nothing. `group` is the one they count, if they name it."""

    calls: int | None = None
    per_s: float | None = None
    remaining: int | None = None
    reset_s: float | None = None
    remaining_today: int | None = None
    calls_today: int | None = None
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A row of the table that turns an answer into an error; rows are tried in order before the general table.

    `when` narrows a row by what the answer says, `of` by what was called; `hint` tells a person the next step.
    """

    status: int
    means: type[RemoteError] | None
    when: Callable[[Response], bool] | None = None
    of: Callable[[Operation], bool] | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """What we know about one vendor; holds no secret."""

    id: str
    name: str
    base_url: str
    about: str
    auth: Callable[[Credential], Pairs]
    operations: tuple[Operation, ...]
    triggers: tuple[Trigger, ...] = ()
    secrets: tuple[Secret, ...] = ()
    options: Schema = field(default_factory=lambda: record({}))
    limits: tuple[RateLimit, ...] = ()
    quota: Callable[[Mapping[str, str]], Quota | None] | None = None
    counted_by: Callable[[Account], str] | None = None
    """What the vendor counts calls by, where that is no single connection: those with the same text share a budget. Empty: its own."""
    answers: tuple[Answer, ...] = ()
    explain: Callable[[Response], str] | None = None
    """The vendor's own words for an error answer, without the values it quotes where it can be told."""
    webhook: Webhook | None = None
    check: Operation | None = None
    """A harmless read that proves the credential."""
    endpoints: "Endpoints | None" = None
    """Every official endpoint; each can be called as `ID.call METHOD /path`."""
    hosts: tuple[str, ...] = ()
    """Other addresses of the vendor to which the credential may go as well."""
    files: tuple[RowFile, ...] = ()
    """Kinds of CSV files whose rows are events of its triggers."""
    oauth: "SignIn | None" = None
    """How a connection signs in that is given an app's `client_id`; `auth` then gets the live access token as `token`."""
    accounts: "Accounts | None" = None
    """The accounts that a connection makes tokens for, where the vendor lists them."""
    alerting: "Alerting | None" = None
    """How the hub's own alerts are sent by a connection."""
    auth_query: Callable[[Credential], Pairs] | None = None
    """What of the credential stands in the query of each request."""


def bearer(credential: Credential) -> Pairs:
    """`Authorization: Bearer <token>`."""
    return (("authorization", f"Bearer {credential['token']}"),)


def raw_key(credential: Credential) -> Pairs:
    """`Authorization: <token>` without a scheme."""
    return (("authorization", credential["token"]),)


def get(path: str, *, query: tuple[str, ...] = (), headers: Pairs = (), options: Mapping[str, str] | None = None) -> Call:
    return Call(method="GET", path=path, query=query, headers=headers, options=options)


def send(
    method: Literal["POST", "PUT", "PATCH", "DELETE"],
    path: str,
    *,
    query: tuple[str, ...] = (),
    headers: Pairs = (),
    options: Mapping[str, str] | None = None,
    body: bool = True,
) -> Call:
    return Call(method=method, path=path, query=query, headers=headers, options=options, body=body)


def by_token(*, param: str, answer: str) -> NextPage:
    """Paging by an opaque token: the answer's `answer` becomes the input's `param`; missing, null or empty ends it."""

    def next_page(input: JSONObject, page: JSON) -> JSONObject | None:
        token = page.get(answer) if isinstance(page, dict) else None
        return {**input, param: token} if token else None

    return next_page
