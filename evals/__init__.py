"""Evaluations: every figure the product reports is measured here, by a command with a seed."""
