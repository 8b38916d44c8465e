"""Bump: raised material, lit towards the light and shaded behind, with a highlight."""

from __future__ import annotations

from tools.generation.renderer.kind import FreeSize, RenderType, Sketch
from tools.generation.renderer.parameter import Parameter
from tools.generation.renderer.pit import blob_outline
from tools.generation.renderer.shape import Shape
from tools.generation.renderer.site import Layers, Site
from tools.generation.renderer.types.dent import relief_layers

PARAMETERS = (
    Parameter("depth", 0.0, 4.0, 0.9, "how high", ((0.5, 1.5),)),
    Parameter("flatness", 0.0, 1.0, 0.1, "flat top (1) or dome (0)", ((0.0, 0.4),)),
    Parameter("contrast", -0.6, 0.6, 0.02, "brightness of the top", ((-0.05, 0.1),)),
    Parameter("shine", 0.0, 1.0, 0.35, "highlight on the lit side", ((0.0, 0.5),)),
    Parameter("irregularity", 0.0, 1.0, 0.2, "how far from an ellipse", ((0.0, 0.4),)),
    Parameter("raggedness", 0.0, 1.0, 0.0, "roughness of the outline"),
)


def outline(sketch: Sketch) -> Shape:
    """A smooth ellipse-like outline."""
    values = sketch.parameters
    return blob_outline(sketch, None, values["irregularity"], values["raggedness"])


def paint(site: Site) -> Layers:
    """Relief only: the surface keeps its texture and is lit anew."""
    return relief_layers(site, sign=1.0)


TYPE = RenderType(
    name="bump",
    parameters=PARAMETERS,
    size=FreeSize(share=(0.04, 0.16), aspect=(0.65, 1.0), min_px=8.0),
    outline=outline,
    paint=paint,
)
