"""What a person does with a hub, running or stopped: the same functions behind the CLI and the management API."""
