"""Schedules: when a clock starts a flow, as pure functions of time."""
