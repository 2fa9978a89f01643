"""From a character of a YAML value back to where it stands in the source."""

_ESCAPE_LENGTH = {"x": 4, "u": 6, "U": 10}


class Trail:
    """Walks the source of a scalar, one step per character of its value."""

    def __init__(self, raw: str, style: str) -> None:
        self._raw = raw
        self._style = style
        self._indent = len(raw)
        """How many spaces at the start of a line are no part of the value: in a block those of its first line, else all."""
        if style in ("|", ">"):
            lines = (line for line in raw.split("\n")[1:] if line.strip())
            self._indent = next((len(line) - len(line.lstrip(" ")) for line in lines), 0)

    def start(self) -> int:
        if self._style in ("|", ">"):
            return self._skip_indent(self._raw.find("\n") + 1)
        return 1 if self._style else 0

    def after(self, position: int) -> int:
        raw, char = self._raw, self._raw[position]
        if self._style == '"' and char == "\\":
            return position + _ESCAPE_LENGTH.get(raw[position + 1 : position + 2], 2)
        if self._style == "'" and char == "'":
            return position + 2
        if char != "\n":
            return position + 1
        following = self._skip_indent(position + 1)
        folds = self._style != "|" and raw[following : following + 1] == "\n" and not raw[:position].rstrip(" ").endswith("\n")
        return self._skip_indent(following + 1) if folds else following  # an empty line and the break before it are one character

    def _skip_indent(self, position: int) -> int:
        end = min(position + self._indent, len(self._raw))
        while position < end and self._raw[position] == " ":
            position += 1
        return position
