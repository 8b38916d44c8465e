"""Five sentences, and the training set that sculpting makes of them.

A class is described in words, the way an engineer would before the first real defect is there, and by ranges of the
renderer's published style parameters where words are not enough. No real defect image and no mask is read here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evals.synthesis.tiles import Tile, load_tile
from tools.blueprint.model import Blueprint
from tools.blueprint.parser import parse
from tools.errors import BadInputError
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.registry import get_generator
from tools.generation.renderer.renderer import parameters_of
from tools.vision.types import Mask, RgbImage

Style = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Description:
    """One class: what an engineer says, the type that the parser must find, style ranges (drawn evenly)."""

    sentence: str
    defect_type: str
    variants: tuple[Style, ...] = ({},)


DESCRIPTIONS: dict[str, Description] = {
    "blowhole": Description("one to four small dark round blowholes in the ground surface of a magnetic tile", "void"),
    "break": Description(
        "one to three chips along the edge of a magnetic tile where material has broken away",
        "chip",
        ({}, {"contrast": (-0.3, 0.1), "size_factor": (0.8, 1.6), "rim": (0.3, 1.0), "ripples": (0.0, 0.4)}),
    ),
    "crack": Description(
        "one or two thin dark cracks in a magnetic tile that run along the grinding direction",
        "crack",
        ({"meander": (0.02, 0.5), "from_edge": (0.7, 0.7), "contrast": (-0.7, -0.15), "size_factor": (0.6, 1.6)},),
    ),
    "fray": Description(
        "a large matt discoloured area on a magnetic tile where the surface was never ground",
        "discolouration",
        (
            {
                "form": (0, 0), "contrast": (-0.45, -0.05), "texture": (0.05, 0.5), "streaks": (0, 0.02),
                "mottle": (0.02, 0.4), "flecks": (0, 0), "irregularity": (0.1, 0.7), "raggedness": (0, 0.15),
                "squareness": (0, 0.4), "edge_px": (0.8, 3.0), "size_factor": (1.0, 2.5),
            },
        ),
    ),
    "uneven": Description(
        "a discoloured area on a magnetic tile that was ground unevenly, with coarser streaks",
        "discolouration",
        (
            {
                "form": (1, 1), "contrast": (0.02, 0.28), "texture": (0.9, 1.6), "streaks": (0.2, 1.0),
                "mottle": (0.0, 0.3), "flecks": (0, 0), "irregularity": (0.0, 0.6), "raggedness": (0, 0.2),
                "edge_px": (0.6, 4.0), "size_factor": (0.7, 2.0),
            },
            {
                "form": (1, 1), "contrast": (-0.25, -0.04), "texture": (0.8, 1.4), "streaks": (0.0, 0.6),
                "mottle": (0.0, 0.3), "flecks": (0, 0), "irregularity": (0.0, 0.6), "raggedness": (0, 0.2),
                "edge_px": (0.6, 4.0), "size_factor": (0.7, 2.0),
            },
            {
                "form": (0, 0), "contrast": (0.02, 0.28), "texture": (0.9, 1.6), "streaks": (0.2, 1.0),
                "mottle": (0.0, 0.3), "flecks": (0, 0), "irregularity": (0.1, 0.6), "raggedness": (0, 0.2),
                "squareness": (0.2, 0.9), "edge_px": (0.6, 4.0), "size_factor": (1.0, 2.2),
            },
        ),
    ),
}  # fmt: skip
"""Class → its description."""


def blueprint_of(description: Description) -> Blueprint:
    """The Blueprint that the parser reads out of the sentence.

    Raises:
        BadInputError: it reads another defect type than the description expects.
    """
    blueprint = parse(description.sentence).blueprint
    if blueprint.defect_type != description.defect_type:
        raise BadInputError(
            f"{description.sentence!r} is read as {blueprint.defect_type}, not {description.defect_type}; reword it"
        )
    return blueprint


class Sculptor:
    """Draws the described classes in turn onto random good photos; a `Maker` of `training_sets`."""

    def __init__(
        self,
        good: Sequence[Tile],
        descriptions: Mapping[str, Description] = DESCRIPTIONS,
        *,
        switches: Mapping[str, float] | None = None,
    ) -> None:
        """Read the sentences.

        Args:
            good: photos to draw on.
            descriptions: class → description.
            switches: parameters that override every description where the type has them (the ablation).
        """
        self._good, self._descriptions = good, descriptions
        self._blueprints = {kind: blueprint_of(description) for kind, description in descriptions.items()}
        self._switches = {
            kind: {
                parameter.name: (switches or {})[parameter.name]
                for parameter in parameters_of(description.defect_type)
                if parameter.name in (switches or {})
            }
            for kind, description in descriptions.items()
        }
        self._kinds = sorted(descriptions)
        self._decoded: dict[Tile, RgbImage] = {}
        self._renderer = get_generator("renderer")

    def __call__(self, index: int, rng: np.random.Generator) -> tuple[RgbImage, Mask, str]:
        """See `training_sets.Maker`."""
        return self.draw(index, rng)[:3]

    def draw(self, index: int, rng: np.random.Generator) -> tuple[RgbImage, Mask, str, Tile]:
        """Image, mask, class and the tile it was drawn on."""
        kind = self._kinds[index % len(self._kinds)]
        variants = self._descriptions[kind].variants
        style = {name: rng.uniform(*ends) for name, ends in variants[int(rng.integers(len(variants)))].items()}
        blueprint = self._blueprints[kind].model_copy(update={"style": {**style, **self._switches[kind]}})
        while True:
            tile = self._good[int(rng.integers(len(self._good)))]
            if tile not in self._decoded:
                self._decoded[tile] = load_tile(tile)[0]
            try:
                drawn = self._renderer.generate(blueprint, self._decoded[tile], int(rng.integers(2**62)))
            except BlueprintDoesNotFitError as error:
                if "fit" not in str(error):
                    raise
                continue  # too large for this photo: another one
            return drawn.image, drawn.mask, kind, tile
