"""One folder per vendor; each exposes its declaration as `connector`."""
