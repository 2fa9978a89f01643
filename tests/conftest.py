"""What every test shares: how hypothesis searches on machines that are busy with something else."""

from hypothesis import settings

settings.register_profile("shared-machine", deadline=None, print_blob=True)
settings.load_profile("shared-machine")
