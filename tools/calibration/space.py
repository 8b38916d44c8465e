"""The search space: named numeric and categorical parameters, and how a set of values becomes a point.

A point holds numbers scaled by their bounds to [0, 1], and a category's index for categories; `decode` gives values
that lie inside the bounds and are whole numbers where they must be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from scipy.stats import qmc

from tools.calibration.errors import CalibrationError

Value = float | int | str
Values = Mapping[str, Value]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Number(_Part):
    """A real or whole number between `low` and `high`, both included."""

    kind: Literal["float", "int"] = "float"
    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Number:
        if not self.low < self.high:
            raise ValueError(f"low must lie under high, these are {self.low:g} and {self.high:g}")
        return self


class Category(_Part):
    """One of at least two names."""

    kind: Literal["category"] = "category"
    choices: tuple[str, ...] = Field(min_length=2)


Parameter = Annotated[Number | Category, Field(discriminator="kind")]


class Space(_Part):
    """Parameters by name; their order is the order of a point's columns."""

    parameters: Mapping[str, Parameter]

    @property
    def names(self) -> tuple[str, ...]:
        """Names in column order."""
        return tuple(self.parameters)

    @property
    def categorical_columns(self) -> list[int]:
        """Columns that hold a category's index."""
        return [column for column, part in enumerate(self.parameters.values()) if isinstance(part, Category)]

    def encode(self, values: Values) -> NDArray[np.float64]:
        """Values → point.

        Raises:
            CalibrationError: a value is missing, out of its bounds or not a known category.
        """
        point = []
        for name, part in self.parameters.items():
            if name not in values:
                raise CalibrationError(f"no value for {name!r}; the space has {', '.join(self.names)}")
            value = values[name]
            if isinstance(part, Category):
                if value not in part.choices:
                    raise CalibrationError(f"{name} is one of {', '.join(part.choices)}, not {value!r}")
                point.append(float(part.choices.index(str(value))))
                continue
            number = float(value)
            if not part.low <= number <= part.high:
                raise CalibrationError(f"{name} lies between {part.low:g} and {part.high:g}, not at {number:g}")
            point.append((number - part.low) / (part.high - part.low))
        return np.asarray(point)

    def decode(self, point: NDArray[np.floating] | Sequence[float]) -> dict[str, Value]:
        """Point → values; whole numbers are rounded, so `encode(decode(p))` is the nearest point that exists."""
        values: dict[str, Value] = {}
        for (name, part), coordinate in zip(self.parameters.items(), point, strict=True):
            if isinstance(part, Category):
                values[name] = part.choices[min(max(round(float(coordinate)), 0), len(part.choices) - 1)]
                continue
            number = part.low + min(max(float(coordinate), 0.0), 1.0) * (part.high - part.low)
            values[name] = round(number) if part.kind == "int" else round(number, 6)
        return values

    def snap(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points moved to the nearest that exist: whole numbers and categories."""
        return np.stack([self.encode(self.decode(point)) for point in points])

    def sobol(self, count: int, seed: int) -> NDArray[np.float64]:
        """`[count, d]` scrambled Sobol points, snapped; categories are equally likely."""
        exponent = max(int(np.ceil(np.log2(max(count, 1)))), 0)
        unit = qmc.Sobol(len(self.parameters), seed=np.random.default_rng(seed)).random_base2(exponent)[:count]
        return self._from_unit(unit)

    def random(self, count: int, seed: int) -> NDArray[np.float64]:
        """`[count, d]` independent uniform points, snapped."""
        return self._from_unit(np.random.default_rng(seed).random((count, len(self.parameters))))

    def _from_unit(self, unit: NDArray[np.floating]) -> NDArray[np.float64]:
        points = np.array(unit, dtype=np.float64)
        for column, part in enumerate(self.parameters.values()):
            if isinstance(part, Category):
                points[:, column] = np.minimum(np.floor(points[:, column] * len(part.choices)), len(part.choices) - 1)
        return self.snap(points)

    def distance(self, one: Values, two: Values) -> float:
        """Root mean square of the parameters' differences: numbers as a share of their bounds, categories 0 or 1."""
        difference = self.encode(one) - self.encode(two)
        for column in self.categorical_columns:
            difference[column] = float(difference[column] != 0)
        return float(np.sqrt((difference**2).mean()))
