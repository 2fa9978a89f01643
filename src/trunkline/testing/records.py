"""The records a simulated vendor keeps, by the path of their collection; below a record lie collections of its own."""

from collections.abc import Iterable

from trunkline.model.json import JSONObject


class Records:
    """Records by collection (`/contacts/c1/notes`) and id."""

    def __init__(self) -> None:
        self._collections: dict[str, dict[str, JSONObject]] = {}

    def all(self, collection: str) -> list[JSONObject]:
        """Oldest first."""
        return list(self._collections.get(collection, {}).values())

    def get(self, collection: str, id: str) -> JSONObject | None:
        return self._collections.get(collection, {}).get(id)

    def put(self, collection: str, id: str, record: JSONObject) -> None:
        self._collections.setdefault(collection, {})[id] = record

    def remove(self, collection: str, id: str) -> bool:
        """Whether it was there; what lies below goes with it."""
        gone = self._collections.get(collection, {}).pop(id, None)
        below = f"{collection}/{id}/"
        for name in [name for name in self._collections if name.startswith(below)]:
            del self._collections[name]
        return gone is not None

    def matching(self, collection: str, fields: JSONObject, names: Iterable[str]) -> tuple[str, JSONObject] | None:
        """The oldest record that equals `fields` in one of `names`, with its id."""
        wanted = [(name, fields[name]) for name in names if fields.get(name) not in (None, "")]
        for id, record in self._collections.get(collection, {}).items():
            if any(record.get(name) == value for name, value in wanted):
                return id, record
        return None
