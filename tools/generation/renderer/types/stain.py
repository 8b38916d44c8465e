"""Stain: a dried film with darker tide marks at its edge, tinted and soft inside."""

from __future__ import annotations

import numpy as np

from tools.generation.renderer.kind import FreeSize, RenderType, Sketch
from tools.generation.renderer.noise import smoothstep, value_noise
from tools.generation.renderer.parameter import Parameter
from tools.generation.renderer.pit import blob_outline
from tools.generation.renderer.shape import Shape, alpha_from
from tools.generation.renderer.site import Layers, Site
from tools.generation.renderer.tint import tinted

PARAMETERS = (
    Parameter("contrast", -0.9, 0.9, -0.2, "film against surface", ((-0.4, -0.06), (-0.4, -0.06), (0.05, 0.16))),
    Parameter("tide", 0.0, 1.0, 0.5, "darker line at the edge", ((0.1, 0.9),)),
    Parameter("rings", 0.0, 4.0, 1.0, "tide marks inside one another", ((0.0, 3.4),), integer=True),
    Parameter("mottle", 0.0, 1.0, 0.4, "cloudiness inside", ((0.15, 0.7),)),
    Parameter("irregularity", 0.0, 1.0, 0.6, "how far from an ellipse", ((0.3, 1.0),)),
    Parameter("raggedness", 0.0, 1.0, 0.3, "roughness of the outline", ((0.0, 0.35),)),
    Parameter("tint", 0.0, 1.0, 0.4, "strength of the colour on colour photos", ((0.1, 0.55),)),
    Parameter("hue_deg", 0.0, 360.0, 32.0, "hue of the tint where no colour is said", ((20.0, 52.0),)),
    Parameter("texture", 0.0, 1.5, 0.9, "how much of the surface's texture stays", ((0.7, 1.0),)),
    Parameter("edge_px", 0.3, 16.0, 2.0, "softness of the edge", ((1.0, 5.0),)),
)


def outline(sketch: Sketch) -> Shape:
    """An irregular puddle."""
    values = sketch.parameters
    return blob_outline(sketch, None, values["irregularity"], values["raggedness"], cell=12.0)


def paint(site: Site) -> Layers:
    """A thin cloudy film; pigment gathers at the edge as it dries (Deegan 1997)."""
    shape, values, rng = site.shape, site.parameters, site.rng
    radius = max(shape.measured["diameter_px"] / 2.0, 2.0)
    clouds = value_noise(rng, site.size, max(4.0, radius * 0.6), 4, 0.6)
    film = np.clip(0.55 + 0.45 * values["mottle"] * clouds, 0.1, 1.6)
    line = max(1.2, 0.06 * radius)
    depth = -shape.sdf + 0.25 * line * clouds
    film = film + 1.6 * values["tide"] * np.exp(-(((depth - 1.2 * line) / line) ** 2))
    for ring in range(int(values["rings"])):
        at = radius * (0.25 + 0.22 * ring) * (0.8 + 0.4 * rng.random())
        wavy = depth + 0.12 * radius * value_noise(rng, site.size, max(6.0, radius * 0.5), 2)
        film = film + 0.6 * values["tide"] * rng.uniform(0.3, 1.0) * np.exp(-(((wavy - at) / (1.5 * line)) ** 2))
    amount = np.clip(film, 0.0, 2.0) * site.visibility
    tint = values["tint"] * smoothstep(np.minimum(amount, 1.0) / 1.2)
    return Layers(
        alpha=alpha_from(shape, values["edge_px"] * site.photo.camera.blur_px),
        gain=tinted(site, site.gain(np.clip(values["contrast"] * amount, -0.55, 0.4)), tint, values["hue_deg"]),
        texture=values["texture"],
    )


TYPE = RenderType(
    name="stain",
    parameters=PARAMETERS,
    size=FreeSize(share=(0.1, 0.45), aspect=(0.4, 1.0), min_px=12.0),
    outline=outline,
    paint=paint,
    place="spread",
)
