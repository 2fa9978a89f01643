"""What answers HTTP: inbound webhooks, health, metrics; the management API and the console join the same factory."""
