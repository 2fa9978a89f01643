"""GoHighLevel: sub-account contacts with their tags, notes and tasks."""

from trunkline.connectors.ghl.connector import connector

__all__ = ["connector"]
