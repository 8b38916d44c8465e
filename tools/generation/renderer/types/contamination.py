"""Contamination: particles, flakes and fibres that lie on the part and throw a shadow."""

from __future__ import annotations

import numpy as np

from tools.generation.renderer.curve import bent_line
from tools.generation.renderer.kind import FreeSize, RenderType, Sketch
from tools.generation.renderer.noise import blur, line_noise, smoothstep, value_noise
from tools.generation.renderer.parameter import Parameter, choice
from tools.generation.renderer.pit import blob_outline
from tools.generation.renderer.shape import Shape, alpha_from
from tools.generation.renderer.site import Layers, Site
from tools.generation.renderer.stroke import Path, fitted_stroke
from tools.generation.renderer.tint import hue_factors

FORMS = ("particle", "fibre")
PARAMETERS = (
    choice("form", FORMS, "particles or fibres"),
    Parameter(
        "contrast",
        -0.95,
        0.95,
        -0.5,
        "its brightness against the surface",
        ((-0.75, -0.25), (-0.75, -0.25), (0.15, 0.45)),
    ),
    Parameter("shadow", 0.0, 1.0, 0.5, "shadow beside it", ((0.2, 0.8),)),
    Parameter("relief", 0.0, 2.0, 0.6, "how round it looks", ((0.2, 1.1),)),
    Parameter("mottle", 0.0, 1.0, 0.4, "texture on it", ((0.1, 0.7),)),
    Parameter("fibre_width_px", 1.2, 8.0, 2.0, "width of fibres that nobody said", ((1.3, 2.6),)),
    Parameter("fibre_bend", 0.0, 1.5, 0.5, "turning of fibres", ((0.15, 1.1),)),
    Parameter("irregularity", 0.0, 1.0, 0.7, "how far a particle is from an ellipse", ((0.3, 1.0),)),
    Parameter("raggedness", 0.0, 1.0, 0.4, "roughness of the outline", ((0.0, 0.5),)),
    Parameter("edge_px", 0.3, 12.0, 1.0, "softness of the edge", ((0.8, 1.5),)),
)


def outline(sketch: Sketch) -> Shape:
    """A particle's blob, or a fibre's curve."""
    values, sizes = sketch.parameters, sketch.sizes
    asked_round = "diameter_px" in sizes.asked or (sizes.width_px > 0.5 * sizes.length_px and bool(sizes.asked))
    if int(values["form"]) == 0 or asked_round:
        return blob_outline(sketch, None, values["irregularity"], values["raggedness"])
    rng = sketch.rng()
    free = not sizes.asked
    wide = values["fibre_width_px"] if "width_px" not in sizes.asked else sizes.width_px
    half = max(wide / 2.0, 0.6)
    length = sizes.length_px if "length_px" in sizes.asked else max(16.0, 2.5 * sizes.length_px)
    bend = sketch.curvature if sketch.curvature is not None else values["fibre_bend"]
    bend = bend if free or sketch.curvature is not None else min(bend, 0.3)
    points = bent_line(rng, max(1.0, length - 2.0 * half), sketch.angle_deg, bend, 0.04 * length if free else 0.0)
    asked = {name: value for name, value in sizes.asked.items() if name != "diameter_px"}
    return fitted_stroke(Path(points, np.full(len(points), half)), half, (), asked)


def paint(site: Site) -> Layers:
    """The body covers the surface; its shadow falls on the side away from the light, inside the same mask."""
    shape, values, rng = site.shape, site.parameters, site.rng
    width = 2.0 * shape.half_width if shape.along is not None else shape.measured["width_px"]
    body = _body(site, width)
    lump = value_noise(rng, site.size, max(2.0, 0.3 * width), 3, 0.7)
    grit = value_noise(rng, site.size, 2.0, 2, 0.8)
    surface = 1.0 + values["mottle"] * (0.3 * lump + 0.2 * grit)
    level = site.gain(values["contrast"] * np.clip(site.visibility, 0.5, 1.15) * surface)
    if shape.along is not None:
        level = level * (1.0 + 0.1 * line_noise(rng, np.clip(shape.along, 0, 1) * 60.0, 5.0))
    colour = _material(site)
    dome = np.sqrt(np.clip(-shape.sdf / max(0.5 * width, 1.0), 0.0, 1.0)) + 0.08 * values["mottle"] * lump
    return Layers(
        alpha=alpha_from(shape, values["edge_px"] * site.photo.camera.blur_px),
        gain=np.clip(1.0 - 0.6 * values["shadow"] * (1.0 - body), 0.2, 1.0),
        height=body * dome * min(width, 10.0) * 0.3 * values["relief"] if width > 2.5 else None,
        cover=body,
        paint=level[..., None] * colour,
        texture=0.9,
    )


def _material(site: Site) -> np.ndarray:
    """Colour of foreign matter at the surface's brightness: dust is grey or brownish whatever it lies on."""
    base = site.low[site.shape.mask].mean(axis=0)
    if site.photo.grey:
        return np.asarray(base)
    if site.colour is not None:
        return np.asarray(site.colour)
    level = float(0.2126 * base[0] + 0.7152 * base[1] + 0.0722 * base[2])
    return np.asarray(level * hue_factors(site.rng.uniform(25.0, 50.0), site.rng.uniform(0.0, 0.45)))


def _body(site: Site, width: float) -> np.ndarray:
    """Coverage of the object itself: the mask less a shadow rim on the side away from the light."""
    shift = min(0.22 * width, 5.0) * site.parameters["shadow"]
    if shift < 0.4:
        return site.shape.mask.astype(np.float64)
    azimuth = np.deg2rad(site.photo.light.azimuth_deg)
    dy, dx = int(np.round(np.sin(azimuth) * shift)), int(np.round(-np.cos(azimuth) * shift))
    height, columns = site.size
    moved = np.zeros((height, columns))
    rows, cols = np.arange(height)[:, None] + dy, np.arange(columns)[None, :] + dx
    valid = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < columns)
    moved = np.where(
        valid, site.shape.mask[np.clip(rows, 0, height - 1), np.clip(cols, 0, columns - 1)].astype(np.float64), 0.0
    )
    return smoothstep(blur(moved, 0.5 * site.photo.camera.blur_px) * 1.2)


TYPE = RenderType(
    name="contamination",
    parameters=PARAMETERS,
    size=FreeSize(share=(0.015, 0.08), aspect=(0.5, 1.0), min_px=5.0),
    outline=outline,
    paint=paint,
    count=(1, 5),
)
