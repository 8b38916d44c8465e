"""Where the parameter sets of iteration 0 come from: probabilities for categories, clipped normals for numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tools.calibration.errors import CalibrationError
from tools.calibration.space import Category, Space, Value


class Normal(BaseModel):
    """A normal distribution; draws outside the parameter's bounds are drawn again."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    mean: float
    std: float = Field(ge=0.0)


class Choice(BaseModel):
    """A probability for each category, in the parameter's order."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    probabilities: tuple[float, ...]

    @model_validator(mode="after")
    def _sums_to_one(self) -> Choice:
        if abs(sum(self.probabilities) - 1.0) > 1e-6 or min(self.probabilities) < 0:
            raise ValueError(f"probabilities are not negative and sum to 1, these are {self.probabilities}")
        return self


Distribution = Mapping[str, Normal | Choice]
MAX_REDRAWS = 1000


def draw(distribution: Distribution, space: Space, generator: np.random.Generator) -> dict[str, Value]:
    """One parameter set; a parameter without a distribution is uniform over its bounds.

    Raises:
        CalibrationError: a distribution does not fit its parameter.
    """
    values: dict[str, Value] = {}
    for name, part in space.parameters.items():
        found = distribution.get(name)
        if isinstance(part, Category):
            shares = found.probabilities if isinstance(found, Choice) else (1 / len(part.choices),) * len(part.choices)
            if len(shares) != len(part.choices):
                raise CalibrationError(f"{name} has {len(part.choices)} choices and {len(shares)} probabilities")
            values[name] = part.choices[int(generator.choice(len(shares), p=shares))]
            continue
        if isinstance(found, Normal):
            number = _clipped(found, part.low, part.high, name, generator)
        else:
            number = float(generator.uniform(part.low, part.high))
        values[name] = round(number) if part.kind == "int" else round(number, 6)
    return values


def _clipped(normal: Normal, low: float, high: float, name: str, generator: np.random.Generator) -> float:
    for _ in range(MAX_REDRAWS):
        number = float(generator.normal(normal.mean, normal.std))
        if low <= number <= high:
            return number
    raise CalibrationError(f"{name}: normal({normal.mean:g}, {normal.std:g}) never falls into {low:g} to {high:g}")


def centre(distribution: Distribution, space: Space) -> dict[str, Value]:
    """The most likely parameter set: means and the likeliest categories. What a recovery is measured against."""
    values: dict[str, Value] = {}
    for name, part in space.parameters.items():
        found = distribution.get(name)
        if isinstance(part, Category):
            values[name] = (
                part.choices[int(np.argmax(found.probabilities))] if isinstance(found, Choice) else part.choices[0]
            )
        else:
            middle = found.mean if isinstance(found, Normal) else (part.low + part.high) / 2
            values[name] = round(middle) if part.kind == "int" else middle
    return values
