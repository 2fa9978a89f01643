"""What every test shares: how hypothesis searches on machines that are busy with something else, and the account of what was held."""

import gc

from hypothesis import HealthCheck, settings

pytest_plugins = ["trunkline.testing.accounting"]

# The first text of a process is slow to make: its table of characters is made before it.
settings.register_profile("shared-machine", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared-machine")

# As in a running hub: a sixth of the time of all tests goes into looking for cycles, at Python's own pace.
gc.set_threshold(50_000, 20, 50)
