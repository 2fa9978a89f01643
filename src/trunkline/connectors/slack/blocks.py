"""Block Kit templates: pure functions from an input to blocks. Every value is escaped, so no contact's name can ping a channel."""

import re
from typing import Final

from trunkline.model.json import JSON, JSONObject, as_list, as_object

MOST_FIELDS: Final = 10
"""In one section."""
MOST_ITEMS: Final = 40
_SIGNS: Final = {"info": ":information_source:", "warning": ":warning:", "error": ":rotating_light:", "resolved": ":white_check_mark:"}
_LONGEST: Final = 3000
_LONGEST_FIELD: Final = 2000
_HALF_ESCAPED: Final = re.compile(r"&[a-z]{0,3}$")


def escaped(text: str) -> str:
    """`&`, `<` and `>` as Slack wants them: unescaped they make links, and mentions of whole channels."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def card(input: JSONObject) -> list[JSON]:
    """A header, text, fields in pairs, buttons and a footer."""
    made: list[JSON] = [_header(str(input["title"]))]
    if words := input.get("text"):
        section: JSONObject = _section(escaped(str(words)))
        if image := input.get("image_url"):
            section["accessory"] = {"type": "image", "image_url": image, "alt_text": str(input["title"])}
        made.append(section)
    made += _fields(as_object(input.get("fields")))
    if buttons := as_list(input.get("buttons")):
        made.append({"type": "actions", "elements": [_button(as_object(button)) for button in buttons]})
    return made + _footer(input)


def alert(input: JSONObject) -> list[JSON]:
    """What happened, how bad it is, the next step."""
    sign = _SIGNS[str(input["level"])]
    made: list[JSON] = [_section(f"{sign} *{escaped(str(input['title']))}*")]
    if words := input.get("text"):
        made.append(_section(escaped(str(words))))
    if step := input.get("next_step"):
        made.append(_section(f"*Next step:* {escaped(str(step))}"))
    if url := input.get("url"):
        made.append({"type": "actions", "elements": [_button({"text": "Open", "url": url})]})
    return made


def listing(input: JSONObject) -> list[JSON]:
    """A header and one line per item, in as few blocks as hold them."""
    items = as_list(input["items"])
    lines = [_line(item) for item in items[:MOST_ITEMS]]
    if len(items) > MOST_ITEMS:
        lines.append(f"_and {len(items) - MOST_ITEMS} more_")
    made: list[JSON] = [_header(str(input["title"]))]
    chunk = ""
    for line in lines or ["_none_"]:
        if chunk and len(chunk) + 1 + len(line) > _LONGEST:
            made.append(_section(chunk))
            chunk = ""
        chunk = f"{chunk}\n{line}" if chunk else line
    return [*made, _section(chunk), *_footer(input)]


def _line(item: JSON) -> str:
    if not isinstance(item, dict):
        return f"• {_cut(escaped(str(item)), 500)}"
    title = _cut(escaped(str(item["title"])), 300)
    url = str(item.get("url", ""))
    head = f"<{url.replace('>', '%3E').replace('|', '%7C')}|{title}>" if url else f"*{title}*"
    words = str(item.get("text", ""))
    return f"• {head}" + (f": {_cut(escaped(words), 500)}" if words else "")


def _fields(fields: JSONObject) -> list[JSON]:
    cells: list[JSON] = [
        {"type": "mrkdwn", "text": _cut(f"*{escaped(label)}*\n{escaped(_shown(value))}", _LONGEST_FIELD)} for label, value in fields.items()
    ]
    return [{"type": "section", "fields": cells[start : start + MOST_FIELDS]} for start in range(0, len(cells), MOST_FIELDS)]


def _shown(value: JSON) -> str:
    match value:
        case None | "":
            return "–"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_shown(item) for item in value) or "–"
        case dict():
            return ", ".join(f"{name}: {_shown(item)}" for name, item in value.items())
        case _:
            return str(value)


def _header(title: str) -> JSON:
    return {"type": "header", "text": {"type": "plain_text", "text": _cut(title, 150), "emoji": True}}


def _section(words: str) -> JSONObject:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(words, _LONGEST)}}


def _button(button: JSONObject) -> JSON:
    return {"type": "button", "text": {"type": "plain_text", "text": str(button["text"])}, "url": button["url"]}


def _footer(input: JSONObject) -> list[JSON]:
    words = input.get("footer")
    return [{"type": "context", "elements": [{"type": "mrkdwn", "text": _cut(escaped(str(words)), _LONGEST_FIELD)}]}] if words else []


def _cut(text: str, most: int) -> str:
    """At most so many letters; what was escaped is not cut in two."""
    return text if len(text) <= most else f"{_HALF_ESCAPED.sub('', text[: most - 1])}…"
