"""Where the part lies on a photo: for zones, and to look at nothing else."""

from __future__ import annotations

from tools.detection.config import DefectsConfig
from tools.detection.regions import Frame, whole_frame
from tools.generation.renderer.foreground import Part, find_part
from tools.vision.masks import BoolMask
from tools.vision.types import RgbImage

MIN_SHARE = 0.2
"""A found part that fills less of the photo is taken for a feature of a part that fills it."""


def frame_and_foreground(image: RgbImage, settings: DefectsConfig) -> tuple[Frame, BoolMask | None]:
    """The part's frame, and its pixels where the settings ask to look at it alone and it can be told apart.

    Args:
        image: as the camera gave it, `uint8` H x W x 3.
        settings: with `foreground`.
    """
    part: Part = find_part(image)
    if not part.reliable or float(part.mask.mean()) < MIN_SHARE:
        return whole_frame((image.shape[0], image.shape[1])), None
    return Frame(part.box, part.depth), part.mask if settings.foreground else None
