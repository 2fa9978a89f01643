"""RingCentral: calls, messages, contacts and sites of one account."""

from trunkline.connectors.ringcentral.connector import connector

__all__ = ["connector"]
