"""Alerts to a program."""

from trunkline.connect.alerting import News
from trunkline.model.json import JSONObject


def body(news: News, target: str) -> JSONObject:
    """An event of the type `alert.opened` or `alert.closed`."""
    name = "alert.closed" if news.over else "alert.opened"
    return {"data": news.facts(), "type": name, **({"url": target} if target else {})}
