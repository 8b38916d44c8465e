"""Three scores of the same log, side by side.

official  as the benchmark's own script: an answer that is no letter is left out; accuracy by data set and subtask, for
          detection the mean of the accuracies on good and on defective parts; then unweighted means.
micro     right answers over answers, each question alike.
strict    as official, but an answer that is no letter is wrong.

Where a data set has no question of a subtask the official script writes 0 into that cell (on the whole benchmark there
is no such cell); on subsets that would punish for questions that were never asked. So empty cells are left out here and
counted in `empty_cells`; `average_empty_as_zero` is the figure by the letter of the script. All figures are shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.mmad.layout import DETECTION, SUBTASKS

RESAMPLES = 1000
LEVEL = 0.95
Counts = NDArray[np.float64]


@dataclass(frozen=True)
class Answered:
    """One line of a log, as far as a score needs it."""

    image: str
    dataset: str
    category: str
    subtask: str
    normal: bool
    correct: str
    answer: str | None
    """A letter; None where none was given."""

    @property
    def right(self) -> bool:
        """Was the right option chosen?"""
        return self.answer == self.correct


def summarise(records: Sequence[Answered], *, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Any]:
    """`official`, `micro`, `strict`, `overkill`, `miss` and what they rest on.

    Args:
        records: the log.
        seed: of the bootstrap over images, which resamples within data set and good or defective.
        resamples: of the bootstrap.
    """
    table = Table(records)
    draws = table.draws(seed, resamples)
    overkill, miss = table.alarms()
    return {
        "official": table.score(draws, drop_unparsed=True, micro=False),
        "micro": table.score(draws, drop_unparsed=True, micro=True),
        "strict": table.score(draws, drop_unparsed=False, micro=False),
        "overkill": overkill,
        "miss": miss,
        "n_questions": len(records),
        "n_images": len(table.images),
        "unparsed": sum(record.answer is None for record in records),
    }


class Table:
    """Right, parsed and all answers of each image in each cell (data set, subtask, good or not)."""

    def __init__(self, records: Sequence[Answered]) -> None:
        self.images = list(dict.fromkeys(record.image for record in records))
        self.datasets = list(dict.fromkeys(record.dataset for record in records))
        self.subtasks = [name for name in SUBTASKS if any(record.subtask == name for record in records)]
        row = {image: number for number, image in enumerate(self.images)}
        shape = (len(self.images), len(self.datasets), len(self.subtasks), 2)
        self.right, self.parsed, self.asked = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.strata = np.zeros(len(self.images), dtype=int)
        for record in records:
            place = self.datasets.index(record.dataset)
            cell = (row[record.image], place, self.subtasks.index(record.subtask), int(not record.normal))
            self.right[cell] += record.right
            self.parsed[cell] += record.answer is not None
            self.asked[cell] += 1
            self.strata[cell[0]] = 2 * place + cell[3]

    def draws(self, seed: int, resamples: int) -> Counts:
        """How often each image is in each resample: resamples x images."""
        generator = np.random.default_rng(seed)
        found = np.zeros((resamples, len(self.images)))
        for stratum in np.unique(self.strata):
            members = np.flatnonzero(self.strata == stratum)
            share = np.full(len(members), 1 / len(members))
            found[:, members] = generator.multinomial(len(members), share, size=resamples)
        return found

    def score(self, draws: Counts, *, drop_unparsed: bool, micro: bool) -> dict[str, Any]:
        """One of the three scores on the whole log, with intervals."""
        total = self.parsed if drop_unparsed else self.asked
        whole = np.ones((1, len(self.images)))
        measure = _micro if micro else self._official
        value = measure(_sums(whole, self.right), _sums(whole, total))
        spread = measure(_sums(draws, self.right), _sums(draws, total))
        result: dict[str, Any] = {
            "average": _number(value.average[0]),
            "by_subtask": _named(self.subtasks, value.by_subtask[0]),
            "by_dataset": _named(self.datasets, value.by_dataset[0]),
            "interval": _interval(spread.average),
            "interval_by_subtask": {
                name: _interval(spread.by_subtask[:, number]) for number, name in enumerate(self.subtasks)
            },
        }
        if not micro:
            cells = value.cells[0]
            result["cells"] = {name: _named(self.subtasks, cells[n]) for n, name in enumerate(self.datasets)}
            result["empty_cells"] = int(np.isnan(cells).sum())
            result["average_empty_as_zero"] = _number(np.nan_to_num(cells).mean(axis=1).mean())
        return result

    def averages(self, weights: Counts) -> Counts:
        """The strict average under each row of image weights."""
        return self._official(_sums(weights, self.right), _sums(weights, self.asked)).average

    def _official(self, right: Counts, total: Counts) -> _Means:
        """Cells by data set and subtask; detection is balanced between good and defective."""
        with np.errstate(invalid="ignore", divide="ignore"):
            cells = right.sum(axis=-1) / total.sum(axis=-1)
            if DETECTION in self.subtasks:
                place = self.subtasks.index(DETECTION)
                cells[:, :, place] = _nanmean(right[:, :, place] / total[:, :, place], axis=-1)
        by_dataset = _nanmean(cells, axis=2)
        return _Means(_nanmean(by_dataset, axis=1), _nanmean(cells, axis=1), by_dataset, cells)

    def alarms(self) -> tuple[float | None, float | None]:
        """Overkill (good parts called defective) and miss (defective ones called good): means over data sets."""
        if DETECTION not in self.subtasks:
            return None, None
        place = self.subtasks.index(DETECTION)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = self.right.sum(axis=0)[:, place] / self.parsed.sum(axis=0)[:, place]
        return _number(_nanmean(1 - shares[:, 0], axis=0)), _number(_nanmean(1 - shares[:, 1], axis=0))


@dataclass(frozen=True)
class _Means:
    """Resamples first in every array."""

    average: Counts
    by_subtask: Counts
    by_dataset: Counts
    cells: Counts


def _micro(right: Counts, total: Counts) -> _Means:
    with np.errstate(invalid="ignore", divide="ignore"):
        return _Means(
            right.sum(axis=(1, 2, 3)) / total.sum(axis=(1, 2, 3)),
            right.sum(axis=(1, 3)) / total.sum(axis=(1, 3)),
            right.sum(axis=(2, 3)) / total.sum(axis=(2, 3)),
            right.sum(axis=3) / total.sum(axis=3),
        )


def _sums(weights: Counts, counts: Counts) -> Counts:
    """Resamples x data sets x subtasks x 2."""
    flat = weights @ counts.reshape(len(counts), -1)
    return flat.reshape(len(weights), *counts.shape[1:])


def _nanmean(values: Counts, axis: int) -> Any:
    """The mean of what is there; NaN where nothing is."""
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(there, values, 0).sum(axis=axis) / there.sum(axis=axis)


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def _named(names: Iterable[str], values: Counts) -> dict[str, float | None]:
    return {name: _number(value) for name, value in zip(names, values, strict=True)}


def _interval(values: Counts) -> dict[str, float | None]:
    there = values[~np.isnan(values)]
    if not len(there):
        return {"low": None, "high": None, "level": LEVEL}
    low, high = np.quantile(there, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"low": _number(low), "high": _number(high), "level": LEVEL}


def confusion(records: Sequence[Answered], yes: Mapping[str, bool]) -> dict[str, int]:
    """Detection as counts. `yes` tells of each image whether the answer said "defective"; images without one are
    `unparsed`."""
    found = {"good_as_good": 0, "good_as_defect": 0, "defect_as_good": 0, "defect_as_defect": 0, "unparsed": 0}
    for record in records:
        if record.subtask != DETECTION:
            continue
        if record.image not in yes:
            found["unparsed"] += 1
            continue
        truth = "good" if record.normal else "defect"
        found[f"{truth}_as_{'defect' if yes[record.image] else 'good'}"] += 1
    return found
