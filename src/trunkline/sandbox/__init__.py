"""A place to try things: simulated vendors on loopback with switches for faults, and the demonstration that runs against them."""
