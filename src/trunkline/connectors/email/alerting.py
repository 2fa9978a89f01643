"""Alerts to an address."""

from trunkline.connect.alerting import News
from trunkline.model.clock import iso
from trunkline.model.json import JSONObject


def letter(news: News, target: str) -> JSONObject:
    """What happened, since when, and the next step."""
    lines = [news.text, "", f"{'Over' if news.over else 'Since'} {iso(news.at)}", *([] if news.over else ["", news.hint])]
    return {"to": target, "subject": f"[Trunkline] {news.title}"[:200], "text": "\n".join(lines)}
