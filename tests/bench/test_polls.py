"""What is told of polls that find nothing."""

from bench.polls import GOAL_MS, Polled, table
from bench.report import goals

POLLED = Polled(triggers=10_000, every_s=60, polls_per_s=167, share=0.053, cpu_ms=0.32, late_s=0.5, memory_mb=176)


def test_the_table_tells_what_each_costs_and_how_late_it_is() -> None:
    *_, row = table(POLLED).splitlines()
    assert row == "| 10,000 | 60 s | 167 | 0.32 ms | 5.3% | 0.5 s | 176 MB |"


def test_an_empty_poll_has_a_goal_that_can_be_missed() -> None:
    def met(cpu_ms: float) -> bool | None:
        polled = Polled(triggers=1, every_s=60, polls_per_s=1, share=0, cpu_ms=cpu_ms, late_s=0, memory_mb=1)
        return next(goal.met for goal in goals({}, {}, polled) if goal.what == "CPU per empty poll")

    assert (met(GOAL_MS), met(GOAL_MS + 0.01)) == (True, False)
    assert next(goal.met for goal in goals({}, {}) if goal.what == "CPU per empty poll") is None
