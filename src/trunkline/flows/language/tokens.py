"""Expression text into tokens."""

import re
from dataclasses import dataclass
from sys import intern
from typing import Literal

from trunkline.flows.language.syntax import ExpressionError

TokenKind = Literal["name", "text", "number", "symbol", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is the name or symbol, a text's content, or the number's source."""

    kind: TokenKind
    value: str
    at: int


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<symbol>==|!=|<=|>=|//|\*\*|&&|\|\||[-+*/%~<>()\[\]{}.,:|=!?&])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "/": "/"}


def tokens(text: str, start: int, end: int) -> list[Token]:
    """The tokens of `text[start:end]`, closed by an `end` token; offsets count from the start of `text`."""
    found: list[Token] = []
    position = start
    while text[position:end].strip():
        match = _TOKEN.match(text, position, end)
        if match is None:
            raise _unreadable(text, position, end)
        kind = match.lastgroup
        at, source = match.start(kind or 0), match.group(kind or 0)
        match kind:
            case "text":
                found.append(Token("text", _content(source, at), at))
            case "number" | "name" | "symbol":
                found.append(Token(kind, intern(source), at))  # plans of many flows hold the same field names
            case _:
                raise _unreadable(text, position, end)
        position = match.end()
    found.append(Token("end", "", end - len(text[start:end]) + len(text[start:end].rstrip())))
    return found


def _unreadable(text: str, position: int, end: int) -> ExpressionError:
    at = position + len(text[position:end]) - len(text[position:end].lstrip())
    if text[at] in "'\"":
        return ExpressionError("The text has no closing quote", at=at)
    return ExpressionError(f"`{text[at]}` does not belong in an expression", at=at)


def _content(source: str, at: int) -> str:
    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) == 5:
            return chr(int(code[1:], 16))
        if code not in _PLAIN_ESCAPES:
            raise ExpressionError(f"`\\{code}` is no escape", at=at + 1 + match.start(), hint="Write a backslash as `\\\\`.")
        return _PLAIN_ESCAPES[code]

    text = _ESCAPE.sub(replace, source[1:-1])
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
