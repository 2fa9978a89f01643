"""Alerts to a channel or a person."""

from typing import Final

from trunkline.connect.alerting import Alerting, News
from trunkline.connectors.slack import posting
from trunkline.model.json import JSONObject

_MOST_TITLE: Final = 140
_LEVELS: Final = {"repaired": "info", "ending": "warning", "silence": "warning"}


def message(news: News, target: str) -> JSONObject:
    """A card with the next step; green when it is over."""
    level = "resolved" if news.over else _LEVELS.get(news.kind, "error")
    title = news.title if len(news.title) <= _MOST_TITLE else f"{news.title[: _MOST_TITLE - 1]}…"
    step: JSONObject = {"next_step": news.hint} if news.hint and not news.over else {}
    more: JSONObject = {"text": news.text} if title != news.title else {}
    where: JSONObject = {"channel": target} if target else {}
    return {"level": level, "title": title, **more, **where, **step}


ALERTING: Final = Alerting(
    operation=next(one for one in posting.OPERATIONS if one.id == "messages.send_alert"),
    input=message,
    target="A channel's or person's id; not needed where the connection is an incoming webhook",
)
