"""CSV files: every row an event."""

from trunkline.connectors.csv.connector import connector

__all__ = ["connector"]
