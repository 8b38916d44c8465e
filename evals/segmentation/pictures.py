"""Pictures of the figures: the curve of added real defects, and masks beside the truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.segmentation.photos import small_example
from evals.synthesis.tiles import CLASSES, Split
from tools.segmentation.segmenter import Segmenter
from tools.vision.images import save_png
from tools.vision.overlay import heat_overlay, outline
from tools.vision.types import RgbImage


def draw_added(points: Sequence[dict[str, Any]], path: Path) -> None:
    """Pixel AP, image AUROC and mIoU over the number of real defects added, with intervals."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    places = range(len(points))
    for name, label, colour in (
        ("image_auroc", "image AUROC", "#4d4d52"),
        ("pixel_ap", "pixel AP", "#cc1a26"),
        ("miou", "mIoU", "#d98b1f"),
    ):
        values = [point[name]["value"] for point in points]
        axes.plot(places, values, "o-", label=label, color=colour, linewidth=1.6)
        lows, highs = ([point[name][end] for point in points] for end in ("low", "high"))
        axes.fill_between(places, lows, highs, color=colour, alpha=0.12, linewidth=0)
    axes.set_xticks(list(places), [str(point["real_defects"]) for point in points])
    axes.set_xlabel("real defects added to the sculpted ones")
    axes.set_ylim(0, 1)
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#ececec")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def draw_examples(split: Split, sculpted: Path, supervised: Path, path: Path) -> None:
    """A row a class: photo with the true outline, what the sculpted-only model sees, and a supervised fold's model
    (which may have trained on the photo)."""
    models = [Segmenter.load(folder, device="cpu") for folder in (sculpted, supervised)]
    rows = []
    for kind in CLASSES:
        tiles = [tile for tile in split.defects if tile.kind == kind]
        example = next(each for each in map(small_example, tiles[len(tiles) // 2 :]) if not each.is_good)
        cells: list[RgbImage] = [outline(example.image, example.mask)]
        for model in models:
            found = model.predict([example.image])[0]
            cells.append(
                heat_overlay(
                    example.image,
                    found.probability,
                    baseline=0.0,
                    threshold=model.card.threshold,
                    mask=found.mask,
                    legend=False,
                )
            )
        rows.append(np.concatenate(cells, axis=1))
    save_png(path, np.concatenate(rows))
