"""Schedules: flows that a clock starts."""

from trunkline.connectors.schedule.connector import connector

__all__ = ["connector"]
