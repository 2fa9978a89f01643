"""How vendors are declared and called: declarations, requests, the one HTTP client, budgets."""
