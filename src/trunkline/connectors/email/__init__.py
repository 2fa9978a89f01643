"""E-mail: messages sent through an SMTP server of one's own choice."""

from trunkline.connectors.email.connector import connector

__all__ = ["connector"]
