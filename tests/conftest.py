"""What holds for every test."""

from hypothesis import settings

# The same examples in each run: a red test is red again when it is looked at.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
