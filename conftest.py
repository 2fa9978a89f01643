"""What every test shares: how hypothesis searches on machines that are busy with something else, and the account of what was held."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["trunkline.testing.accounting"]

# The first text of a process is slow to make: its table of characters is made before it.
settings.register_profile("shared-machine", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared-machine")
