"""The triggers; times are tried in tests/unit/connect/schedules, the clock at work in tests/integration/test_schedules.py."""

from pathlib import Path

from trunkline.connectors.schedule import connector
from trunkline.testing.conformance import conformance

TestSchedule = conformance(connector, folder=Path(__file__).parent)


def test_a_flow_is_one_lane_so_that_it_is_never_started_while_it_runs() -> None:
    cron, every, once = connector.triggers
    for trigger in (cron, every, once):
        assert trigger.record_key({"schedule": "every 15m UTC", "planned_at": "x"}) == "every 15m UTC"
