"""Base parts by name."""

from __future__ import annotations

from collections.abc import Callable

from tools.generation.base_parts import electronics, metal, smooth, soft_goods
from tools.generation.base_parts.canvas import Studio
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.renderer.photo import Light
from tools.generation.renderer.streams import stream
from tools.vision.types import RgbImage

_PARTS: dict[str, Callable[[Studio], RgbImage]] = {
    "brushed_metal": metal.brushed_metal,
    "cast_metal": metal.cast_metal,
    "ceramic": smooth.ceramic,
    "glass": smooth.glass,
    "pcb": electronics.pcb,
    "leather": soft_goods.leather,
    "weave": soft_goods.weave,
    "wood": soft_goods.wood,
    "moulded_plastic": smooth.moulded_plastic,
    "chip_xray": electronics.chip_xray,
    "disc": metal.disc,
    "fitting": metal.fitting,
    "plate": metal.plate,
    "bracket": smooth.bracket,
}
BASE_PARTS: tuple[str, ...] = tuple(_PARTS)
"""Names; the last four show a whole part before a background."""


METAL_TONES: dict[str, tuple[int, int, int]] = {
    "steel": (250, 252, 255), "aluminium": (255, 255, 253), "brass": (240, 206, 128), "copper": (236, 160, 122),
    "bronze": (214, 172, 116), "gold": (250, 208, 112), "iron": (196, 196, 198), "titanium": (222, 216, 210),
}  # fmt: skip
"""Colour of each metal in white light."""
METAL_PARTS = ("brushed_metal", "cast_metal", "disc", "fitting", "plate")


def render_part(kind: str, *, size: tuple[int, int] = (512, 512), seed: int = 0, tone: str | None = None) -> RgbImage:
    """A good part, rendered.

    Args:
        kind: a name of `BASE_PARTS`.
        size: height and width in pixels, 64 to 4096 each.
        seed: another seed is another specimen under another lamp.
        tone: one of `METAL_TONES` for parts of metal (`METAL_PARTS`); the part's own if not given.

    Returns:
        `uint8` height x width x 3 RGB; the same kind, size and seed give the same bytes.

    Raises:
        BlueprintDoesNotFitError: an unknown kind, size or tone.
    """
    if kind not in _PARTS:
        raise BlueprintDoesNotFitError(f"there is no base part {kind!r}; choose one of {', '.join(BASE_PARTS)}")
    height, width = size
    if not (64 <= height <= 4096 and 64 <= width <= 4096):
        raise BlueprintDoesNotFitError(f"a base part of {width} x {height} px cannot be drawn; use 64 to 4096 a side")
    if tone is not None and (tone not in METAL_TONES or kind not in METAL_PARTS):
        raise BlueprintDoesNotFitError(
            f"{kind} cannot be made of {tone!r}; {', '.join(METAL_PARTS)} come in {', '.join(METAL_TONES)}"
        )
    rng = stream(seed, "part", kind)
    light = Light(float(rng.uniform(100.0, 170.0)), 42.0, confident=True)
    return _PARTS[kind](Studio(height, width, light, rng, METAL_TONES[tone] if tone else None))
