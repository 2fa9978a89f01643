"""How the simulated agency answers about its users, where a list is asked for with POST."""

from collections.abc import Callable, Mapping

from starlette.requests import Request

from trunkline.model.json import JSON, as_object
from trunkline.testing.records import Records
from trunkline.testing.simulation import Handler


class UserCalls:
    """The handlers; users lie among the records the fake keeps by itself, which `held` gives."""

    def __init__(self, held: Callable[[], Records]) -> None:
        self._held = held

    def handlers(self) -> Mapping[str, Handler]:
        return {"POST /users/search/filter-by-email": self._filter}

    def _filter(self, _: Request, body: JSON) -> JSON:
        asked = as_object(body)
        emails = str(asked.get("emails")).lower().split(",")
        found = [user for user in self._held().all("/users") if str(user.get("email")).lower() in emails]
        begin = int(str(asked.get("skip", "0")))
        return {"users": [*found[begin : begin + int(str(asked.get("limit", "25")))]], "count": len(found)}
