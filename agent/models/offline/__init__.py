"""The embedded chat model: no network, no language model, the same tools."""
