"""Exactness: does every changed pixel lie in the mask, every mask pixel differ, and the mask measure what was asked.

All types x seeds x three kinds of photo (grey texture, colour, X-ray-like), rendered so that it runs anywhere. The
mask is measured here, from its pixels, and not by the renderer's own code.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.synthesis.exactness_measure import measure_instances
from tools.blueprint.model import Blueprint, CountRange, Geometry, PositiveRange, Severity
from tools.generation.base_parts import render_part
from tools.generation.renderer import Renderer
from tools.generation.renderer.streams import stream
from tools.generation.renderer.types import RENDER_TYPES
from tools.vision.images import is_grey
from tools.vision.types import RgbImage

MM_PER_PX = 0.05
PHOTOS = ("grey_texture", "colour", "xray")
_VARIANTS = 3


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Render everything, measure everything.

    Args:
        seed: of parts, Blueprints and defects.
        quick: 4 seeds instead of 50.
        out: where `exactness.json` and `exactness.md` go.

    Returns:
        `images`, `pixels_changed_outside_max`, `share_changed_inside_min`, `geometry_error_max` (relative, of
        deviations above one pixel), `counts_wrong`, `grey_lost`, and `table`, one row a type.
    """
    seeds = 4 if quick else 50
    photos = {kind: [_photo(kind, seed + variant) for variant in range(_VARIANTS)] for kind in PHOTOS}
    rows = []
    for name in RENDER_TYPES:
        found = [
            _one(name, photos[kind][number % _VARIANTS], seed * 1000 + number)
            for kind in PHOTOS
            for number in range(seeds)
        ]
        rows.append(_row(name, found))
        print(f"exactness: {name} {rows[-1]['geometry_error_max']:.4f}", file=sys.stderr, flush=True)
    result = {
        "images": sum(row["images"] for row in rows),
        "pixels_changed_outside_max": max(row["outside_max"] for row in rows),
        "share_changed_inside_min": min(row["inside_min"] for row in rows),
        "geometry_error_max": max(row["geometry_error_max"] for row in rows),
        "counts_wrong": sum(row["counts_wrong"] for row in rows),
        "grey_lost": sum(row["grey_lost"] for row in rows),
        "table": rows,
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "exactness.json").write_text(json.dumps(result, indent=2))
    (out / "exactness.md").write_text(_markdown(rows))
    return result


def _photo(kind: str, seed: int) -> RgbImage:
    if kind == "xray":
        return render_part("chip_xray", size=(512, 512), seed=seed)
    if kind == "colour":
        return render_part(("plate", "leather", "bracket")[seed % 3], size=(512, 512), seed=seed)
    part = render_part(("brushed_metal", "cast_metal", "disc")[seed % 3], size=(512, 512), seed=seed)
    return np.repeat(part[..., 1:2], 3, axis=2)


def _point(value: float) -> PositiveRange:
    return PositiveRange(min=round(value, 4), max=round(value, 4))


def _blueprint(name: str, seed: int) -> Blueprint:
    """A Blueprint with sizes said; blobs alternate between a diameter and a length with a width."""
    rng = stream(seed, "exactness", name)
    length = float(rng.uniform(1.0, 4.5))
    if RENDER_TYPES[name].stroke:
        geometry = Geometry(length_mm=_point(length), width_mm=_point(min(float(rng.uniform(0.08, 0.3)), 0.1 * length)))
    elif seed % 2:
        geometry = Geometry(diameter_mm=_point(0.7 * length))
    else:
        geometry = Geometry(length_mm=_point(length), width_mm=_point(length * float(rng.uniform(0.35, 0.95))))
    count = int(rng.integers(1, 4))
    return Blueprint(
        defect_type=name,
        geometry=geometry,
        count=CountRange(min=count, max=count),
        severity=list(Severity)[int(rng.integers(4))],
        mm_per_px=MM_PER_PX,
    )


def _one(name: str, photo: RgbImage, seed: int) -> dict[str, Any]:
    blueprint = _blueprint(name, seed)
    rendering = Renderer().generate(blueprint, photo, seed)
    changed: NDArray[np.bool_] = (rendering.image != photo).any(axis=2)
    mask = rendering.mask > 0
    measured = measure_instances(mask, stroke=RENDER_TYPES[name].stroke)
    assert blueprint.count is not None
    errors = _errors(rendering.instances[0].asked, measured)
    return {
        "outside": int((changed & ~mask).sum()),
        "inside": float(changed[mask].mean()),
        "count_wrong": len(measured) != blueprint.count.min,
        "grey_lost": is_grey(photo) and not is_grey(rendering.image),
        "errors": errors,
    }


def _errors(asked: Any, measured: list[dict[str, float]]) -> dict[str, float]:
    """Worst relative error of each asked field over the instances; 0 where it is no more than one pixel."""
    worst: dict[str, float] = {}
    for field, value in asked.items():
        if not field.endswith("_px"):
            continue
        for instance in measured:
            apart = abs(instance[field] - value)
            worst[field] = max(worst.get(field, 0.0), apart / value if apart > 1.0 else 0.0)
    return worst


def _row(name: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    fields = sorted({field for one in found for field in one["errors"]})
    by_field = {field: max(one["errors"].get(field, 0.0) for one in found) for field in fields}
    every = [error for one in found for error in one["errors"].values()]
    return {
        "type": name,
        "images": len(found),
        "outside_max": max(one["outside"] for one in found),
        "inside_min": min(one["inside"] for one in found),
        "counts_wrong": sum(one["count_wrong"] for one in found),
        "grey_lost": sum(one["grey_lost"] for one in found),
        "geometry_error_max": max(every),
        "geometry_error_mean": float(np.mean(every)),
        "geometry_error_by_field": by_field,
    }


def _markdown(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| type | images | changed outside | changed inside (min) | wrong counts | geometry error (max) | (mean) |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['type']} | {row['images']} | {row['outside_max']} | {row['inside_min']:.4f} | {row['counts_wrong']} "
        f"| {row['geometry_error_max']:.3f} | {row['geometry_error_mean']:.4f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
