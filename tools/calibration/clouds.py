"""The images of each parameter set, read back from an experiment's folder as points in metric space."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.calibration.metric import Metric
from tools.calibration.space import Value


@dataclass(frozen=True)
class Cloud:
    """A parameter set and the metric coordinates `[n, k]` of every image made with it."""

    parameters: Mapping[str, Value]
    points: NDArray[np.float64]


def read_clouds(folder: Path, metric: Metric, *, until: int) -> list[Cloud]:
    """The clouds of all generated sets up to an iteration, in the order in which the sets were first tried."""
    rows: dict[str, list[NDArray[np.float64]]] = {}
    parameters: dict[str, Mapping[str, Value]] = {}
    for number in range(until + 1):
        place = folder / f"iteration_{number}"
        samples = json.loads((place / "metadata.json").read_text())["samples"]
        embeddings = np.load(place / "embeddings.npy", allow_pickle=False)
        for sample, embedding in zip(samples, embeddings, strict=True):
            if sample["group"] == "real":
                continue
            key = json.dumps(sample["parameters"], sort_keys=True)
            parameters.setdefault(key, sample["parameters"])
            rows.setdefault(key, []).append(embedding)
    return [Cloud(parameters[key], metric.project(np.stack(listed))) for key, listed in rows.items()]
