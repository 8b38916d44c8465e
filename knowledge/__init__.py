"""Domain knowledge: records in JSON, their Chroma index, and the visual few-shot index."""
