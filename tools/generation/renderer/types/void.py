"""Void: a dark pit with a shaded wall, round, elliptic or irregular."""

from __future__ import annotations

import numpy as np

from tools.generation.renderer.kind import FreeSize, RenderType, Sketch
from tools.generation.renderer.noise import smoothstep, value_noise
from tools.generation.renderer.parameter import Parameter, choice
from tools.generation.renderer.pit import blob_outline, light_side
from tools.generation.renderer.shape import Shape, alpha_from
from tools.generation.renderer.site import Layers, Site

SHAPES = ("circle", "ellipse", "irregular")
PARAMETERS = (
    choice("void_shape", SHAPES, "outline of each void"),
    Parameter("void_count", 0.0, 200.0, 0.0, "how many; 0 leaves it to the Blueprint", integer=True),
    Parameter("base_size_px", 0.0, 400.0, 0.0, "mean length in pixels; 0 leaves it to the Blueprint"),
    Parameter("size_std_px", 0.0, 100.0, 0.0, "spread of the length in pixels, with base_size_px"),
    Parameter(
        "brightness_factor", 0.05, 1.6, 0.55, "displayed brightness of the pit against the surface", ((0.3, 0.75),)
    ),
    Parameter("edge_px", 0.3, 12.0, 1.2, "softness of the edge", ((0.8, 2.2),)),
    Parameter("raggedness", 0.0, 1.0, 0.2, "roughness of the outline", ((0.0, 0.35),)),
    Parameter("depth", 0.0, 3.0, 0.6, "relief of the wall", ((0.2, 1.2),)),
    Parameter("mottle", 0.0, 1.0, 0.3, "texture of the floor", ((0.0, 0.5),)),
    Parameter("rim", -1.0, 1.0, 0.0, "bright (positive) or dark (negative) line at the rim", ((-0.7, 0.3),)),
    Parameter("texture", 0.0, 1.0, 0.3, "how much of the surface's texture stays", ((0.05, 0.5),)),
)


def outline(sketch: Sketch) -> Shape:
    """A circle, an ellipse or an irregular outline."""
    kind = int(sketch.parameters["void_shape"])
    rng = sketch.rng("form")
    aspect = 1.0 if kind == 0 else rng.uniform(0.4, 0.8) if kind == 1 else rng.uniform(0.3, 0.95)
    irregularity = (0.05, 0.12, 0.75)[kind]
    return blob_outline(sketch, aspect, irregularity, sketch.parameters["raggedness"])


def paint(site: Site) -> Layers:
    """The pit: darkest off its middle away from the light, mottled floor, lit far wall."""
    shape, values, rng = site.shape, site.parameters, site.rng
    radius = max(shape.measured["diameter_px"] / 2.0, 1.0)
    inside = np.clip(-shape.sdf / radius, 0.0, 1.0)
    floor = smoothstep(inside / 0.45)
    darkness = (values["brightness_factor"] - 1.0) * site.visibility
    mottle = value_noise(rng, site.size, max(3.0, radius * 0.7), 3, 0.7)
    towards = light_side(site, radius)
    # The wall towards the light lies in its own shadow, the far one looks at the light.
    shadow = 0.3 * min(values["depth"], 1.0) * towards
    contrast = darkness * (0.72 + 0.28 * floor) * (1.0 + shadow) * (1.0 + 0.3 * values["mottle"] * mottle)
    contrast = contrast + 0.16 * values["depth"] * (1.0 - floor) * np.clip(-towards, 0.0, 1.0)
    height = -values["depth"] * min(radius, 10.0) * 0.35 * floor
    rim = values["rim"] * 0.3 * np.exp(-(((shape.sdf + 1.2) / 1.2) ** 2))
    return Layers(
        alpha=alpha_from(shape, values["edge_px"] * site.photo.camera.blur_px),
        gain=site.gain(contrast + rim),
        height=height,
        texture=values["texture"],
    )


TYPE = RenderType(
    name="void",
    parameters=PARAMETERS,
    size=FreeSize(share=(0.03, 0.17), aspect=(0.4, 1.0), min_px=6.0),
    outline=outline,
    paint=paint,
    count=(1, 2),
)
