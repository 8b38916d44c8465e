"""The renderer's defect types, one module each."""

from __future__ import annotations

from tools.generation.errors import GenerationError
from tools.generation.renderer.kind import RenderType
from tools.generation.renderer.types import (
    bump,
    chip,
    contamination,
    corrosion,
    crack,
    dent,
    discolouration,
    hole,
    missing_part,
    scratch,
    stain,
    void,
)

RENDER_TYPES: dict[str, RenderType] = {
    module.TYPE.name: module.TYPE
    for module in (
        scratch, crack, dent, void, stain, corrosion, contamination, missing_part, chip, bump, discolouration, hole
    )
}  # fmt: skip
"""Name → type. Add one with `register_render_type`."""


def get_render_type(name: str) -> RenderType:
    """The renderer's type of this name.

    Raises:
        GenerationError: it has none.
    """
    if name not in RENDER_TYPES:
        raise GenerationError(
            f"the renderer draws {', '.join(RENDER_TYPES)}, not {name!r}; register it or pick another"
        )
    return RENDER_TYPES[name]


def register_render_type(kind: RenderType) -> RenderType:
    """Add a type of your own, or replace one."""
    RENDER_TYPES[kind.name] = kind
    return kind
