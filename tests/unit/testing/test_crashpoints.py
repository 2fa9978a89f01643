"""Killing a process where a test wants it."""

import sys

import pytest

from trunkline.testing.crashpoints import crash_points, die_at

PROGRAM = [sys.executable, "-c", "from trunkline.model.crash import reach; reach('here')"]


def test_points_are_read_from_the_source() -> None:
    points = crash_points()
    assert {"after-intent", "after-answer"} <= set(points)
    assert points == sorted(set(points))


async def test_process_dies_at_the_point_it_reaches() -> None:
    await die_at("here", PROGRAM)


async def test_process_that_passes_another_point_is_told() -> None:
    with pytest.raises(AssertionError, match="ended with 0"):
        await die_at("there", PROGRAM)
