"""Tuning the instructions of the language-model programs with GEPA, on examples whose truth is known."""
