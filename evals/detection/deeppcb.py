"""Template difference on DeepPCB: boxes against boxes at IoU 0.33.

Threshold, joining gap, smallest area and box margin are chosen on a seeded half of the pairs and used on the other, and
the other way round: every pair is judged by settings that were chosen without it.
The margin is the annotators' habit (their boxes leave about ten pixels around a defect), not the detector's doing.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from evals.common import REAL_DATA, bootstrap_interval
from evals.detection.metrics import Box, matched
from tools.detection.registry import build_detector
from tools.vision.images import load_image

IOU = 0.33
GRID = {"threshold": (40, 70, 100), "gap_px": (1, 9, 15), "min_area_px": (4, 10, 20), "margin_px": (6, 8, 10, 12)}


def boxes_of(values: NDArray[np.float32], threshold: float, gap_px: int, min_area_px: int, margin_px: int) -> list[Box]:
    """Boxes around what lies above the threshold, joined across small gaps and widened by the margin."""
    binary = (values > threshold).astype(np.uint8)
    closed = cv2.morphologyEx(binary, cv2.MORPH_CLOSE, np.ones((gap_px, gap_px), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    return [
        (int(x - margin_px), int(y - margin_px), int(x + w + margin_px), int(y + h + margin_px))
        for x, y, w, h, area in stats[1:]
        if area >= min_area_px
    ]


def f1(counts: NDArray[np.int64]) -> float:
    """F1 of rows (matched, found, wanted), counted over all boxes."""
    hits, found, wanted = counts.sum(axis=0)
    return float(2 * hits / max(found + wanted, 1))


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Box F1 of the `template` detector over all pairs, each with settings chosen on the half it is not in."""
    del out
    root = REAL_DATA / "deeppcb"
    names = sorted(path.stem for path in (root / "good").glob("*.jpg"))[:: 4 if quick else 1]
    detector = build_detector("template")
    detector.fit([load_image(root / "good" / f"{name}.jpg") for name in names], seed=seed)
    maps, wanted = [], []
    for number, name in enumerate(names):
        maps.append(detector.predict([load_image(root / "defect" / "pcb" / f"{name}.jpg")])[0].map)
        wanted.append(_boxes(root / "boxes" / f"{name}.txt"))
        if number % 20 == 0:
            print(f"deeppcb: {number + 1} of {len(names)}", file=sys.stderr, flush=True)
    order = np.random.default_rng(seed).permutation(len(names))
    halves = (order[: len(order) // 2], order[len(order) // 2 :])
    settings = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    rows, chosen = [], []
    for chosen_on, held in (halves, halves[::-1]):
        best = max(settings, key=lambda one, on=chosen_on: f1(_counts(maps, wanted, on, one)))  # type: ignore[misc]
        chosen.append({**best, "box_f1_where_chosen": f1(_counts(maps, wanted, chosen_on, best))})
        rows.append(_counts(maps, wanted, held, best))
    counts = np.concatenate(rows)
    interval = bootstrap_interval(lambda picked: f1(counts[picked]), len(counts), seed=seed, resamples=1000)
    hits, found, there = counts.sum(axis=0)
    return {
        "box_f1": interval,
        "precision": float(hits / max(found, 1)),
        "recall": float(hits / max(there, 1)),
        "settings": chosen,
        "pairs": len(counts),
        "boxes": int(there),
    }


def _counts(maps: list[Any], wanted: list[list[Box]], picked: NDArray[np.intp], settings: dict[str, Any]) -> Any:
    rows = []
    for index in picked:
        found = boxes_of(maps[int(index)], **settings)
        rows.append((matched(found, wanted[int(index)], IOU), len(found), len(wanted[int(index)])))
    return np.asarray(rows, dtype=np.int64)


def _boxes(path: Path) -> list[Box]:
    rows = [line.replace(",", " ").split() for line in path.read_text().splitlines() if line.strip()]
    return [(int(r[0]), int(r[1]), int(r[2]), int(r[3])) for r in rows]
