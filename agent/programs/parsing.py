"""The program that reads a description of a defect with a chat model.

The built-in parser reads the same text first: it brings the questions, the warnings and what the model left out, it
says which sizes stand in the text at all, and where the model gives nothing that can be used its reading stands alone.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from agent.programs.lm import as_lm, using
from agent.programs.saved import instructions
from tools.blueprint.model import Blueprint, CountRange, Distribution, Origin, PositiveRange, Severity, Zone
from tools.blueprint.parser import Parsed, parse
from tools.blueprint.reading.document import read
from tools.blueprint.reading.quantities import scan
from tools.blueprint.registry import DEFECT_TYPES
from tools.blueprint.units import MM_PER

SIZE_TOLERANCE = 0.01
_log = logging.getLogger(__name__)


class Extraction(BaseModel):
    """What a text says of a defect; null where it says nothing. Lengths in millimetres."""

    model_config = ConfigDict(frozen=True)

    defect_type: str | None = None
    material: str | None = Field(default=None, max_length=60)
    finish: str | None = Field(default=None, max_length=60)
    part: str | None = Field(default=None, max_length=60)
    count: CountRange | None = None
    severity: Severity | None = None
    length_mm: PositiveRange | None = None
    width_mm: PositiveRange | None = None
    depth_mm: PositiveRange | None = None
    diameter_mm: PositiveRange | None = None
    orientation_deg: float | None = Field(default=None, ge=0.0, lt=180.0)
    zone: Zone | None = None
    distribution: Distribution | None = None

    @field_validator("defect_type")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None and name not in DEFECT_TYPES:
            raise ValueError(f"no defect type {name!r}; there are {', '.join(DEFECT_TYPES)}")
        return name

    @field_validator("material", "finish")
    @classmethod
    def _lower(cls, name: str | None) -> str | None:
        return name.strip().lower() or None if name is not None else None


PATHS = {
    **{name: name for name in ("defect_type", "material", "finish", "part", "count", "severity")},
    **{f"{name}_mm": f"geometry.{name}_mm" for name in ("length", "width", "depth", "diameter")},
    "orientation_deg": "geometry.orientation_deg",
    "zone": "placement.zone",
    "distribution": "placement.distribution",
}
"""Field of `Extraction` → field path of the Blueprint."""


def make_program(text: str) -> Any:
    """The dspy program `text, defect_types -> blueprint` with these instructions."""
    import dspy

    fields: dict[str, Any] = {
        "text": (str, dspy.InputField(desc="what the engineer said")),
        "defect_types": (list[str], dspy.InputField(desc="DEFECT_TYPES: the names there are")),
        "blueprint": (Extraction, dspy.OutputField(desc="what the text says, null for the rest")),
    }
    return dspy.Predict(dspy.Signature(fields, text))


def extract(text: str, model: Any, *, program: Any = None, data_dir: Path | None = None) -> Extraction:
    """Run the program.

    Args:
        text: the engineer's words.
        model: a LangChain chat model, or dspy's language model.
        program: one of `make_program`; the saved one where not given.
        data_dir: where tuned programs are; the settings' where not given.

    Raises:
        Exception: the model failed, or gave no `Extraction`; of whatever kind.
    """
    program = program or make_program(instructions("parsing", data_dir))
    with using(as_lm(model)):
        found: Extraction = program(text=text, defect_types=list(DEFECT_TYPES)).blueprint
    return found


def read_with(model: Any, text: str, *, data_dir: Path | None = None) -> Parsed:
    """Read a description with a chat model; the built-in parser's reading where the model's cannot be used.

    Args:
        model: a LangChain chat model.
        text: anything.
        data_dir: where tuned programs are; the settings' where not given.
    """
    parsed = parse(text)
    try:
        return merge(parsed, extract(text, model, data_dir=data_dir))
    except Exception as error:  # whatever a provider raises: the text was read already
        _log.warning("the chat model did not read the text (%s); the built-in parser did", type(error).__name__)
        return parsed


def merge(parsed: Parsed, found: Extraction) -> Parsed:
    """The parser's reading with the model's values; a value that only the model read is `inferred`.

    A size of which no end stands in the text is left out, however sure the model is.

    Raises:
        pydantic.ValidationError: the values do not go together.
    """
    data = parsed.blueprint.model_dump(mode="json")
    sizes = _sizes_in(parsed.blueprint.text)
    for name, path in PATHS.items():
        value = getattr(found, name)
        if value is None or (name.endswith("_mm") and not _stands_there(value, sizes)):
            continue
        plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        *parents, leaf = path.split(".")
        node = data[parents[0]] if parents else data
        if node[leaf] != plain and not _is_ranged_place(data, path):
            node[leaf] = plain
            data["origin"][path] = Origin.INFERRED.value
    blueprint = Blueprint.model_validate(data)
    questions = tuple(
        question
        for question in parsed.questions
        if _known_at(parsed.blueprint, question.field) or not _known_at(blueprint, question.field)
    )
    return parsed.model_copy(update={"blueprint": blueprint, "questions": questions})


def _is_ranged_place(data: dict[str, Any], path: str) -> bool:
    """A place is said once: a box or polygon that the parser read stays."""
    return path == "placement.zone" and any(data["placement"][name] is not None for name in ("polygon", "box"))


def _sizes_in(text: str) -> list[float]:
    quantities, _ = scan(read(text))
    return [
        value * MM_PER[quantity.unit]
        for quantity in quantities
        if quantity.unit in MM_PER
        for pair in quantity.values
        for value in pair
    ]


def _stands_there(value: PositiveRange, sizes: list[float]) -> bool:
    return any(abs(size - end) <= SIZE_TOLERANCE * end for size in sizes for end in (value.min, value.max))


def _known_at(blueprint: Blueprint, path: str) -> bool:
    """Whether a question's field has a value; any size answers a question about the size."""
    if path.startswith("geometry.") and path.endswith("_mm"):
        geometry = blueprint.geometry
        return any((geometry.length_mm, geometry.width_mm, geometry.depth_mm, geometry.diameter_mm))
    if path in ("defect_type", "count", "material", "severity"):
        return getattr(blueprint, path) is not None
    return False
