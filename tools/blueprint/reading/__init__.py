"""How a sentence is read: tokens, tags, noun phrases, sizes and their owners. `tools.blueprint.parser` is its door."""
