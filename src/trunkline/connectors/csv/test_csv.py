"""The trigger of the connector; reading is tried in tests/unit/connect/test_rows.py, importing in tests/integration/test_csv.py."""

from pathlib import Path

from trunkline.connectors.csv import connector
from trunkline.connectors.csv.connector import payload, record_key
from trunkline.testing.conformance import conformance

TestCSV = conformance(connector, folder=Path(__file__).parent)


def test_rows_about_one_record_share_its_key() -> None:
    assert record_key({"row": {"Email": "Ada@Example.com "}}) == record_key({"row": {"email": "ada@example.com"}})
    assert record_key({"row": {"x": "1"}}) != record_key({"row": {"x": "2"}})


def test_mapped_fields_win_over_headings() -> None:
    made = payload({"row": {"name": "Ada"}, "other": {"name": "?", "note": "x"}, "file": "f", "line": 2})
    assert made["row"] == {"name": "Ada", "note": "x"}
