"""OpenPhone (now Quo): contacts, custom fields, numbers and text messages."""

from trunkline.connectors.openphone.connector import connector

__all__ = ["connector"]
