"""YAML or JSON text into plain values and the place of each; safe for text from strangers.

No tags, no duplicate keys, bounded size, depth and aliases. Scalars follow the YAML 1.2 core schema, so `on` and `off` stay text and
dates do too. The tree is built from parser events without recursion in the library, so a deep text cannot overflow it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from trunkline.flows.problems import FlowDocumentError, Place, Problem
from trunkline.flows.trails import Trail
from trunkline.model.json import JSON, JSONObject

Path = tuple[str | int, ...]
"""From the root to a node: keys and list positions."""

MAX_CHARACTERS = 1_000_000
MAX_NODES = 50_000
MAX_NESTING = 48
_LARGEST = 1 << 63

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, JSON] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class _Spot:
    line: int
    column: int
    raw: str = ""
    style: str | None = None


@dataclass(slots=True)
class Places:
    """Where each node of a document stands, by path; a path that is not in the document answers with its nearest ancestor."""

    spots: dict[Path, _Spot] = field(default_factory=dict[Path, _Spot])
    keys: dict[Path, _Spot] = field(default_factory=dict[Path, _Spot])

    def of(self, path: Path, offset: int = 0) -> Place:
        """The place of a value; `offset` counts characters into a text value."""
        spot = self._nearest(self.spots, path)
        line, column = _advance(spot, offset) if offset else (spot.line, spot.column)
        return Place(line=line + 1, column=column + 1, path=dotted(path))

    def of_key(self, path: Path) -> Place:
        """The place of the key that leads to `path`."""
        spot = self.keys.get(path)
        return Place(line=spot.line + 1, column=spot.column + 1, path=dotted(path)) if spot else self.of(path)

    @staticmethod
    def _nearest(spots: dict[Path, _Spot], path: Path) -> _Spot:
        while path and path not in spots:
            path = path[:-1]
        return spots.get(path, _Spot(0, 0))


def dotted(path: Path) -> str:
    """`("steps", 2, "input")` as `steps[2].input`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def read(text: str, *, source: str) -> tuple[JSON, Places]:
    """Parse one document; `FlowDocumentError` when it is none."""
    if len(text) > MAX_CHARACTERS:
        raise _refused(source, 0, 0, f"The document is longer than {MAX_CHARACTERS:,} characters")
    if text.lstrip().startswith("{"):
        text = _json_as_yaml(text)
    builder = _Builder(text=text, source=source)
    try:
        # ruamel.yaml types its events as Any
        for event in cast(Iterator[Event], cast(Any, YAML(typ="safe", pure=True)).parse(text)):
            builder.take(event)
    except MarkedYAMLError as exc:
        raise _unreadable(exc, source) from exc
    except (YAMLError, ValueError) as exc:
        raise _refused(source, 0, 0, "This is not YAML: it holds characters that are not allowed") from exc
    return builder.root, builder.places


_ONLY_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\ufffe\uffff]")


def _json_as_yaml(text: str) -> str:
    """JSON may indent with tabs, which never stand inside its strings, and its strings may hold characters that YAML wants escaped."""
    return _ONLY_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", text.replace("\t", " "))


def _unreadable(exc: Any, source: str) -> FlowDocumentError:
    """ruamel.yaml's error in our words; its marks have no types."""
    unclosed = exc.context_mark if "end of stream" in (exc.problem or "") else None
    mark = unclosed or exc.problem_mark or exc.context_mark
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    return _refused(source, line, column, f"This is not YAML: {exc.problem or 'it cannot be read'}", _yaml_hint(exc.problem))


def _yaml_hint(problem: str | None) -> str:
    if problem and "mapping values" in problem:
        return "A text with a colon and a space in it needs quotes."
    if problem and "\\t" in problem:
        return "Indent with spaces, not with tabs."
    return ""


def _refused(source: str, line: int, column: int, message: str, hint: str = "") -> FlowDocumentError:
    place = Place(line=line + 1, column=column + 1)
    return FlowDocumentError([Problem(level="error", message=message, hint=hint, place=place)], source=source)


@dataclass(slots=True)
class _Open:
    """A list or object whose end has not come yet."""

    value: JSONObject | list[JSON]
    path: Path
    anchor: str | None
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    text: str
    source: str
    root: JSON = None
    places: Places = field(default_factory=Places)
    open: list[_Open] = field(default_factory=list[_Open])
    anchors: dict[str, JSON] = field(default_factory=dict[str, JSON])
    nodes: int = 0
    documents: int = 0

    def take(self, event: Event) -> None:  # noqa: C901 - one case per kind of event, each a line or two
        match event:
            case ScalarEvent():
                self._scalar(event)
            case MappingStartEvent():
                self._start(event, {})
            case SequenceStartEvent():
                self._start(event, [])
            case MappingEndEvent() | SequenceEndEvent():
                done = self.open.pop()
                if done.anchor:
                    self.anchors[done.anchor] = done.value
            case AliasEvent():
                self._alias(event)
            case DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise self._error(event, "There is more than one document in this text")
            case StreamEndEvent():
                if self.documents == 0:
                    raise self._error(event, "The document is empty")
            case _:
                pass

    def _error(self, event: Event, message: str, hint: str = "") -> FlowDocumentError:
        mark = cast(Any, event).start_mark
        return _refused(self.source, mark.line, mark.column, message, hint)

    def _spot(self, event: Event) -> _Spot:
        event_ = cast(Any, event)
        mark = event_.start_mark
        if isinstance(event, ScalarEvent):
            return _Spot(mark.line, mark.column, self.text[mark.index : event_.end_mark.index], event_.style or "")
        return _Spot(mark.line, mark.column)

    def _count(self, event: Event, nodes: int = 1) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise self._error(event, f"The document has more than {MAX_NODES:,} values (aliases count each time)")
        tag = cast(Any, event).tag if not isinstance(event, AliasEvent) else None
        if tag is not None:
            raise self._error(event, "Tags are not allowed here", "Remove the word that starts with `!`.")

    def _scalar(self, event: ScalarEvent) -> None:
        self._count(event)
        text = cast(str, cast(Any, event).value)
        plain = bool(cast(Any, event).implicit[0])
        top = self.open[-1] if self.open else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._key(event, top, _whole_characters(text))
            return
        value = self._resolve(event, text) if plain else _whole_characters(text)
        anchor = cast("str | None", cast(Any, event).anchor)
        if anchor:
            self.anchors[anchor] = value
        self._place(value, self._spot(event))

    def _key(self, event: ScalarEvent, top: _Open, key: str) -> None:
        if key in cast(JSONObject, top.value):
            raise self._error(event, f"`{key}` is given twice")
        if key == "<<":
            raise self._error(event, "Merge keys (`<<`) are not allowed here")
        top.key = key
        self.places.keys[(*top.path, key)] = self._spot(event)

    def _resolve(self, event: Event, text: str) -> JSON:
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            whole = int(text, 0) if text[:2] in ("0o", "0x") else int(text[:24])
            if abs(whole) >= _LARGEST:
                raise self._error(event, "The number is too large", "Put it in quotes to keep it as text.")
            return whole
        if _NUMBER.fullmatch(text):
            number = float(text)
            if not isfinite(number):
                raise self._error(event, "The number is too large", "Put it in quotes to keep it as text.")
            return number
        return _whole_characters(text)

    def _start(self, event: Event, value: JSONObject | list[JSON]) -> None:
        self._count(event)
        top = self.open[-1] if self.open else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            raise self._error(event, "A key must be text", 'An expression needs quotes: "{{ … }}".')
        if len(self.open) >= MAX_NESTING:
            raise self._error(event, f"The document nests deeper than {MAX_NESTING} levels")
        path = self._place(value, self._spot(event))
        self.open.append(_Open(value=value, path=path, anchor=cast("str | None", cast(Any, event).anchor)))

    def _alias(self, event: AliasEvent) -> None:
        name = cast(str, cast(Any, event).anchor)
        top = self.open[-1] if self.open else None
        if name not in self.anchors or (top is not None and isinstance(top.value, dict) and top.key is None):
            raise self._error(event, f"`*{name}` names nothing that was written before", "A text that begins with `*` needs quotes.")
        value, nodes = _copy(self.anchors[name])
        self._count(event, nodes)
        self._place(value, self._spot(event))

    def _place(self, value: JSON, spot: _Spot) -> Path:
        if not self.open:
            self.root = value
            path: Path = ()
        else:
            top = self.open[-1]
            if isinstance(top.value, dict):
                path = (*top.path, cast(str, top.key))
                top.value[cast(str, top.key)] = value
                top.key = None
            else:
                path = (*top.path, len(top.value))
                top.value.append(value)
        self.places.spots[path] = spot
        return path


def reads_as_text(text: str) -> bool:
    """Whether a text stays text when it is written without quotes."""
    return text not in _WORDS and not _INTEGER.fullmatch(text) and not _NUMBER.fullmatch(text)


def _copy(value: JSON) -> tuple[JSON, int]:
    if isinstance(value, dict):
        copies = {key: _copy(item) for key, item in value.items()}
        return {key: copy for key, (copy, _) in copies.items()}, 1 + sum(count for _, count in copies.values())
    if isinstance(value, list):
        items = [_copy(item) for item in value]
        return [copy for copy, _ in items], 1 + sum(count for _, count in items)
    return value, 1


def _whole_characters(text: str) -> str:
    """JSON writes a character beyond U+FFFF as two escapes, which YAML reads as two halves: join them; a lone half is replaced."""
    if not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _advance(spot: _Spot, offset: int) -> tuple[int, int]:
    """Line and column of a value's character `offset`, by reading its source along: quotes, escapes and indentation are skipped."""
    trail = Trail(spot.raw, spot.style or "")
    position = trail.start()
    for _ in range(offset):
        if position >= len(spot.raw):
            break
        position = trail.after(position)
    line = spot.raw.count("\n", 0, position)
    column = position - (spot.raw.rfind("\n", 0, position) + 1) if line else spot.column + position
    return spot.line + line, column
