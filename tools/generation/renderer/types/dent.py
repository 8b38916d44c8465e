"""Dent: a smooth depression; the wall towards the light goes dark, the far wall lights up."""

from __future__ import annotations

import numpy as np

from tools.generation.renderer.finish import relight
from tools.generation.renderer.kind import FreeSize, RenderType, Sketch
from tools.generation.renderer.noise import blur, smoothstep, value_noise
from tools.generation.renderer.parameter import Parameter
from tools.generation.renderer.pit import blob_outline
from tools.generation.renderer.shape import Shape, inner_depth
from tools.generation.renderer.site import Layers, Site

PARAMETERS = (
    Parameter("depth", 0.0, 4.0, 0.8, "how deep", ((0.4, 1.4),)),
    Parameter("flatness", 0.0, 1.0, 0.2, "flat floor (1) or bowl (0)", ((0.0, 0.6),)),
    Parameter("contrast", -0.6, 0.6, -0.03, "darkening of the floor", ((-0.1, 0.03),)),
    Parameter("shine", 0.0, 1.0, 0.25, "highlight on the lit wall", ((0.05, 0.5),)),
    Parameter("irregularity", 0.0, 1.0, 0.3, "how far from an ellipse", ((0.05, 0.5),)),
    Parameter("raggedness", 0.0, 1.0, 0.0, "roughness of the outline"),
)


def outline(sketch: Sketch) -> Shape:
    """A smooth ellipse-like outline."""
    values = sketch.parameters
    return blob_outline(sketch, None, values["irregularity"], values["raggedness"])


def paint(site: Site) -> Layers:
    """Relief only: the surface keeps its texture and is lit anew."""
    return relief_layers(site, sign=-1.0)


def relief_layers(site: Site, sign: float) -> Layers:
    """A smooth hollow (-1) or bulge (+1) whose slope is zero at the outline."""
    shape, values = site.shape, site.parameters
    radius = max(shape.measured["width_px"] / 2.0, 1.5)
    deepness = inner_depth(shape.mask)
    inside = np.clip(deepness / max(float(deepness.max()), 1.0), 0.0, 1.0)
    profile = np.where(shape.mask, smoothstep(inside / (1.0 - 0.6 * values["flatness"])), 0.0)
    profile = blur(profile, max(0.7, radius * 0.13))
    ripple = 1.0 + 0.05 * value_noise(site.rng, site.size, max(5.0, radius), 2)
    height = sign * values["depth"] * site.visibility * 0.4 * radius * profile * ripple
    shade, highlight = relight(height, site.photo.light, 1.0)
    # Less of the surroundings' light reaches the foot of a bulge and the floor of a hollow.
    foot = 0.1 * site.visibility * (np.exp(-(((inside - 0.12) / 0.14) ** 2)) if sign > 0 else profile * profile)
    edge = np.where(shape.mask, 0.1 + 0.9 * smoothstep(deepness / max(1.5, 0.22 * radius)), 0.0)
    return Layers(
        alpha=edge,
        gain=np.clip(shade, 0.3, 1.7) * site.gain(values["contrast"] * site.visibility * profile - foot),
        shine=values["shine"] * 0.35 * highlight * (0.3 + site.value),
    )


TYPE = RenderType(
    name="dent",
    parameters=PARAMETERS,
    size=FreeSize(share=(0.08, 0.28), aspect=(0.55, 1.0), min_px=10.0),
    outline=outline,
    paint=paint,
)
