"""What a simulated sub-account holds besides people, calendars and messages, by the path of its collection."""

from collections.abc import Mapping, Sequence
from importlib.resources import files

from trunkline.model.json import JSONObject, as_list, as_object, loads


def office(location: str) -> Mapping[str, Sequence[JSONObject]]:
    """Everything of one sub-account: blogs, forms, invoices, payments, products, records, posts, documents."""
    text = (files(__package__ or "") / "fake_office.json").read_text(encoding="utf-8").replace("{location}", location)
    return {path: [as_object(record) for record in as_list(records)] for path, records in as_object(loads(text)).items()}
