"""Rendered good parts, for a user who has no photo yet, for demonstrations and for tests.

Surfaces fill the photo; `disc`, `fitting`, `plate` and `bracket` show a whole part before a background.
"""

from tools.generation.base_parts.registry import BASE_PARTS, METAL_PARTS, METAL_TONES, render_part

__all__ = ["BASE_PARTS", "METAL_PARTS", "METAL_TONES", "render_part"]
