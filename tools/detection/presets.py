"""Named sets of settings, so that a line starts from something that was measured.

`industrial-defects-fp40` carries the peer's values and is there to be refused: its filters delete cracks, see
`filter_check`. `calm` is where to start; `calm-border` suits parts that fill the picture, whose rim is uneven, and
defects of 60 px and more. docs/false-positives.md has what each does on magnetic tiles.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from tools.detection.config import DefectsConfig, IlluminationContrast
from tools.detection.errors import DetectionInputError
from tools.detection.illumination import PRESETS as PHOTO_PRESETS

PRESETS: dict[str, DefectsConfig] = {
    "plain": DefectsConfig(),
    "calm": DefectsConfig.model_validate(
        {
            "map_smoothing": {"method": "gaussian", "sigma": 1.0},
            "hysteresis": {"enabled": True},
            "min_area": 4,
            "merge_nearby": {"enabled": True, "max_gap_px": 8},
        }
    ),
    "calm-border": DefectsConfig.model_validate(
        {
            "border_ignore_px": 8,
            "hysteresis": {"enabled": True},
            "min_area": 60,
            "merge_nearby": {"enabled": True, "max_gap_px": 8},
        }
    ),
    "industrial-defects-fp40": DefectsConfig.model_validate(
        {
            "pixel_threshold_strategy": "normal_pixel_quantile",
            "pixel_normal_quantile": 0.999,
            "roi_xyxy_norm": [0.1, 0.1, 0.9, 0.9],
            "border_ignore_px": 2,
            "map_smoothing": {"method": "median", "ksize": 3},
            "hysteresis": {"enabled": True},
            "shape_filters": {"min_fill_ratio": 0.15, "max_aspect_ratio": 6.0, "min_solidity": 0.8},
            "merge_nearby": {"enabled": True, "max_gap_px": 1},
            "min_area": 16,
            "min_score_max": 0.6,
            "max_regions": 20,
        }
    ),
}
"""Name → settings for `--defects-preset`."""


def get_preset(name: str) -> DefectsConfig:
    """The post-processing of a name.

    Raises:
        DetectionInputError: there is none of that name.
    """
    if name not in PRESETS:
        raise DetectionInputError(_unknown("defects preset", name, PRESETS))
    return PRESETS[name]


def get_photo_preset(name: str) -> IlluminationContrast:
    """The preparation of photos of a name.

    Raises:
        DetectionInputError: there is none of that name.
    """
    if name not in PHOTO_PRESETS:
        raise DetectionInputError(_unknown("preprocessing preset", name, PHOTO_PRESETS))
    return PHOTO_PRESETS[name]


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"no {what} {name!r}; {hint}there are {', '.join(names)}"
