"""Crack: a wandering, kinked, dark line of changing width that may branch and almost close in places."""

from __future__ import annotations

import numpy as np

from tools.generation.renderer.curve import tangent_deg, wander
from tools.generation.renderer.kind import FreeSize, RenderType, Sketch
from tools.generation.renderer.noise import line_noise, smoothstep, value_noise
from tools.generation.renderer.parameter import Parameter
from tools.generation.renderer.shape import Shape, alpha_from
from tools.generation.renderer.site import Layers, Site
from tools.generation.renderer.stroke import Path, fitted_stroke

PARAMETERS = (
    Parameter("contrast", -0.98, 0.9, -0.5, "core against surface", ((-0.9, -0.3),)),
    Parameter("meander", 0.0, 1.2, 0.35, "spread of the path's heading in radians", ((0.03, 0.2), (0.1, 0.55))),
    Parameter("kinks", 0.0, 10.0, 2.0, "sudden turns per 100 px", ((0.0, 4.0),)),
    Parameter("branches", 0.0, 8.0, 0.0, "side branches", ((0.0, 0.0), (0.0, 0.0), (0.0, 3.4)), integer=True),
    Parameter("width_variation", 0.0, 1.0, 0.5, "how much the width changes along it", ((0.1, 0.8),)),
    Parameter("closing", 0.0, 1.0, 0.4, "almost closed, faint sections", ((0.0, 0.2), (0.2, 0.65))),
    Parameter("lip", 0.0, 1.0, 0.2, "bright lip on the lit side", ((0.0, 0.4),)),
    Parameter("core", 0.1, 1.0, 0.5, "share of the width that is dark", ((0.3, 0.75),)),
    Parameter("halo", 0.0, 1.0, 0.3, "soft darkening beside the core", ((0.05, 0.5),)),
    Parameter("edge_px", 0.3, 12.0, 1.1, "softness of the edge", ((0.8, 1.8),)),
    Parameter("from_edge", 0.0, 1.0, 0.45, "how often it starts at the part's edge"),
)


def outline(sketch: Sketch) -> Shape:
    """The main path, and branches that leave it at 20 to 60 degrees."""
    rng, sizes, values = sketch.rng(), sketch.sizes, sketch.parameters
    half = max(sizes.width_px / 2.0, 0.6)
    meander = values["meander"] if not sizes.asked else min(values["meander"], 0.38)
    line = max(sizes.length_px - half, 1.0)
    points = wander(rng, line, sketch.angle_deg, meander, values["kinks"], 2.0 * half)
    if sketch.curvature:
        points = _bend(points, sketch.curvature, rng)
    widths = _widths(rng, len(points), sizes.length_px, values["width_variation"] * (0.35 if sizes.asked else 1.0))
    widths = np.maximum(half * widths / widths.mean(), 0.55)
    sides = [_branch(rng, points, widths, sizes.length_px) for _ in range(int(values["branches"]))]
    branches = [side for side in sides if side is not None]
    return fitted_stroke(Path(points, widths), half, branches, sizes.asked)


def _widths(rng: np.random.Generator, count: int, length: float, variation: float) -> np.ndarray:
    s = np.linspace(0.0, 1.0, count)
    swell = 0.5 * line_noise(rng, s * length, max(6.0, length / 5.0)) + 0.25 * line_noise(rng, s * length, 5.0)
    ends = smoothstep(np.minimum(s / 0.08, (1.0 - s) / 0.3))
    return np.clip(1.0 + variation * swell, 0.35, 2.2) * (0.55 + 0.45 * ends)


def _branch(rng: np.random.Generator, points: np.ndarray, widths: np.ndarray, length: float) -> Path | None:
    """A side branch, shorter than either part of the main path, so that the main path stays the longest; None where
    it would be too short to tell from a swelling."""
    share = rng.uniform(0.2, 0.8)
    start = int(share * (len(points) - 1))
    turn = rng.uniform(20.0, 60.0) * (1.0 if rng.random() < 0.5 else -1.0)
    own = rng.uniform(0.35, 0.85) * min(share, 1.0 - share) * length
    if own < max(5.0, 8.0 * float(widths[start])):
        return None
    path = wander(rng, own, tangent_deg(points, start) + turn, 0.4, 3.0)
    path = path - path[0] + points[start]
    thin = np.linspace(0.75, 0.4, len(path)) * float(widths[start])
    return Path(path, np.maximum(thin, 0.55))


def _bend(points: np.ndarray, curvature: float, rng: np.random.Generator) -> np.ndarray:
    """Add an arc to a path, keeping its length."""
    steps = points[1:] - points[:-1]
    turn = np.linspace(-0.5, 0.5, len(steps)) * curvature * np.pi * (1.0 if rng.random() < 0.5 else -1.0)
    cosine, sine = np.cos(turn), np.sin(turn)
    turned = np.stack([steps[:, 0] * cosine - steps[:, 1] * sine, steps[:, 0] * sine + steps[:, 1] * cosine], axis=1)
    path = np.round(np.concatenate([[[0.0, 0.0]], np.cumsum(turned, axis=0)]), 6)
    return np.asarray(path - (path[0] + path[-1]) / 2.0)


def paint(site: Site) -> Layers:
    """A dark core with a soft halo, faint where it almost closes, a lip on one side."""
    shape, values, rng = site.shape, site.parameters, site.rng
    assert shape.along is not None
    assert shape.across is not None
    along = np.clip(shape.along, 0.0, 2.0)
    length = max(shape.measured["length_px"], 4.0)
    opening = line_noise(rng, along * length, max(7.0, length / 7.0))
    strength = 1.0 - values["closing"] * smoothstep((opening - 0.1) / 1.3)
    strength = strength * (0.35 + 0.65 * smoothstep((1.0 - along) / 0.2)) * np.where(along > 1.0, 0.8, 1.0)
    ragged = 0.12 * value_noise(rng, site.size, 3.0, 2)
    # 1 on the centre line, 0 on the outline, whatever the width is there.
    distance = np.abs(shape.across) * shape.half_width
    inward = 1.0 - distance / np.maximum(distance - shape.sdf, 0.3) + ragged
    core = smoothstep((inward - 1.0 + 1.25 * values["core"]) / np.maximum(0.35, 0.8 / max(shape.half_width, 0.6)))
    profile = values["halo"] * 0.5 + (1.0 - values["halo"] * 0.5) * core
    contrast = values["contrast"] * site.visibility * np.clip(strength, 0.12, 1.0) * profile
    lip = values["lip"] * 0.25 * (1.0 - core) * np.where(shape.across > 0, 1.0, 0.0) * site.visibility
    return Layers(
        alpha=alpha_from(shape, values["edge_px"] * site.photo.camera.blur_px),
        gain=site.gain(contrast + (lip if shape.half_width > 1.2 else 0.0)),
        texture=np.where(core > 0.5, 0.45, 0.9),
    )


TYPE = RenderType(
    name="crack",
    parameters=PARAMETERS,
    size=FreeSize(share=(0.14, 0.75), aspect=(0.02, 0.06), min_px=14.0, width_share=(0.006, 0.026)),
    outline=outline,
    paint=paint,
    stroke=True,
    follow=0.65,
)
