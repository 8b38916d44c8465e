"""Discolouration: the surface itself is brighter, darker, duller or shinier over an area; heat tints on metal.

Covers uneven grinding (a band whose marks are stronger or weaker), unground or worn dull patches, and tints.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from tools.generation.renderer.kind import FreeSize, RenderType, Sketch
from tools.generation.renderer.noise import Field, smoothstep, streak_noise, value_noise
from tools.generation.renderer.parameter import Parameter, choice
from tools.generation.renderer.photo import PhotoAnalysis
from tools.generation.renderer.pit import blob_outline
from tools.generation.renderer.shape import Shape, inner_depth
from tools.generation.renderer.site import Layers, Site
from tools.generation.renderer.tint import hue_factors, tinted

FORMS = ("patch", "band")
_GROUND, _METAL = 0.7, 0.12
"""A surface with more long marks and less colour than this counts as ground metal."""
PARAMETERS = (
    choice("form", FORMS, "a patch, or a band that runs over the part to its edges"),
    Parameter("contrast", -0.9, 0.9, -0.2, "area against surface", ((-0.42, -0.06), (0.04, 0.25))),
    Parameter(
        "texture", 0.0, 3.0, 0.8, "the surface's texture inside: 0 smooth, 1 as it is", ((0.15, 0.9), (1.1, 2.0))
    ),
    Parameter("dullness", 0.0, 1.0, 0.3, "how much of the sheen goes", ((0.0, 0.3), (0.3, 0.9))),
    Parameter("streaks", 0.0, 1.0, 0.2, "added marks along the texture", ((0.0, 0.1), (0.1, 0.7))),
    Parameter("mottle", 0.0, 1.0, 0.2, "cloudiness", ((0.02, 0.3),)),
    Parameter(
        "flecks", 0.0, 1.0, 0.0, "bright specks, most of them near the edge", ((0.0, 0.0), (0.0, 0.0), (0.0, 0.7))
    ),
    Parameter("tint", 0.0, 1.0, 0.3, "strength of the colour on colour photos", ((0.05, 0.3),)),
    Parameter("hue_deg", 0.0, 360.0, 40.0, "hue of the tint where no colour is said", ((20.0, 55.0), (200.0, 240.0))),
    Parameter("heat", 0.0, 1.0, 0.0, "temper colours, on colour photos", ((0.0, 0.0), (0.0, 0.0), (0.4, 1.0))),
    Parameter("comb", 0.0, 1.0, 0.3, "how far the edge runs out along grinding marks", ((0.0, 0.2), (0.2, 1.0))),
    Parameter("irregularity", 0.0, 1.0, 0.5, "how far from an ellipse", ((0.15, 0.8),)),
    Parameter("raggedness", 0.0, 1.0, 0.2, "roughness of the outline", ((0.0, 0.5),)),
    Parameter("squareness", 0.0, 1.0, 0.0, "0 round, 1 square"),
    Parameter("edge_px", 0.3, 40.0, 4.0, "softness of the edge", ((0.8, 3.0), (2.0, 10.0))),
)


def outline(sketch: Sketch) -> Shape:
    """A patch; a band is a large, nearly square one that lies across the texture."""
    values, sizes = sketch.parameters, sketch.sizes
    if int(values["form"]) == 1 and not sizes.asked:
        x1, y1, x2, y2 = sketch.photo.part.box
        longest = float(max(x2 - x1, y2 - y1))
        rng = sketch.rng("band")
        straight = sketch.photo.texture_deg + 90.0 if sketch.photo.streaks > 0.3 else 90.0 * round(rng.random())
        across = (straight + rng.normal(0.0, 5.0)) % 180.0
        long = 2.2 * longest if rng.random() < 0.7 else rng.uniform(0.6, 1.1) * longest
        sizes = replace(sizes, length_px=long, width_px=max(8.0, sizes.length_px * rng.uniform(0.6, 1.8)))
        sketch = replace(sketch, angle_deg=across, sizes=sizes)
        return blob_outline(sketch, None, 0.1 * values["irregularity"], 0.4 * values["raggedness"], 0.9)
    return blob_outline(sketch, None, values["irregularity"], values["raggedness"], values["squareness"])


def paint(site: Site) -> Layers:
    """Brightness, sheen, texture and tint change together, over a soft edge that frays along the texture."""
    shape, values, rng = site.shape, site.parameters, site.rng
    radius = max(shape.measured["width_px"] / 2.0, 2.0)
    grain = site.photo.streaks
    direction = site.photo.texture_deg
    fine = streak_noise(rng, site.size, direction, 1.8, max(40.0, 0.8 * radius))
    clouds = value_noise(rng, site.size, max(6.0, radius * 0.8), 3, 0.6)
    contrast = values["contrast"] * np.clip(1.0 + 0.7 * values["mottle"] * clouds, 0.2, 2.0) * site.visibility
    if values["streaks"] > 0.02:
        broad = streak_noise(rng, site.size, direction, 7.0, max(80.0, 2.0 * radius))
        contrast = contrast + 0.13 * values["streaks"] * grain * site.visibility * (fine + 0.8 * broad)
    if values["flecks"] > 0.02:
        contrast = contrast + _flecks(site, radius)
    # Each grinding mark ends where it ends.
    depth = -shape.sdf + values["comb"] * grain * min(2.5, 0.08 * radius) * fine
    edge = smoothstep(depth / max(values["edge_px"], site.photo.camera.blur_px))
    alpha = np.where(shape.mask, 0.06 + 0.94 * edge, 0.0)
    return Layers(
        alpha=alpha,
        gain=_coloured(site, site.gain(contrast), radius),
        texture=values["texture"],
        even=values["dullness"],
    )


def _flecks(site: Site, radius: float) -> Field:
    """Bright specks in a strip along the outline."""
    near = np.exp(-inner_depth(site.shape.mask) / max(3.0, 0.2 * radius))
    patchy = value_noise(site.rng, site.size, max(8.0, radius * 0.6), 1)
    spots = value_noise(site.rng, site.size, 3.5, 2, 0.8) - 2.5 + 1.3 * near + 0.5 * patchy
    return np.asarray(0.5 * smoothstep(spots / 0.8) * site.parameters["flecks"] * site.visibility)


def _coloured(site: Site, gain: Field, radius: float) -> Field:
    values = site.parameters
    if site.photo.grey or values["heat"] <= 0.0 or site.colour is not None:
        return tinted(site, gain, values["tint"] * min(site.visibility, 1.2), values["hue_deg"])
    # Temper colours of steel from the cold rim to the hot middle: straw, brown, purple, blue.
    depth = np.clip(inner_depth(site.shape.mask) / radius, 0.0, 1.0)
    stops = np.array([0.0, 0.25, 0.5, 0.7, 1.0])
    hues = np.stack([hue_factors(h, s) for h, s in ((45, 0.3), (38, 0.8), (18, 0.8), (290, 0.6), (215, 0.9))])
    factors = np.stack([np.interp(depth, stops, hues[:, c]) for c in range(3)], axis=2)
    return np.asarray(gain[..., None] * (1.0 + values["heat"] * 0.55 * (factors - 1.0)))


def suit(values: Mapping[str, float], said: Collection[str], photo: PhotoAnalysis) -> dict[str, float]:
    """Only a ground surface has bands of uneven grinding and marks that its edge could follow; on any other one a
    strong change of the texture would look like a lens out of focus. Only metal tempers, and keeps its marks then."""
    fitting: dict[str, float] = {}
    metal = photo.chroma < _METAL
    if not (metal and photo.streaks > _GROUND):
        fitting = {
            "form": 0.0,
            "texture": 1.0 + 0.3 * (values["texture"] - 1.0),
            "streaks": 0.0,
            "comb": 0.0,
            "edge_px": max(values["edge_px"], 2.0),
        }
    if not metal:
        fitting["heat"] = 0.0
    elif values["heat"] > 0.0 and not photo.grey:
        fitting |= {"texture": 0.9, "dullness": 0.0, "contrast": 0.4 * values["contrast"], "form": 0.0}
    return {**values, **{name: value for name, value in fitting.items() if name not in said}}


TYPE = RenderType(
    name="discolouration",
    parameters=PARAMETERS,
    size=FreeSize(share=(0.18, 0.9), aspect=(0.4, 1.0), min_px=16.0),
    outline=outline,
    paint=paint,
    place="spread",
    suit=suit,
)
