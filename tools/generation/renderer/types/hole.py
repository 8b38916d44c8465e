"""Hole: an opening through the part; the background or darkness behind it, a bevelled, lit rim."""

from __future__ import annotations

import numpy as np

from tools.generation.renderer.kind import FreeSize, RenderType, Sketch
from tools.generation.renderer.noise import smoothstep, value_noise
from tools.generation.renderer.parameter import Parameter
from tools.generation.renderer.pit import blob_outline
from tools.generation.renderer.shape import Shape, alpha_from
from tools.generation.renderer.site import Layers, Site
from tools.generation.renderer.tone import decode

PARAMETERS = (
    Parameter("darkness", 0.0, 1.0, 0.92, "how black it is inside where no background shows", ((0.93, 0.995),)),
    Parameter("bevel", 0.0, 1.0, 0.4, "width of the rim as a share of the radius", ((0.05, 0.3),)),
    Parameter("depth", 0.0, 3.0, 1.0, "relief of the rim", ((0.5, 1.6),)),
    Parameter("wall", 0.0, 1.0, 0.3, "how much of the far wall is lit", ((0.1, 0.5),)),
    Parameter("irregularity", 0.0, 1.0, 0.1, "how far from an ellipse", ((0.0, 0.3),)),
    Parameter("raggedness", 0.0, 1.0, 0.1, "roughness of the outline", ((0.0, 0.15),)),
    Parameter("edge_px", 0.3, 12.0, 0.9, "softness of the edge", ((0.7, 1.3),)),
)


def outline(sketch: Sketch) -> Shape:
    """A round or elliptic opening."""
    values = sketch.parameters
    return blob_outline(sketch, None, values["irregularity"], values["raggedness"])


def paint(site: Site) -> Layers:
    """Darkness (or background) inside, a wall that catches light on the far side, a bevel around."""
    shape, values, rng = site.shape, site.parameters, site.rng
    radius = max(shape.measured["width_px"] / 2.0, 1.0)
    bevel = max(1.0, values["bevel"] * 0.3 * radius)
    inner = smoothstep((-shape.sdf - bevel) / max(1.0, 0.7 * site.photo.camera.blur_px))
    behind = decode(np.array(site.photo.background, dtype=np.uint8))[: site.linear.shape[2]]
    through = behind if site.photo.part.reliable else site.low.mean(axis=(0, 1)) * (1.0 - values["darkness"])
    azimuth = np.deg2rad(site.photo.light.azimuth_deg)
    gy, gx = np.gradient(shape.sdf)
    facing = np.clip(gx * np.cos(azimuth) - gy * np.sin(azimuth), -1.0, 1.0)
    depth = np.clip((-shape.sdf - bevel) / max(2.0, 0.5 * radius), 0.0, 1.0)
    wall = values["wall"] * (1.0 - smoothstep(depth / 0.8)) * np.clip(-facing, 0.0, 1.0)
    wall = wall * (1.0 + 0.2 * value_noise(rng, site.size, 3.0, 2))
    colour = through * (1.0 + 0.05 * value_noise(rng, site.size, 6.0, 2))[..., None]
    colour = colour * (1.0 - wall[..., None]) + wall[..., None] * 0.7 * site.low.mean(axis=(0, 1))
    height = -bevel * 0.8 * values["depth"] * np.clip((-shape.sdf) / bevel, 0.0, 1.0)
    return Layers(
        alpha=alpha_from(shape, values["edge_px"] * site.photo.camera.blur_px),
        height=height * (1.0 - inner),
        relief=1.0,
        cover=inner,
        paint=np.maximum(colour, 0.0),
        texture=0.6,
    )


TYPE = RenderType(
    name="hole",
    parameters=PARAMETERS,
    size=FreeSize(share=(0.04, 0.16), aspect=(0.85, 1.0), min_px=7.0),
    outline=outline,
    paint=paint,
)
