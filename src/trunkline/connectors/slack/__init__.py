"""Slack: messages out, people and channels looked up, events in."""

from trunkline.connectors.slack.connector import connector

__all__ = ["connector"]
