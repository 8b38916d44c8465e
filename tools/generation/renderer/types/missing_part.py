"""Missing part: a component is not there; its seat, its outline and what lies behind it show instead."""

from __future__ import annotations

import cv2
import numpy as np

from tools.generation.renderer.components import find_components
from tools.generation.renderer.fill import fill_from
from tools.generation.renderer.kind import FreeSize, RenderType, Sketch
from tools.generation.renderer.noise import smoothstep, value_noise
from tools.generation.renderer.parameter import Parameter, choice
from tools.generation.renderer.pit import blob_outline
from tools.generation.renderer.shape import Shape, alpha_from
from tools.generation.renderer.site import Layers, Site

FORMS = ("rectangle", "circle")
PARAMETERS = (
    choice("form", FORMS, "footprint of the component"),
    Parameter("depth", 0.0, 3.0, 0.7, "how deep the empty seat looks", ((0.2, 1.4),)),
    Parameter("contrast", -0.95, 0.9, -0.3, "seat against surface", ((-0.6, -0.15), (-0.3, 0.1))),
    Parameter("residue", 0.0, 1.0, 0.4, "traces of glue or solder", ((0.0, 0.6),)),
    Parameter("rim", 0.0, 1.0, 0.4, "dark gap along the seat's edge", ((0.15, 0.7),)),
    Parameter("fill", 0.0, 1.0, 0.8, "how much of what was there is replaced by the surroundings", ((0.7, 1.0),)),
    Parameter("raggedness", 0.0, 1.0, 0.1, "roughness of the outline", ((0.0, 0.15),)),
    Parameter("edge_px", 0.3, 12.0, 0.9, "softness of the edge", ((0.7, 1.3),)),
)


def outline(sketch: Sketch) -> Shape:
    """A rounded rectangle or a circle."""
    values = sketch.parameters
    square = 0.8 if int(values["form"]) == 0 else 0.0
    aspect = None if square else 1.0
    if "diameter_px" in sketch.sizes.asked:
        square = 0.0
    return blob_outline(sketch, aspect, 0.0, values["raggedness"], square)


def paint(site: Site) -> Layers:
    """What was there goes; a seat in shade stays, with a gap at its rim and traces of what held the part."""
    shape, values, rng = site.shape, site.parameters, site.rng
    radius = max(shape.measured["width_px"] / 2.0, 2.0)
    wall = max(1.5, 0.12 * radius)
    floor = smoothstep(-shape.sdf / wall)
    clouds = value_noise(rng, site.size, max(4.0, radius * 0.6), 3, 0.6)
    traces = smoothstep((value_noise(rng, site.size, max(4.0, radius * 0.35), 3, 0.6) - 0.7) / 1.6)
    contrast = values["contrast"] * site.visibility * (0.85 + 0.12 * clouds) + 0.2 * values["residue"] * traces * floor
    gy, gx = np.gradient(shape.sdf)
    azimuth = np.deg2rad(site.photo.light.azimuth_deg)
    facing = np.clip(-(gx * np.cos(azimuth) - gy * np.sin(azimuth)), -1.0, 1.0)
    gap = np.exp(-(((shape.sdf + 0.6 * wall) / (0.5 * wall)) ** 2))
    contrast = contrast + values["rim"] * gap * (0.3 * facing - 0.22)
    hidden = cv2.dilate(shape.mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    empty = fill_from(site.linear, ~hidden)
    gain = site.gain(contrast)
    return Layers(
        alpha=alpha_from(shape, values["edge_px"] * site.photo.camera.blur_px),
        height=-values["depth"] * wall * 0.6 * floor,
        cover=np.full(site.size, values["fill"]),
        paint=empty * gain[..., None],
        gain=gain,
        texture=0.2,
    )


TYPE = RenderType(
    name="missing_part",
    parameters=PARAMETERS,
    size=FreeSize(share=(0.1, 0.3), aspect=(0.45, 1.0), min_px=12.0),
    outline=outline,
    paint=paint,
    targets=find_components,
)
