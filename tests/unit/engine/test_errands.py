"""In which lane runs make their calls."""

import pytest

from trunkline.connect.turns import PATIENCE_S, Lane
from trunkline.engine.errands import errand_of
from trunkline.model.ids import FlowId


@pytest.mark.parametrize(
    ("source", "again", "lane"),
    [
        ("webhook", False, "live"),
        ("schedule", False, "live"),
        ("manual", False, "live"),
        ("webhook", True, "sync"),
        ("poll", False, "sync"),
        ("poll", True, "sync"),
        ("file", False, "backfill"),
        ("backfill", True, "backfill"),
    ],
)
def test_lane_follows_from_how_the_event_arrived(source: str, again: bool, lane: Lane) -> None:
    errand = errand_of(source, FlowId("flw_a"), again=again)
    assert (errand.lane, errand.flow, errand.patience_s) == (lane, "flw_a", PATIENCE_S)
