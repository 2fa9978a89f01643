"""Alerts by way of a vendor: which operation sends one, and what it is given."""

from collections.abc import Callable
from dataclasses import dataclass

from trunkline.connect.declaration import Operation
from trunkline.model.clock import Instant, from_iso, iso
from trunkline.model.json import JSONObject


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is told of an alert: that it began, or (`over`) that it ended. `count` is how many things it concerns."""

    key: str
    kind: str
    text: str
    hint: str
    count: int
    over: bool
    at: Instant

    @property
    def title(self) -> str:
        """In a few words."""
        return f"Over: {self.text}" if self.over else self.text

    def facts(self) -> JSONObject:
        """As plain data: to be stored, and to be sent to programs."""
        return {
            "key": self.key,
            "kind": self.kind,
            "text": self.text,
            "hint": self.hint,
            "count": self.count,
            "over": self.over,
            "at": iso(self.at),
        }

    @classmethod
    def of(cls, facts: JSONObject) -> "News":
        """From what `facts` gave."""
        texts = {name: str(facts[name]) for name in ("key", "kind", "text", "hint")}
        return cls(**texts, count=int(str(facts["count"])), over=facts["over"] is True, at=from_iso(str(facts["at"])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerting:
    """`input` makes what `operation` takes from the news and the target a person named; `target` says what that is, empty for none."""

    operation: Operation
    input: Callable[[News, str], JSONObject]
    target: str = ""
    needs_target: bool = False
