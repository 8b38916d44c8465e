"""Language-model programs in dspy: typed inputs and outputs, with instructions that can be tuned and kept as JSON.

Nothing here is imported, and dspy neither, unless a chat model is set.
"""
