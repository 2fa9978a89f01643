"""The text of an OpenAPI document into plain values, JSON or YAML; safe for text from strangers.

YAML follows the 1.2 core schema, so `on`, `no` and dates stay text. Aliases share what they name, and what they would amount to is
counted, so a small text cannot stand for a huge one. Keys are always text: the `200:` of an answer is `"200"`.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Final, cast

import orjson
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject, depth_exceeds

MAX_BYTES: Final = 64_000_000
MAX_ALIASED: Final = 1_000_000
"""Most values that all aliases of a text together may stand for."""
MAX_NESTING: Final = 200
_TOLD_EVERY: Final = 5_000

_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, JSON]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

Share = Callable[[float], None]
"""Is told how much of a text has been read, from 0 to 1."""
Twice = Callable[[str], None]
"""Is told of a key that stands more than once in one object, with its line where that is known; the last one counts."""


def read(path: Path, *, name: str, share: Share | None = None, twice: Twice | None = None) -> JSON:
    """What the file holds; `ConfigError` with line and column when it is neither JSON nor YAML. `name` is how people know the file."""
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror}.", hint="Check its name and who may read it.", place=name) from error
    if data is None:
        raise ConfigError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB.", hint="Split it into several documents.", place=name)
    return parse(data, name=name, share=share, twice=twice)


def parse(data: bytes, *, name: str, share: Share | None = None, twice: Twice | None = None) -> JSON:
    """As `read`, from bytes."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    value = _json_in(data, name) if data.lstrip()[:1] == b"{" else None
    if value is None:
        value = _yaml(_text(data, name), name, share, twice)
    elif twice is not None and not depth_exceeds(value, MAX_NESTING):
        _tell_twice(data, twice)
    if depth_exceeds(value, MAX_NESTING):
        raise _too_deep(name)
    return value


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _refused(name, data.count(b"\n", 0, error.start), 0, "This is no UTF-8 text", "Save it as UTF-8.") from error


def _json_in(data: bytes, name: str) -> JSON:
    """None for what is no JSON and may be YAML in braces; only a file that is called JSON has to be it."""
    try:
        return cast(JSON, orjson.loads(data))
    except orjson.JSONDecodeError as error:
        if not name.lower().endswith(".json"):
            return None
        if "recursion" in error.msg or "depth" in error.msg:
            raise _too_deep(name) from error
        said = error.msg.split(":")[0].rstrip(".")
        raise _refused(name, error.lineno - 1, error.colno - 1, f"This is not JSON: {said}") from error


def _tell_twice(data: bytes, twice: Twice) -> None:
    """Read once more, by a reader that shows every key: the quick one keeps the last of each without a word."""

    def told(pairs: list[tuple[str, object]]) -> None:
        for name, count in Counter(name for name, _ in pairs).items():
            if count > 1:
                twice(f"{name!r} stands {count} times in one object: the last counts")

    json.loads(data, object_pairs_hook=told)


def _too_deep(name: str) -> ConfigError:
    return ConfigError(f"{name} nests deeper than {MAX_NESTING} levels.", hint="An API description has no need to.", place=name)


def _refused(name: str, line: int, column: int, message: str, hint: str = "") -> ConfigError:
    return ConfigError(f"{name}: {message}.", hint=hint, place=f"{name}:{line + 1}:{column + 1}")


# ── YAML ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _yaml(text: str, name: str, share: Share | None, twice: Twice | None) -> JSON:
    builder = _Builder(name=name, twice=twice)
    try:
        # ruamel.yaml types its events as Any
        for count, event in enumerate(cast(Iterator[Any], cast(Any, YAML(typ="safe", pure=True)).parse(text))):
            builder.take(event)
            if share is not None and count % _TOLD_EVERY == 0:
                share(event.start_mark.index / max(len(text), 1))
    except MarkedYAMLError as error:
        said = cast(Any, error)  # ruamel.yaml gives it no types
        mark = said.problem_mark or said.context_mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        raise _refused(name, line, column, f"This is not YAML: {said.problem or 'it cannot be read'}") from error
    except (YAMLError, ValueError) as error:
        raise _refused(name, 0, 0, "This is not YAML: it holds characters that are not allowed") from error
    return builder.root


@dataclass(slots=True)
class _Open:
    """A list or object whose end has not come yet; `size` counts the values in it, those of aliases each time."""

    value: JSONObject | list[JSON]
    anchor: str | None
    key: str | None = None
    size: int = 1
    merges: list[JSON] = field(default_factory=list[JSON])


@dataclass(slots=True)
class _Builder:
    name: str
    twice: Twice | None = None
    root: JSON = None
    open: list[_Open] = field(default_factory=list[_Open])
    anchors: dict[str, tuple[JSON, int]] = field(default_factory=dict[str, tuple[JSON, int]])
    aliased: int = 0
    documents: int = 0

    def take(self, event: Any) -> None:
        match event:
            case ScalarEvent():
                self._scalar(event)
            case MappingStartEvent():
                self._start(event, {})
            case SequenceStartEvent():
                self._start(event, [])
            case MappingEndEvent() | SequenceEndEvent():
                self._end()
            case AliasEvent():
                self._alias(event)
            case DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise self._error(event, "There is more than one document in this text", "Put each into a file of its own.")
            case _:
                pass

    def _error(self, event: Any, message: str, hint: str = "") -> ConfigError:
        return _refused(self.name, event.start_mark.line, event.start_mark.column, message, hint)

    def _wants_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].value, dict) and self.open[-1].key is None

    def _scalar(self, event: Any) -> None:
        text = cast(str, event.value)
        if self._wants_key():
            self._key(event, text)
            return
        value = self._resolved(event, text) if event.implicit[0] and event.tag is None else text
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._place(value, 1)

    def _key(self, event: Any, text: str) -> None:
        top = self.open[-1]
        top.key = text
        if self.twice is not None and isinstance(top.value, dict) and text in top.value:
            self.twice(f"{text!r} stands again in line {event.start_mark.line + 1}: the last counts")

    def _resolved(self, event: Any, text: str) -> JSON:
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text) and len(text) < 20:
            whole = int(text, 0) if text[:2] in ("0o", "0x") else int(text)
            return whole if abs(whole) < 1 << 63 else float(whole)
        if _NUMBER.fullmatch(text):
            number = float(text)
            if not isfinite(number):
                raise self._error(event, "The number is too large", "Put it in quotes to keep it as text.")
            return number
        return text

    def _start(self, event: Any, value: JSONObject | list[JSON]) -> None:
        if self._wants_key():
            raise self._error(event, "A key must be text")
        if len(self.open) >= MAX_NESTING:
            raise self._error(event, f"The document nests deeper than {MAX_NESTING} levels")
        self.open.append(_Open(value, event.anchor))

    def _end(self) -> None:
        done = self.open.pop()
        if isinstance(done.value, dict):
            for merged in done.merges:
                for key, value in merged.items() if isinstance(merged, dict) else ():
                    done.value.setdefault(key, value)
        if done.anchor:
            self.anchors[done.anchor] = (done.value, done.size)
        self._place(done.value, done.size)

    def _alias(self, event: Any) -> None:
        if self._wants_key() or event.anchor not in self.anchors:
            raise self._error(event, f"`*{event.anchor}` names nothing that was written before")
        value, size = self.anchors[event.anchor]
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            raise self._error(event, f"The aliases of this text stand for more than {MAX_ALIASED:,} values")
        self._place(value, size)

    def _place(self, value: JSON, size: int) -> None:
        if not self.open:
            self.root = value
            return
        top = self.open[-1]
        top.size += size
        if isinstance(top.value, list):
            top.value.append(value)
            return
        key, top.key = cast(str, top.key), None
        if key == "<<":
            top.merges += value if isinstance(value, list) else [value]
        else:
            top.value[key] = value
