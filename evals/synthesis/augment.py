"""What every method's training images go through alike: flips, a loose crop, light, gain, blur and grain.

Good tiles pass through it too and so become the hard good examples: uneven light, grinding marks raised in contrast,
dark rims.
"""

from __future__ import annotations

import numpy as np

from evals.synthesis.tiles import to_working_size
from tools.detection.detectors.supersimple.examples import flip_and_crop, vary_light
from tools.vision.types import Mask, RgbImage


def augment(image: RgbImage, mask: Mask, rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    """One random variant at the working size; the mask moves with the pixels."""
    image, mask = flip_and_crop(image, mask, rng)
    image, mask = to_working_size(image, mask)
    return vary_light(image, rng), mask
