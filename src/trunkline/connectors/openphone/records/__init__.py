"""The records of a workspace, each in one form whatever it comes in: REST of either surface, webhooks of either generation."""
