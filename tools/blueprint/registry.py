"""The defect types: names, labels, plausible sizes, and which sizes make sense for which.

Knows nothing of words (see `lexicon`) or pixels (see `tools.generation`). A product adds its own with
`register_defect_type`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.blueprint.errors import BlueprintError
from tools.blueprint.model import PositiveRange

SIZE_FIELDS = ("length_mm", "width_mm", "depth_mm", "diameter_mm")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


@dataclass(frozen=True)
class DefectType:
    """One kind of defect.

    Attributes:
        name: snake_case; what a Blueprint's `defect_type` holds.
        label: language code to a word for people: `{"en": "scratch", "de": "Kratzer"}`.
        description: one sentence that tells it from its neighbours.
        main_size: the field that a bare size ("a 3 mm scratch") means: `length_mm` or `diameter_mm`.
        defaults: size field to a plausible range in mm, used where nobody said one; its keys are the sizes that apply.
        curvature: plausible range of `geometry.curvature` (0 straight, 1 a half circle).
        count_default: how many, where nobody said it.
    """

    name: str
    label: Mapping[str, str]
    description: str
    main_size: str
    defaults: Mapping[str, PositiveRange]
    curvature: tuple[float, float] = (0.0, 0.0)
    count_default: tuple[int, int] = field(default=(1, 1))

    @property
    def size_fields(self) -> tuple[str, ...]:
        """The size fields that make sense for this type, the main one first."""
        return (self.main_size, *(name for name in SIZE_FIELDS if name in self.defaults and name != self.main_size))


DEFECT_TYPES: dict[str, DefectType] = {}
"""Name → type, in the order in which they are offered. Change it through `register_defect_type`."""


def get_defect_type(name: str) -> DefectType:
    """The type of this name.

    Raises:
        BlueprintError: there is none.
    """
    if name not in DEFECT_TYPES:
        raise BlueprintError(f"no defect type {name!r}; there are {', '.join(DEFECT_TYPES)}")
    return DEFECT_TYPES[name]


def register_defect_type(defect_type: DefectType, *, replace: bool = False) -> DefectType:
    """Add a type; the parser knows it by its labels from then on.

    Args:
        defect_type: what to add.
        replace: allow a name that is there already.

    Raises:
        BlueprintError: the name is taken or not snake_case, a label or default is missing, a size field is unknown.
    """
    name = defect_type.name
    if not _NAME.match(name):
        raise BlueprintError(f"{name!r} is no name for a defect type; use lower-case letters, digits and _")
    if name in DEFECT_TYPES and not replace:
        raise BlueprintError(f"there is a defect type {name!r} already; pass replace=True to change it")
    if "en" not in defect_type.label:
        raise BlueprintError(f"the defect type {name!r} has no English label; add label['en']")
    unknown = sorted(set(defect_type.defaults) - set(SIZE_FIELDS))
    if unknown:
        raise BlueprintError(f"the defect type {name!r} has sizes {unknown}; there are {', '.join(SIZE_FIELDS)}")
    if defect_type.main_size not in defect_type.defaults:
        raise BlueprintError(f"the defect type {name!r} has no default for its main size {defect_type.main_size}")
    DEFECT_TYPES[name] = defect_type
    return defect_type


def _builtin(
    name: str,
    labels: tuple[str, str],
    description: str,
    sizes: Mapping[str, tuple[float, float]],
    *,
    curvature: tuple[float, float] = (0.0, 0.0),
    count: tuple[int, int] = (1, 1),
) -> None:
    """Register one of the twelve; the first size is the main one."""
    register_defect_type(
        DefectType(
            name=name,
            label={"en": labels[0], "de": labels[1]},
            description=description,
            main_size=next(iter(sizes)),
            defaults={key: PositiveRange(min=low, max=high) for key, (low, high) in sizes.items()},
            curvature=curvature,
            count_default=count,
        )
    )


_builtin(
    "scratch",
    ("scratch", "Kratzer"),
    "A long, narrow mark where something was dragged over the surface.",
    {"length_mm": (2.0, 20.0), "width_mm": (0.05, 0.5), "depth_mm": (0.005, 0.1)},
    curvature=(0.0, 0.15),
)
_builtin(
    "crack",
    ("crack", "Riss"),
    "A break in the material: narrow, branching, wandering, open or closed.",
    {"length_mm": (2.0, 30.0), "width_mm": (0.02, 0.4), "depth_mm": (0.1, 5.0)},
    curvature=(0.0, 0.3),
)
_builtin(
    "dent",
    ("dent", "Delle"),
    "Material pushed in by a blow or pressure, none of it lost.",
    {"diameter_mm": (1.0, 15.0), "length_mm": (1.0, 20.0), "width_mm": (1.0, 15.0), "depth_mm": (0.05, 2.0)},
)
_builtin(
    "void",
    ("void", "Pore"),
    "A cavity that gas or shrinkage left: pore, pit, blowhole.",
    {"diameter_mm": (0.1, 3.0), "length_mm": (0.1, 5.0), "width_mm": (0.1, 3.0), "depth_mm": (0.05, 3.0)},
)
_builtin(
    "stain",
    ("stain", "Fleck"),
    "A film or soaked-in mark of another colour, flat, with a soft or dried edge.",
    {"diameter_mm": (2.0, 25.0), "length_mm": (2.0, 40.0), "width_mm": (1.0, 25.0)},
)
_builtin(
    "corrosion",
    ("corrosion", "Korrosion"),
    "The material's own reaction product: rust, oxide, tarnish.",
    {"diameter_mm": (1.0, 30.0), "length_mm": (1.0, 50.0), "width_mm": (1.0, 30.0), "depth_mm": (0.01, 1.0)},
)
_builtin(
    "contamination",
    ("contamination", "Verunreinigung"),
    "Foreign matter that lies on the part: particle, fibre, dirt, grease.",
    {"diameter_mm": (0.05, 3.0), "length_mm": (0.1, 10.0), "width_mm": (0.02, 3.0), "depth_mm": (0.01, 1.0)},
    count=(1, 5),
)
_builtin(
    "missing_part",
    ("missing part", "fehlendes Teil"),
    "A component that should be there and is not.",
    {"length_mm": (2.0, 30.0), "width_mm": (2.0, 30.0), "diameter_mm": (2.0, 20.0)},
)
_builtin(
    "chip",
    ("chip", "Abplatzer"),
    "A piece broken out, mostly at an edge or out of a coat.",
    {"length_mm": (0.5, 8.0), "width_mm": (0.3, 5.0), "depth_mm": (0.1, 3.0), "diameter_mm": (0.5, 6.0)},
)
_builtin(
    "bump",
    ("bump", "Erhebung"),
    "Material that stands out: bulge, blister, burr; `depth_mm` is its height.",
    {"diameter_mm": (0.5, 10.0), "length_mm": (0.5, 15.0), "width_mm": (0.5, 10.0), "depth_mm": (0.05, 2.0)},
)
_builtin(
    "discolouration",
    ("discolouration", "Verfärbung"),
    "The surface itself has another colour: heat tint, yellowing, fading.",
    {"diameter_mm": (3.0, 40.0), "length_mm": (3.0, 60.0), "width_mm": (3.0, 40.0)},
)
_builtin(
    "hole",
    ("hole", "Loch"),
    "An opening that goes through: puncture, perforation.",
    {"diameter_mm": (0.5, 8.0), "length_mm": (0.5, 12.0), "width_mm": (0.5, 8.0), "depth_mm": (0.2, 10.0)},
)
