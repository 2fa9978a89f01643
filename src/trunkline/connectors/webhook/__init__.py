"""Webhooks between any two systems, signed both ways."""

from trunkline.connectors.webhook.connector import connector

__all__ = ["connector"]
