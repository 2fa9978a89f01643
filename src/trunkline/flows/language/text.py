"""Texts with expressions in them: `{{ … }}` shows a value, `{% if %}` and `{% for %}` choose and repeat, `{# … #}` says nothing."""

import re
from dataclasses import dataclass, field

from trunkline.flows.language.grammar import expression
from trunkline.flows.language.syntax import MAX_DEPTH, ExpressionError, Loop, Node, Piece, Show, When
from trunkline.model.json import JSON

_OPENING = re.compile(r"\{\{|\{%|\{#")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\"'%}]+|.", re.DOTALL)
_FOR = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s+in\s")
_WORD = re.compile(r"[-+]?\s*([a-z]+)")


def is_constant(text: str) -> bool:
    """Whether a text holds no expression at all, which is by far the most of them."""
    return "{{" not in text and "{%" not in text and "{#" not in text


def has_expression(value: JSON) -> bool:
    """Whether there is an expression anywhere in a value."""
    match value:
        case str():
            return not is_constant(value)
        case dict():
            return any(map(has_expression, value.values()))
        case list():
            return any(map(has_expression, value))
        case _:
            return False


def lone_expression(text: str) -> Node | None:
    """The expression of a text that is nothing but one `{{ … }}`; None for other texts."""
    stripped = text.strip()
    if not stripped.startswith("{{"):
        return None
    start = text.index("{{")
    end = _closing(text, start, "}}")
    return expression(text, start + 2, end) if not text[end + 2 :].strip() else None


def pieces(text: str) -> tuple[Piece, ...]:
    """The parts of a text; `ExpressionError` when a bracket or a block is not closed."""
    reader = _Reader(text)
    found, ended_by = reader.until(())
    assert ended_by is None
    return found


def _closing(text: str, start: int, bracket: str) -> int:
    """Where the bracket opened at `start` closes; brackets in quotes do not count."""
    position = start + 2
    nested = 0
    while position < len(text):
        if nested == 0 and text.startswith(bracket, position):
            return position
        char = text[position]
        nested += {"{": 1, "}": -1}.get(char, 0) if bracket == "}}" else 0
        quoted = _QUOTED.match(text, position) if char in "\"'" else None
        position = quoted.end() if quoted else position + 1
    raise ExpressionError(f"`{text[start : start + 2]}` is never closed", at=start, hint=f"Close it with `{bracket}`.")


@dataclass(slots=True)
class _Tag:
    """A `{% word rest %}`; `start` and `end` bound the rest."""

    word: str
    at: int
    start: int
    end: int


@dataclass(slots=True)
class _Reader:
    text: str
    position: int = 0
    depth: int = field(default=0)

    def until(self, words: tuple[str, ...]) -> tuple[tuple[Piece, ...], _Tag | None]:
        """The pieces up to a tag named in `words`, or to the end."""
        found: list[Piece] = []
        while (opening := _OPENING.search(self.text, self.position)) is not None:
            if opening.start() > self.position:
                found.append(self.text[self.position : opening.start()])
            match opening.group():
                case "{{":
                    found.append(self._show(opening.start()))
                case "{#":
                    self._comment(opening.start())
                case _:
                    tag = self._tag(opening.start())
                    if tag.word in words:
                        return tuple(found), tag
                    found.append(self._block(tag))
        if words:
            raise ExpressionError(f"A block is never closed; expected `{{% {words[-1]} %}}`", at=len(self.text))
        if self.text[self.position :]:
            found.append(self.text[self.position :])
        return tuple(found), None

    def _show(self, start: int) -> Show:
        end = _closing(self.text, start, "}}")
        self.position = end + 2
        return Show(expression(self.text, start + 2, end))

    def _comment(self, start: int) -> None:
        end = self.text.find("#}", start)
        if end < 0:
            raise ExpressionError("`{#` is never closed", at=start, hint="Close it with `#}`.")
        self.position = end + 2

    def _tag(self, start: int) -> _Tag:
        end = _closing(self.text, start, "%}")
        self.position = end + 2
        word = _WORD.match(self.text[start + 2 : end].strip())
        name = word.group(1) if word else ""
        after = self.text.find(name, start + 2) + len(name)
        return _Tag(name, start, after, end)

    def _block(self, tag: _Tag) -> Piece:
        self.depth += 1
        if self.depth > MAX_DEPTH // 4:
            raise ExpressionError("Blocks nest too deep", at=tag.at)
        try:
            match tag.word:
                case "if":
                    return self._when(tag)
                case "for":
                    return self._loop(tag)
                case _:
                    hint = "There are `{% if %}`, `{% elif %}`, `{% else %}` and `{% for x in list %}`."
                    raise ExpressionError(f"`{tag.word}` is no block that can start here", at=tag.at, hint=hint)
        finally:
            self.depth -= 1

    def _when(self, tag: _Tag) -> When:
        ways: list[tuple[Node | None, tuple[Piece, ...]]] = []
        while tag.word != "endif":
            last = tag.word == "else"
            test = None if last else expression(self.text, tag.start, tag.end)
            body, following = self.until(("endif",) if last else ("elif", "else", "endif"))
            assert following is not None
            ways.append((test, body))
            tag = following
        return When(tuple(ways))

    def _loop(self, tag: _Tag) -> Loop:
        head = _FOR.match(self.text, tag.start, tag.end)
        if head is None:
            raise ExpressionError("A loop reads `{% for item in list %}`", at=tag.at)
        items = expression(self.text, head.end(), tag.end)
        body, _ = self.until(("endfor",))
        return Loop(tag.at, head.group(1), items, body)
