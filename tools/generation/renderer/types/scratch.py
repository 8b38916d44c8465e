"""Scratch: a groove with striations, a burr along its sides and a highlight, tapering and fading in places."""

from __future__ import annotations

import numpy as np

from tools.generation.renderer.curve import bent_line
from tools.generation.renderer.kind import FreeSize, RenderType, Sketch
from tools.generation.renderer.noise import line_noise, smoothstep, streak_noise
from tools.generation.renderer.parameter import Parameter
from tools.generation.renderer.shape import Shape, alpha_from
from tools.generation.renderer.site import Layers, Site
from tools.generation.renderer.stroke import Path, fitted_stroke

PARAMETERS = (
    Parameter("contrast", -0.95, 0.95, -0.3, "groove against surface", ((-0.5, -0.12), (0.1, 0.45))),
    Parameter("depth", 0.0, 3.0, 0.6, "relief of the groove", ((0.15, 1.3),)),
    Parameter("burr", 0.0, 1.0, 0.3, "raised rims beside the groove", ((0.0, 0.7),)),
    Parameter("taper", 0.0, 1.0, 0.6, "how much it thins and fades towards its ends", ((0.2, 1.0),)),
    Parameter("wobble", 0.0, 1.0, 0.2, "sideways wobble of the path", ((0.0, 0.35),)),
    Parameter(
        "bend", 0.0, 1.2, 0.05, "turning angle over pi, where nobody said a curvature", ((0.0, 0.06), (0.0, 0.3))
    ),
    Parameter("fading", 0.0, 1.0, 0.3, "faint sections along it", ((0.0, 0.8),)),
    Parameter("striations", 0.0, 1.0, 0.5, "fine lines inside wide ones", ((0.2, 0.9),)),
    Parameter("shine", 0.0, 1.0, 0.1, "highlight on the rim", ((0.0, 0.25),)),
    Parameter("edge_px", 0.3, 12.0, 0.9, "softness of the edge", ((0.7, 1.3),)),
    Parameter("from_edge", 0.0, 1.0, 0.0, "how often it starts at the part's edge"),
)


def outline(sketch: Sketch) -> Shape:
    """A bent line whose half width swells and tapers; mean width and arc length as asked."""
    rng, sizes, values = sketch.rng(), sketch.sizes, sketch.parameters
    half = max(sizes.width_px / 2.0, 0.6)
    asked = bool(sizes.asked)
    bend = min(values["bend"], 0.12) if asked else values["bend"]
    curvature = sketch.curvature if sketch.curvature is not None else bend
    wobble = values["wobble"] * min(0.012 if asked else 0.03, 6.0 / sizes.length_px) * sizes.length_px
    line = max(sizes.length_px - 2.0 * half * (1.0 - 0.5 * values["taper"]), 1.0)
    points = bent_line(rng, line, sketch.angle_deg, curvature, wobble)
    s = np.linspace(0.0, 1.0, len(points))
    swing = 0.08 if asked else 0.22
    widths = 1.0 + swing * line_noise(rng, s * sizes.length_px, max(8.0, sizes.length_px / 5.0))
    ends = smoothstep(np.minimum(s, 1.0 - s) / 0.14)
    widths = np.clip(widths, 0.5, 1.6) * (1.0 - 0.5 * values["taper"] * (1.0 - ends))
    widths = np.maximum(half * widths / widths.mean(), 0.55)
    return fitted_stroke(Path(points, widths), half, (), sizes.asked)


def paint(site: Site) -> Layers:
    """A groove: dark or bright core, relit walls, burr, striations along it."""
    shape, values, rng = site.shape, site.parameters, site.rng
    assert shape.along is not None
    assert shape.across is not None
    along = np.clip(shape.along, 0.0, 1.0)
    length = max(shape.measured["length_px"], 4.0)
    strength = _strength(site, along, length)
    across = shape.across
    width = 2.0 * shape.half_width
    groove = 1.0 - smoothstep(np.abs(across) / 0.85)
    burr = values["burr"] * np.exp(-(((np.abs(across) - 0.8) / 0.22) ** 2)) * np.where(across > 0, 1.0, 0.55)
    height = min(width, 6.0) * 0.3 * values["depth"] * strength * (burr - groove)
    contrast = values["contrast"] * site.visibility * strength * (0.35 + 0.65 * groove)
    if width > 3.0:
        lines = streak_noise(rng, site.size, shape.angle_deg, 1.4, max(20.0, length / 3.0))
        contrast = contrast * (1.0 + 0.6 * values["striations"] * lines)
    shine = values["shine"] * site.visibility * strength * burr * 0.5
    return Layers(
        alpha=alpha_from(shape, values["edge_px"] * site.photo.camera.blur_px),
        gain=site.gain(contrast),
        height=height if width > 2.2 else None,
        shine=shine if width > 1.6 else shine * 0.3,
        texture=0.7,
    )


def _strength(site: Site, along: np.ndarray, length: float) -> np.ndarray:
    """How strong the mark is along its length, 0.12 to 1."""
    values = site.parameters
    place = along * length
    pressure = line_noise(site.rng, place, max(10.0, length / 6.0))
    fade = 1.0 - values["fading"] * smoothstep((pressure - 0.2) / 1.2)
    ends = smoothstep(np.minimum(along, 1.0 - along) / (0.02 + 0.25 * values["taper"]))
    fine = 1.0 + 0.15 * line_noise(site.rng, place, 4.0)
    return np.clip(fade * (1.0 - values["taper"] * 0.85 * (1.0 - ends)) * fine, 0.12, 1.2)


TYPE = RenderType(
    name="scratch",
    parameters=PARAMETERS,
    size=FreeSize(share=(0.12, 0.55), aspect=(0.02, 0.06), min_px=14.0, width_share=(0.003, 0.016)),
    outline=outline,
    paint=paint,
    stroke=True,
    count=(1, 2),
    follow=0.25,
)
