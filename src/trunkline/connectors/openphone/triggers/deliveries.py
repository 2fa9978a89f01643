"""What a delivery of either generation says, and what polls have in common."""

from collections.abc import Callable

from trunkline.connect.declaration import Operation, Poll
from trunkline.connectors.openphone.surface import MOST
from trunkline.model.clock import from_iso, iso, later
from trunkline.model.connection import Account
from trunkline.model.json import JSON, JSONObject, as_object

Payload = Callable[[JSONObject], JSONObject]


def resource_of(body: JSONObject) -> JSONObject:
    """The record an event is about: `data.resource` in the current generation, `data.object` in the legacy one."""
    data = as_object(body.get("data"))
    return as_object(data.get("resource")) or as_object(data.get("object"))


def context_of(body: JSONObject) -> JSONObject:
    """What the current generation tells besides the record."""
    return as_object(as_object(body.get("data")).get("context"))


def event_of(body: JSONObject) -> str:
    """The vendor's name for what happened."""
    told = body.get("type")
    return told if isinstance(told, str) else ""


def named(record: JSONObject, *names: str) -> bool:
    """Whether the record says which one it is, under one of these names."""
    return any(isinstance(record.get(name), str) and record[name] != "" for name in names)


def seen(payload: JSONObject) -> JSON:  # noqa: ARG001 - a record counts once, whatever it holds
    return "seen"


def created_at(item: JSONObject) -> str | None:
    """When an item of a list was made."""
    told = item.get("createdAt")
    return told if isinstance(told, str) else None


def newly_made(read: Operation, payload: Payload, asked: JSONObject, *, overlap_s: float) -> Poll:
    """What of a list was made since the last pass. What becomes true of an item later is found as long as the overlap reaches back.

    It is asked for from a second earlier: messages are cut by `gt`, which leaves out what was made at that very moment.
    """

    def start(since: str | None, account: Account, input: JSONObject) -> JSONObject:  # noqa: ARG001 - a key sees the whole workspace
        moment: JSONObject = {"after": iso(later(from_iso(since), -1))} if since is not None else {}
        return {"maxResults": MOST, **asked, **input, **moment}

    return Poll(read=read, start=start, payload=payload, cursor=created_at, overlap_s=overlap_s)


def whole_list(read: Operation, payload: Payload, *, page: int = MOST, every_s: float = 900) -> Poll:
    """Every record, each time: the vendor filters and sorts by nothing that would help."""

    def start(since: str | None, account: Account, input: JSONObject) -> JSONObject:  # noqa: ARG001 - see above
        return {"maxResults": page}

    return Poll(read=read, start=start, payload=payload, walk="whole", every_s=every_s)
