"""Corrosion: patches that ate outwards from seeds, pitted and rusty on colour photos, mottled on grey ones."""

from __future__ import annotations

import numpy as np

from tools.generation.renderer.kind import FreeSize, RenderType, Sketch
from tools.generation.renderer.noise import Field, smoothstep, value_noise
from tools.generation.renderer.parameter import Parameter
from tools.generation.renderer.pit import blob_outline
from tools.generation.renderer.shape import Shape, alpha_from
from tools.generation.renderer.site import Layers, Site
from tools.generation.renderer.tint import hue_factors
from tools.generation.renderer.tone import linear_colour

PARAMETERS = (
    Parameter("contrast", -0.9, 0.9, -0.3, "attacked surface against sound", ((-0.55, -0.12),)),
    Parameter("coverage", 0.1, 1.0, 0.6, "share of the area that is attacked", ((0.35, 0.85),)),
    Parameter("pitting", 0.0, 1.0, 0.5, "dark pits", ((0.2, 0.9),)),
    Parameter("bloom", 0.0, 1.0, 0.25, "bright powdery spots", ((0.0, 0.5),)),
    Parameter("grain_share", 0.02, 0.5, 0.12, "grain size as a share of the diameter", ((0.06, 0.2),)),
    Parameter("rust", 0.0, 1.0, 0.8, "strength of the rust colour on colour photos", ((0.5, 0.95),)),
    Parameter("hue_deg", 0.0, 360.0, 20.0, "hue where no colour is said", ((12.0, 30.0),)),
    Parameter("irregularity", 0.0, 1.0, 0.8, "how far from an ellipse", ((0.5, 1.0),)),
    Parameter("raggedness", 0.0, 1.0, 0.8, "roughness of the outline", ((0.5, 1.0),)),
    Parameter("edge_px", 0.3, 16.0, 1.5, "softness of the edge", ((0.8, 2.5),)),
)


def outline(sketch: Sketch) -> Shape:
    """A ragged patch."""
    values = sketch.parameters
    return blob_outline(sketch, None, values["irregularity"], values["raggedness"])


def paint(site: Site) -> Layers:
    """Multi-scale noise cut by a front that grows from the middle; pits where it is oldest."""
    shape, values, rng = site.shape, site.parameters, site.rng
    radius = max(shape.measured["diameter_px"] / 2.0, 2.0)
    cell = max(4.0, 2.0 * radius * values["grain_share"])
    coarse = value_noise(rng, site.size, max(4.0, 4.0 * cell), 3, 0.6)
    fine = value_noise(rng, site.size, cell, 4, 0.75)
    age = np.clip(-shape.sdf / radius, 0.0, 1.0)
    front = age * 2.2 + 0.5 * coarse + 0.35 * fine + 3.0 * (values["coverage"] - 0.62)
    attacked = smoothstep(front / 1.25 + 0.3)
    speckle = value_noise(rng, site.size, max(2.0, min(0.25 * cell, 4.0)), 2, 0.8)
    pits = smoothstep((fine + 0.6 * coarse + 0.8 * age - 1.2) / 0.9) * values["pitting"]
    bloom = smoothstep((value_noise(rng, site.size, max(3.0, cell / 2.0), 3, 0.7) - 1.2) / 0.7) * values["bloom"]
    # A thin stain runs ahead of the attack, speckled before it closes.
    amount = np.clip(0.16 + 0.84 * attacked + 0.1 * speckle * (1.0 - attacked), 0.05, 1.0) * site.visibility
    contrast = values["contrast"] * (0.75 + 0.3 * fine + 0.14 * speckle) - 0.3 * pits + 0.35 * bloom
    contrast = np.maximum(amount * contrast, -0.75)
    age = 0.9 * coarse + 0.6 * fine + 0.3 * speckle + 1.4 * pits + 0.8 * age - 0.7
    height = -min(radius, 8.0) * 0.12 * (pits + 0.3 * attacked * fine)
    return Layers(
        alpha=alpha_from(shape, values["edge_px"] * site.photo.camera.blur_px),
        gain=site.gain(contrast),
        height=height,
        cover=None if site.photo.grey else np.clip(values["rust"] * amount, 0.0, 0.97),
        paint=None if site.photo.grey else _rust(site, contrast, age),
        texture=1.0 - 0.75 * attacked,
    )


def _rust(site: Site, contrast: Field, age: Field) -> Field:
    """Rust has a colour of its own, orange where it is young and brown where it is old, in the light of the place."""
    young, old = np.array(linear_colour(158, 92, 50)), np.array(linear_colour(74, 46, 33))
    if site.colour is not None:
        young, old = np.array(site.colour), 0.45 * np.array(site.colour)
    elif abs(site.parameters["hue_deg"] - 20.0) > 12.0:
        young = 0.3 * hue_factors(site.parameters["hue_deg"], 0.9)
        old = 0.35 * young
    mix = smoothstep(0.45 + 0.32 * age)[..., None]
    light = np.clip(site.low.mean(axis=2) / max(float(site.low.mean()), 0.01), 0.4, 1.8)
    level = (0.4 + 0.55 * site.value) * light * np.clip(1.25 + contrast - site.parameters["contrast"], 0.45, 1.4)
    return np.asarray(np.maximum(young * (1.0 - mix) + old * mix, 0.004) * level[..., None])


TYPE = RenderType(
    name="corrosion",
    parameters=PARAMETERS,
    size=FreeSize(share=(0.08, 0.4), aspect=(0.45, 1.0), min_px=12.0),
    outline=outline,
    paint=paint,
    place="spread",
)
