"""Flow documents: parsed, checked and compiled once per published version into a plan."""
