"""Any HTTP API: requests to any public address, and webhooks from anybody who can prove it."""

from trunkline.connectors.http.connector import connector

__all__ = ["connector"]
