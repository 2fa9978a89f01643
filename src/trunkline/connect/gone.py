"""Any list that is read to its end can tell of what it shows no more."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from trunkline.connect.declaration import Operation, Trigger
from trunkline.connect.watching import Reading, Shape, asked, polling
from trunkline.model.json import JSON, JSONObject, as_object, at_path
from trunkline.model.schema import anything, record, text


def gone(
    operation: Operation,
    *,
    id: str,
    title: str,
    under: str = "item",
    keeps: Sequence[str] = (),
    shape: Shape | None = None,
    reading: Reading | None = None,
    **facts: Any,
) -> Trigger:
    """A trigger that tells which records `operation` lists no more; its payload is `{under: {id, …}}` with the fields it `keeps`.

    A record is gone when two passes in a row did not show it (a list of one page: one pass), never because a read failed halfway. The
    operation names its `id_field`. What is kept of each record takes room, a hundred thousand times for a long list: keep little.
    """
    shape, reading = shape or Shape(), replace(reading or Reading(), since=None, newest_first=False)
    path = shape.name(operation.id_field or "id")

    def kept(item: JSONObject) -> JSONObject:
        told = shape.item(item)
        fields: JSONObject = {name: value for name in keeps if (value := told.get(name)) is not None}
        return {under: {"id": str(at_path(told, path)), **fields}}

    def key(payload: JSONObject) -> str:
        return str(as_object(payload[under])["id"])

    poll = polling(operation, news="new", under=under, shape=shape, reading=reading, stamp=None)
    fields: dict[str, JSON] = {"id": text(), **{name: anything() for name in keeps}}
    defaults: dict[str, Any] = {
        "category": operation.category,
        "record_key": key,
        "scopes": operation.scopes,
        "sample": operation.sample,
        "takes": lambda: asked(operation, reading),
        "gives": record({under: record({name: as_object(schema) for name, schema in fields.items()}, required=("id",))}, required=(under,)),
    }
    return Trigger(**{**defaults, **facts}, id=id, title=title, poll=replace(poll, payload=kept), gone=True)
