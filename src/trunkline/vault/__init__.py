"""Secrets at rest: sealed with a data key each, the data key wrapped by the master key."""
