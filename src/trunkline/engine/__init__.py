"""From a durable event to exactly one effect: intake, inbox, lanes, execution, effects, retries, timers, polls."""
