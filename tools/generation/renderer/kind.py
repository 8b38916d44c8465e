"""What one defect type is to the renderer: parameters, sizes, an outline and a surface change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from tools.generation.renderer.components import Component
from tools.generation.renderer.parameter import Parameter
from tools.generation.renderer.photo import PhotoAnalysis
from tools.generation.renderer.shape import Shape
from tools.generation.renderer.site import Layers, Site
from tools.vision.types import RgbImage


@dataclass(frozen=True)
class Sizes:
    """The size of one instance in pixels, and which of its measures were asked for.

    `asked` maps `length_px`, `width_px`, `diameter_px` to the wanted value; empty where sizes were free.
    `depth_px` is None where nobody said one.
    """

    length_px: float
    width_px: float
    depth_px: float | None = None
    asked: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Sketch:
    """What an outline is made from."""

    sizes: Sizes
    angle_deg: float
    parameters: Mapping[str, float]
    seed: int
    """Seed of this instance's outline."""
    curvature: float | None
    """As asked for, else None."""
    photo: PhotoAnalysis

    def rng(self, name: str = "outline") -> np.random.Generator:
        """A fresh generator for this outline: the same one at every call with the same name."""
        from tools.generation.renderer.streams import stream

        return stream(self.seed, name)


@dataclass(frozen=True)
class FreeSize:
    """Sizes where nobody said one: shares of the part's short side, and width as a share of length.

    `min_px` keeps a defect visible on small photos; `width_share`, for strokes, is their width
    as a share of the short side, at most the upper `aspect` of their length.
    """

    share: tuple[float, float]
    aspect: tuple[float, float]
    min_px: float = 6.0
    width_share: tuple[float, float] | None = None


@dataclass(frozen=True)
class RenderType:
    """One defect type of the renderer.

    Attributes:
        name: as in `tools.blueprint.registry`.
        parameters: what `Blueprint.style` can set.
        size: sizes where nobody said one.
        outline: sketch to shape.
        paint: site to surface change.
        stroke: long and thin (length and width along a centre line) instead of a blob.
        place: `surface` lies wholly on the part, `edge` sits on its outline, `spread` may run over the outline when
            its size is free.
        count: how many where nobody said it.
        follow: how often an orientation that nobody said follows the texture, 0 to 1.
        targets: finds things on a photo that free-sized defects of this type take the place of.
        suit: fits drawn values to the photo (values, names that were said, photo); said values stay as they are.
    """

    name: str
    parameters: tuple[Parameter, ...]
    size: FreeSize
    outline: Callable[[Sketch], Shape]
    paint: Callable[[Site], Layers]
    stroke: bool = False
    place: str = "surface"
    count: tuple[int, int] = (1, 1)
    follow: float = 0.0
    targets: Callable[[RgbImage], list[Component]] | None = None
    suit: Callable[[Mapping[str, float], Collection[str], PhotoAnalysis], dict[str, float]] | None = None
