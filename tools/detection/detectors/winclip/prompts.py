"""Texts about good and bad parts, from Blueprints where there are some.

After the compositional prompt ensemble of WinCLIP (Jeong et al., CVPR 2023), shortened to what tells states apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from tools.blueprint.model import Blueprint
from tools.blueprint.registry import get_defect_type

TEMPLATES = (
    "a photo of {}.",
    "a close-up photo of {}.",
    "a cropped photo of {}.",
    "a photo of {} for visual inspection.",
    "a blurry photo of {}.",
    "a bright photo of {}.",
)
GOOD = ("{}", "a flawless {}", "a perfect {}", "an unblemished {}", "{} without any defect")
BAD = ("a damaged {}", "a broken {}", "{} with a flaw", "{} with a defect", "{} with damage")


def texts(defects: Sequence[Blueprint], thing: str | None = None) -> tuple[list[str], list[str]]:
    """Texts about good parts, and texts about bad ones.

    Args:
        defects: named in the texts by their type; the part and material of the first that has them name the thing.
        thing: what the photos show; taken from the Blueprints, else "surface", where not given.
    """
    what = thing or _thing(defects)
    good = [state.format(what) for state in GOOD]
    bad = [state.format(what) for state in BAD]
    for blueprint in defects:
        if blueprint.defect_type is not None:
            bad.append(f"{what} with a {get_defect_type(blueprint.defect_type).label['en']}")
    return _filled(good), _filled(list(dict.fromkeys(bad)))


def _thing(defects: Sequence[Blueprint]) -> str:
    for blueprint in defects:
        words = [word for word in (blueprint.material, blueprint.part) if word]
        if words:
            return " ".join(words) + ("" if blueprint.part else " surface")
    return "surface"


def _filled(states: Sequence[str]) -> list[str]:
    return [template.format(state) for state in states for template in TEMPLATES]
