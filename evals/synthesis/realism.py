"""Can a classifier on frozen features tell sculpted patches from real ones, class by class?

The aim is accuracy near one half. Real defects lie on other specimens than the good photos that sculpting draws on, so
a control is reported beside each figure: the same classifier on clean patches of the same two groups of photos. What
exceeds the control is what the drawing gives away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evals.common import bootstrap_interval
from evals.synthesis.sculpted import DESCRIPTIONS, Sculptor
from evals.synthesis.tiles import CLASSES, Split, load_tile
from tools.vision.backbone import get_backbone
from tools.vision.types import Mask, RgbImage

LEAST_PX = 48
"""Smallest side of a patch; small defects are seen with their surroundings."""
MOST_PX = 160


def realism(split: Split, *, seed: int, most: int = 64) -> dict[str, Any]:
    """Balanced accuracy (cross-validated over specimens) per class: `accuracy`, `control`, `patches`.

    Args:
        split: photos.
        seed: of drawing and of patches.
        most: patches a class and side.
    """
    found = {}
    for number, kind in enumerate(CLASSES):
        rng = np.random.default_rng((seed, 7, number))
        real = [tile for tile in split.defects if tile.kind == kind]
        photos = [(*load_tile(tile), tile.specimen) for tile in real]
        photos = [photo for photo in photos if photo[1].any()][:most]
        sculptor = Sculptor(split.train_good, {kind: DESCRIPTIONS[kind]})
        drawn = []
        for _ in photos:
            image, mask, _, tile = sculptor.draw(0, rng)
            drawn.append((image, mask, tile.specimen))
        patches = [_patch(image, mask, rng) for image, mask, _ in [*photos, *drawn]]
        clean = [_clean(image, mask, rng) for image, mask, _ in [*photos, *drawn]]
        labels = np.repeat([1, 0], [len(photos), len(drawn)])
        groups = np.array([specimen for *_, specimen in [*photos, *drawn]])
        found[kind] = {
            "accuracy": _accuracy(patches, labels, groups, seed),
            "control": _accuracy(clean, labels, groups, seed),
            "patches": len(labels),
        }
    return found


def _accuracy(
    patches: Sequence[RgbImage], labels: NDArray[np.intp], groups: NDArray[np.intp], seed: int
) -> dict[str, float]:
    """Balanced accuracy with an interval over patches."""
    features = get_backbone("efficientnet-lite0").embed(patches)
    folds = StratifiedGroupKFold(min(5, len(np.unique(groups[labels == 1]))), shuffle=True, random_state=seed)
    model = make_pipeline(
        StandardScaler(), PCA(min(24, len(labels) // 4), random_state=seed), LogisticRegression(C=0.3, max_iter=1000)
    )
    guessed = cross_val_predict(model, features, labels, cv=folds, groups=groups)
    return bootstrap_interval(
        lambda chosen: float(balanced_accuracy_score(labels[chosen], guessed[chosen])),
        len(labels),
        seed=seed,
        resamples=300,
        strata=labels.tolist(),
    )


def _patch(image: RgbImage, mask: Mask, rng: np.random.Generator) -> RgbImage:
    """A square around a random pixel of the defect, about as large as the defect and its surroundings."""
    rows, columns = np.nonzero(mask)
    side = int(np.clip(1.6 * max(np.ptp(rows), np.ptp(columns)), LEAST_PX, MOST_PX))
    at = int(rng.integers(len(rows)))
    return _square(image, int(rows[at]), int(columns[at]), side)


def _clean(image: RgbImage, mask: Mask, rng: np.random.Generator) -> RgbImage:
    """A square of the same kind of size that has the least defect in it of twenty random ones."""
    height, width = mask.shape
    side = int(rng.integers(LEAST_PX, MOST_PX + 1))
    places = [(int(rng.integers(height)), int(rng.integers(width))) for _ in range(20)]
    return min((_square(np.dstack([image, mask]), *place, side) for place in places), key=lambda s: s[..., 3].sum())[
        ..., :3
    ]


def _square(image: NDArray[np.uint8], row: int, column: int, side: int) -> NDArray[np.uint8]:
    """The square around a point, moved to lie inside the photo, smaller where the photo is."""
    height, width = image.shape[:2]
    side = min(side, height, width)
    top = min(max(0, row - side // 2), height - side)
    left = min(max(0, column - side // 2), width - side)
    return np.ascontiguousarray(image[top : top + side, left : left + side])
