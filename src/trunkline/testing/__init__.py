"""What tests and fake vendors stand on; nothing of the running hub imports it."""
