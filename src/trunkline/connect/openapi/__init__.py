"""OpenAPI documents turned into facts: read, followed across files, pruned to what a call needs, written, compared."""
