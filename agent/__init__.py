"""The conversation and everything that serves it."""
