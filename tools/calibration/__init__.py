"""Tune a generator's parameters until its images lie where a handful of real ones lie, with no person in the loop."""
