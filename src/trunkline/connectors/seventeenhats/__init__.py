"""17hats, as far as its Zapier app, its CSV files and its calendar feed reach: it has no public API."""

from trunkline.connectors.seventeenhats.connector import connector

__all__ = ["connector"]
