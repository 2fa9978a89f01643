"""Triggers of webhook events: what a delivery says of a record, what counts as news, and the list that finds what was lost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from trunkline.connect.declaration import Operation, Poll, Trigger, Window
from trunkline.connect.watching import Reading, Shape, matching, polling, reach
from trunkline.connectors.ghl.triggers.shaping import record_of
from trunkline.model.connection import Account
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import Schema, nullable, record, text

ENVELOPE: Final = frozenset(("type", "webhookId", "timestamp", "appId", "companyId", "versionId"))
"""Keys of a delivery that say something about the delivery, not about the record."""

HALF_HOUR_S: Final = 1_800


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """One kind of record as events tell it: its name in the payload, its fields, and which of them make a change.

    `inside` is the key of the delivery that holds it, `keep` are keys of the envelope that belong to it here. `mend` puts right what is
    called or typed otherwise in one place than in another; `compared` makes equal what is told differently and is the same. `asks` are
    inputs a flow may narrow it by, with the field each is about.
    """

    under: str
    category: str
    fields: Mapping[str, Schema]
    identity: tuple[str, ...] = ()
    inside: str | None = None
    keep: frozenset[str] = frozenset()
    mend: Callable[[JSONObject], JSONObject] | None = None
    compared: Callable[[JSONObject], JSONObject] | None = None
    asks: Mapping[str, str] = field(default_factory=dict[str, str])
    scopes: tuple[str, ...] = ()
    orders_by: str = "id"
    """The field whose events stay in order."""

    def record(self, raw: JSONObject) -> JSONObject:
        """The record, however it was found; known fields that were not told are null."""
        told = {**dict.fromkeys(self.fields), **record_of(raw)}
        return self.mend(told) if self.mend else told

    def from_delivery(self, body: JSONObject) -> JSONObject | None:
        """The payload of a delivery; None when it names no record."""
        raw = {name: value for name, value in body.items() if name not in ENVELOPE or name in self.keep}
        if self.inside is not None:
            inner = raw.pop(self.inside, None)
            raw = {"locationId": raw.get("locationId"), **as_object(inner)}
        told = self.record(raw)
        return {self.under: told} if told.get(self.orders_by) or told.get("id") else None

    def of(self, payload: JSONObject) -> JSONObject:
        return as_object(payload[self.under])

    def key(self, payload: JSONObject) -> str:
        told = self.of(payload)
        return str(told.get(self.orders_by) or told.get("id"))

    def state(self, payload: JSONObject) -> JSON:
        """What a delivery and a list both tell, without what is empty: equal here means nothing happened that anyone can see."""
        return self.part(payload, self.identity)

    def part(self, payload: JSONObject, names: tuple[str, ...]) -> JSONObject:
        told = self.of(payload)
        told = self.compared(told) if self.compared else told
        return {name: told[name] for name in names if told.get(name) not in (None, "", [], 0, False)}

    @property
    def schema(self) -> Schema:
        return record(self.fields, required=tuple(self.fields), open=True, about="Every key the vendor sent is here in snake_case")

    @property
    def output(self) -> dict[str, Schema]:
        return {self.under: self.schema}

    @property
    def shape(self) -> Shape:
        return Shape(item=self.record, schema=lambda _: self.schema, name=lambda path: path)

    def asked(self, window: Window | None) -> Schema:
        """What a flow may ask for, and how far the window of its list reaches."""
        fields = {name: text(f"Only with this {path.replace('_', ' ')}") for name, path in self.asks.items()}
        return record({**fields, **(reach(window) if window else {})})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The list in which the same records can be found. `narrows` are inputs of a flow that the list takes as well."""

    read: Operation
    created: str | None = None
    updated: str | None = None
    begin: JSONObject = field(default_factory=dict[str, JSON])
    narrows: tuple[str, ...] = ()
    newest_first: bool = False
    window: Window | None = None
    items: Callable[[JSON], list[JSON]] | None = None
    every_s: float = HALF_HOUR_S
    """Such a list is read to its end each time, unless it comes newest first."""


def _seen(payload: JSONObject) -> JSON:  # noqa: ARG001 - a record counts once, whatever it holds
    return "seen"


def created(noun: Noun, id: str, title: str, *kinds: str, listing: Listing | None = None, **facts: Any) -> Trigger:
    """Each record once, when it is first met."""
    stamp = listing.created if listing else None
    return _told(noun, id, title, kinds, _polled(noun, listing, stamp=stamp), fingerprint=_seen, **facts)


def changed(noun: Noun, id: str, title: str, *kinds: str, listing: Listing | None = None, **facts: Any) -> Trigger:
    """Every visible change, once: the vendor sends two events of one change, which say the same (its repository, issue 27, open)."""
    stamp = listing.updated if listing else None
    return _told(noun, id, title, kinds, _polled(noun, listing, stamp=stamp), fingerprint=noun.state, **facts)


def happened(noun: Noun, id: str, title: str, *kinds: str, listing: Listing | None = None, **facts: Any) -> Trigger:
    """Each delivery; with a list, each that has another `key`."""
    stamp = listing.created if listing else None
    return _told(noun, id, title, kinds, _polled(noun, listing, stamp=stamp), **facts)


def became(noun: Noun, id: str, title: str, *kinds: str, fields: tuple[str, ...], listing: Listing | None = None, **facts: Any) -> Trigger:
    """One of `fields` is another than before; `before` tells what they were, null where nobody knew."""

    def state(payload: JSONObject) -> JSON:
        return noun.part(payload, fields)

    def compare(before: JSON, payload: JSONObject) -> JSONObject | None:
        known = as_object(before)
        told: JSONObject = {name: known.get(name) for name in fields}
        return None if before == state(payload) else {**payload, "before": told}

    output = {**noun.output, "before": record({name: noun.fields[name] for name in fields}, required=fields)}
    poll = _polled(noun, listing, stamp=None, narrowed=False)
    return _told(
        noun,
        id,
        title,
        kinds,
        poll and replace(poll, notes_unseen=True),
        fingerprint=state,
        remember=state,
        compare=compare,
        gives=record(output, required=(noun.under,)),
        **facts,
    )


def reached(
    noun: Noun,
    id: str,
    title: str,
    *kinds: str,
    fields: tuple[str, ...],
    when: Callable[[JSONObject], bool],
    listing: Listing | None = None,
    **facts: Any,
) -> Trigger:
    """The record is such that `when` holds, and was not in the same way before: its `fields` were others."""

    def state(payload: JSONObject) -> JSON:
        return noun.part(payload, fields)

    def compare(before: JSON, payload: JSONObject) -> JSONObject | None:
        return payload if when(noun.of(payload)) and before != state(payload) else None

    poll = _polled(noun, listing, stamp=None, narrowed=False)
    return _told(noun, id, title, kinds, poll, fingerprint=state, remember=state, compare=compare, **facts)


def _told(noun: Noun, id: str, title: str, kinds: tuple[str, ...], poll: Poll | None, **facts: Any) -> Trigger:
    window = poll.window if poll else None
    defaults: dict[str, Any] = {
        "category": noun.category,
        "payload": noun.from_delivery,
        "record_key": noun.key,
        "gives": record(noun.output, required=(noun.under,)),
        "takes": noun.asked(window) if noun.asks or window else None,
        "matches": matching({name: f"{noun.under}.{path}" for name, path in noun.asks.items()}) if noun.asks else None,
        "scopes": tuple(dict.fromkeys((*noun.scopes, *(poll.read.scopes if poll else ())))),
        "sample": f"{id}.json",
    }
    return Trigger(**{**defaults, **facts}, id=id, title=title, kinds=kinds, poll=poll)


def _polled(noun: Noun, listing: Listing | None, *, stamp: str | None, narrowed: bool = True) -> Poll | None:
    """The list as a poll that makes the same payload. Not narrowed where a record must be met before it is what the flow asks for."""
    if listing is None:
        return None
    reading = Reading(
        begin=listing.begin, newest_first=listing.newest_first, window=listing.window, items=listing.items, every_s=listing.every_s
    )
    poll = polling(listing.read, news="new", under=noun.under, shape=noun.shape, reading=reading, stamp=stamp)
    names = listing.narrows if narrowed else ()
    start = poll.start

    def narrowly(since: str | None, account: Account, input: JSONObject) -> JSONObject:
        return start(since, account, {name: value for name, value in input.items() if name in names})

    return replace(poll, start=narrowly)


ID: Final = text("Its id")
LOCATION: Final[Mapping[str, Schema]] = {"location_id": nullable(text("The sub-account"))}
