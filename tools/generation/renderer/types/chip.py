"""Chip: material broken out of the part's edge; a fracture face with conchoidal ripples, no machining marks.

Where the part's outline is known, the outermost strip is gone altogether and the background shows.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from tools.generation.renderer.kind import FreeSize, RenderType, Sketch
from tools.generation.renderer.noise import Field, smoothstep, value_noise
from tools.generation.renderer.parameter import Parameter, choice
from tools.generation.renderer.shape import BlobForm, Shape, alpha_from, blob, inner_depth
from tools.generation.renderer.site import Layers, Site
from tools.generation.renderer.tone import decode

FORMS = ("shell", "sliver", "corner")
PARAMETERS = (
    choice("form", FORMS, "a shell-shaped bite, a long sliver along the edge, or a corner"),
    Parameter(
        "contrast", -0.95, 0.9, -0.2, "fracture face against surface", ((-0.5, -0.12), (-0.4, -0.05), (-0.15, 0.1))
    ),
    Parameter("tilt", 0.0, 1.0, 0.3, "how much the face darkens or brightens across", ((0.05, 0.6),)),
    Parameter("ripples", 0.0, 1.0, 0.4, "conchoidal ripples", ((0.0, 0.8),)),
    Parameter("granular", 0.0, 1.0, 0.3, "granular fracture", ((0.05, 0.7),)),
    Parameter("facets", 0.0, 1.0, 0.4, "broken planes and creases between them", ((0.0, 0.8),)),
    Parameter("rim", 0.0, 1.0, 0.5, "dark or bright line where the surface ends", ((0.2, 1.0),)),
    Parameter(
        "notch",
        0.0,
        1.0,
        0.35,
        "share of the depth that is gone, where there is a background",
        ((0.0, 0.0), (0.1, 0.6)),
    ),
    Parameter("texture", 0.0, 1.0, 0.1, "how much of the surface's texture stays", ((0.0, 0.25),)),
    Parameter("irregularity", 0.0, 1.0, 0.5, "how far from a half ellipse", ((0.15, 0.8),)),
    Parameter("raggedness", 0.0, 1.0, 0.3, "roughness of the outline", ((0.0, 0.1), (0.1, 0.4))),
    Parameter("edge_px", 0.3, 12.0, 1.0, "softness of the edge", ((0.7, 1.5),)),
)


def outline(sketch: Sketch) -> Shape:
    """A blob centred on the part's outline, of which the outer half falls away; slivers lie just inside it."""
    sizes, values = sketch.sizes, sketch.parameters
    length, depth = max(sizes.length_px, 2.0), max(sizes.width_px, 1.0)
    irregularity, inset = values["irregularity"], 0
    if int(values["form"]) == 1 and not sizes.asked:
        rng = sketch.rng("sliver")
        length, depth = 1.6 * length, max(3.0, min(depth, length * rng.uniform(0.05, 0.16)))
        inset = int(rng.uniform(0.0, 2.5) * depth)
        irregularity *= 0.4
    if sizes.asked:
        irregularity *= 0.5
    rough = values["raggedness"] * min(0.06 * min(length, depth), 2.5)
    form = BlobForm(length, 2.0 * depth, sketch.angle_deg, irregularity, rough if rough > 0.3 else 0.0)
    shape = blob(sketch.rng(), form)
    angle = np.deg2rad(sketch.angle_deg)
    row = shape.anchor[0] - round(float(np.cos(angle)) * inset)
    column = shape.anchor[1] - round(float(np.sin(angle)) * inset)
    return replace(shape, anchor=(row, column), angle_deg=sketch.angle_deg)


def paint(site: Site) -> Layers:
    """A dull new surface at another angle: tilted shade, facets with creases, ripples around the point of impact."""
    shape, values, rng = site.shape, site.parameters, site.rng
    radius = max(shape.measured["width_px"], 3.0)
    shade = _tilt(site) + _ripples(site, radius)
    plane = value_noise(rng, site.size, max(6.0, radius * 0.9), 2)
    crease = np.exp(-((plane / 0.07) ** 2)) * smoothstep(value_noise(rng, site.size, max(6.0, radius), 1) + 0.3)
    shade = shade + values["facets"] * (0.1 * np.tanh(2.0 * plane) - 0.22 * crease)
    shade = shade + 0.08 * values["granular"] * value_noise(rng, site.size, max(2.0, 0.05 * radius), 3, 0.8)
    contrast = (values["contrast"] + shade) * site.visibility + _rim(site, radius)
    background = np.maximum(decode(np.array(site.photo.background, dtype=np.uint8)), 0.0005)
    return Layers(
        alpha=alpha_from(shape, values["edge_px"] * site.photo.camera.blur_px),
        gain=site.gain(contrast),
        even=_even(site),
        texture=values["texture"],
        cover=_gone(site, radius),
        paint=np.broadcast_to(background[: site.linear.shape[2]], site.linear.shape),
    )


def _even(site: Site) -> float:
    """How much of the slow changes goes: what was printed or mounted on the surface is not on the fracture."""
    low = site.low[site.shape.mask].mean(axis=1)
    spread = float(low.std()) / max(float(low.mean()), 0.004)
    return 0.6 + 0.4 * min(max((spread - 0.15) / 0.25, 0.0), 1.0)


def _tilt(site: Site) -> Field:
    """Brightness changes along one direction over the face, -1 to 1 at its ends."""
    rows, columns = np.mgrid[0 : site.size[0], 0 : site.size[1]]
    angle = site.rng.uniform(0.0, 2.0 * np.pi)
    along = np.round(np.cos(angle), 9) * columns + np.round(np.sin(angle), 9) * rows
    inside = along[site.shape.mask]
    middle, half = (inside.max() + inside.min()) / 2.0, max((inside.max() - inside.min()) / 2.0, 1.0)
    return np.asarray(0.3 * site.parameters["tilt"] * (along - middle) / half)


def _ripples(site: Site, radius: float) -> Field:
    """Arcs around a point on the outline, closer and weaker away from it."""
    rng = site.rng
    rows, columns = np.mgrid[0 : site.size[0], 0 : site.size[1]]
    length = site.shape.measured["length_px"]
    cy = site.shape.anchor[0] + rng.uniform(-0.2, 0.2) * length
    cx = site.shape.anchor[1] + rng.uniform(-0.2, 0.2) * length
    away = np.sqrt((rows - cy) ** 2.0 + (columns - cx) ** 2.0)
    away = away + 0.1 * radius * value_noise(rng, site.size, max(6.0, radius * 0.8), 2)
    period = max(4.0, radius * rng.uniform(0.14, 0.34))
    fade = smoothstep(0.8 * value_noise(rng, site.size, max(8.0, radius), 1) + 0.4)
    return np.asarray(0.1 * site.parameters["ripples"] * np.sin(2.0 * np.pi * away / period) * fade)


def _rim(site: Site, radius: float) -> Field:
    """The step from the surface down to the face: dark where it looks away from the light, bright where towards it."""
    depth = inner_depth(site.shape.mask)
    gy, gx = np.gradient(site.shape.sdf)
    azimuth = np.deg2rad(site.photo.light.azimuth_deg)
    # The wall falls inwards, so it faces the inside.
    facing = np.clip(-(gx * np.cos(azimuth) - gy * np.sin(azimuth)), -1.0, 1.0)
    width = max(1.0, 0.035 * radius)
    line = np.exp(-(((depth - 1.3) / width) ** 2))
    patchy = 0.55 + 0.45 * value_noise(site.rng, site.size, max(6.0, radius * 0.5), 2)
    at_frame = 1.0 if site.part_depth is None else smoothstep(site.part_depth / 3.0)
    strength = np.where(facing > 0, 0.3, 0.55) * facing - 0.12
    return np.asarray(site.parameters["rim"] * line * strength * np.clip(patchy, 0.0, 1.3) * at_frame)


def _gone(site: Site, radius: float) -> Field | None:
    """Where nothing of the part is left: an uneven strip along the outline."""
    share = site.parameters["notch"]
    if site.part_depth is None or share <= 0.01:
        return None
    # Distances to the part's outline and to the sound surface; where the photo ends nothing is known.
    on_part = (site.part_depth > 0.0).astype(np.uint8)
    if on_part.all():
        return None
    depth = np.asarray(cv2.distanceTransform(on_part, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), dtype=np.float64)
    bite = (site.shape.mask | (on_part == 0)).astype(np.uint8)
    left = np.asarray(cv2.distanceTransform(bite, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), dtype=np.float64)
    wavy = depth * (1.0 + 0.25 * value_noise(site.rng, site.size, max(5.0, radius * 0.5), 2))
    return smoothstep(0.5 + (share * (depth + left) - wavy) / 1.2)


TYPE = RenderType(
    name="chip",
    parameters=PARAMETERS,
    size=FreeSize(share=(0.07, 0.6), aspect=(0.15, 0.75), min_px=8.0),
    outline=outline,
    paint=paint,
    place="edge",
)
