"""What is wrong with a flow document, where it stands, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from trunkline.model.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A spot in a document; `line` and `column` count from 1, `path` reads like `steps[2].input.email`."""

    line: int
    column: int
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding. An `error` keeps the flow from being published, a `warning` does not."""

    level: Literal["error", "warning"]
    message: str
    hint: str
    place: Place

    def __str__(self) -> str:
        where = f" ({self.place.path})" if self.place.path else ""
        return f"{self.place.line}:{self.place.column}: {self.message}{where}"


class FlowDocumentError(ConfigError):
    """A text that is no flow document; `problems` lists everything that was found."""

    def __init__(self, problems: Iterable[Problem], *, source: str) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(first.message, hint=first.hint, place=f"{source}:{first.place.line}:{first.place.column}")


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint naming the word that was probably meant; what there is when nothing is near and the list is short; else empty."""
    choices = sorted(set(known))
    close = get_close_matches(word, choices, n=1, cutoff=0.6) or [name for name in choices if name.lower() == word.lower()]
    if close:
        return f"Did you mean `{close[0]}`?"
    if choices and len(choices) <= 24:
        return f"There is: {', '.join(f'`{name}`' for name in choices)}."
    return ""
