"""Values, errors, ids, the clock and the ports where layers meet; no I/O."""
