"""Sentence → Blueprint, scored by field."""
