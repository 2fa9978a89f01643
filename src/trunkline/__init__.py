"""Trunkline: a self-hosted integration exchange."""

__all__ = ["__version__"]

__version__ = "0.1.0"
