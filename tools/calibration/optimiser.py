"""Which parameter sets to try next, given what the tried ones gave.

`BayesianOptimiser` models the *embedding* that a parameter set leads to (a Gaussian process for each coordinate) and
looks for sets whose modelled embedding lies near the target: composite Bayesian optimisation (Astudillo and Frazier,
ICML 2019), which needs far fewer images than a model of the distance alone. Sobol and random are the baselines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tools.calibration.errors import CalibrationError
from tools.calibration.space import Space

if TYPE_CHECKING:
    import torch

Acquisition = Literal["nei", "ei", "ucb"]
Points = NDArray[np.float64]
CANDIDATES = 512
REFINED = 12
SHORTLIST = 96
"""Of all candidates, so many with the best value each by itself are gone through for every place of the batch."""
FIT_STEPS = 50
MAX_OUTPUTS = 6
"""Coordinates that are modelled: the strongest principal axes."""


@dataclass(frozen=True)
class Told:
    """What has been tried: points `[n, d]`, and for each the mean of its images' embeddings `[n, k]`, in metric space,
    where the target lies at the origin."""

    points: Points
    outcomes: NDArray[np.float64]


class Optimiser(Protocol):
    """Ask for the next batch; everything told is passed in, so a resumed run asks the same."""

    name: str

    def ask(self, told: Told, count: int, *, seed: int) -> Points:
        """`[count, d]` points to try."""
        ...

    def best(self, told: Told) -> int:
        """Row of the point believed to be the best."""
        ...


def _closest(told: Told) -> int:
    return int((told.outcomes**2).sum(axis=1).argmin())


@dataclass
class SobolOptimiser:
    """Quasi-random points: one scrambled sequence, read batch after batch."""

    space: Space
    seed: int
    name: str = "sobol"

    def ask(self, told: Told, count: int, *, seed: int) -> Points:  # noqa: ARG002
        """The next points of the sequence."""
        return self.space.sobol(len(told.points) + count, self.seed)[-count:]

    def best(self, told: Told) -> int:
        """The observed closest."""
        return _closest(told)


@dataclass
class RandomOptimiser:
    """Independent uniform points."""

    space: Space
    name: str = "random"

    def ask(self, told: Told, count: int, *, seed: int) -> Points:  # noqa: ARG002
        """Fresh draws."""
        return self.space.random(count, seed)

    def best(self, told: Told) -> int:
        """The observed closest."""
        return _closest(told)


@dataclass
class BayesianOptimiser:
    """Gaussian processes (BoTorch) on the embedding's coordinates and a Monte-Carlo acquisition of their distance.

    Numbers share a Matérn kernel with a length scale each, categories a Hamming kernel (`MixedSingleTaskGP`). The
    acquisition is maximised over a Sobol set joined by small steps around the best points so far.
    """

    space: Space
    acquisition: Acquisition = "nei"
    name: str = "botorch"
    _last: tuple[bytes, Any] | None = None

    def ask(self, told: Told, count: int, *, seed: int) -> Points:
        """The batch with the largest acquisition value, chosen greedily."""
        if len(told.points) < 4:
            return self.space.sobol(count, seed)
        import torch
        from botorch.optim import optimize_acqf_discrete
        from botorch.utils.sampling import manual_seed

        with manual_seed(seed), _one_thread():
            model = self._model(told)
            acquisition = self._acquisition(model, told, seed)
            choices = torch.as_tensor(self._choices(told, seed))
            if len(choices) > max(SHORTLIST, count):
                with torch.no_grad():
                    values = acquisition(choices.unsqueeze(1))
                choices = choices[values.topk(max(SHORTLIST, count)).indices.sort().values]
            chosen, _ = optimize_acqf_discrete(acquisition, q=count, choices=choices, unique=True)
        return np.asarray(chosen.detach().numpy(), dtype=np.float64)

    def best(self, told: Told) -> int:
        """The tried point whose *modelled* embedding is nearest to the target: single draws are noisy."""
        if len(told.points) < 4:
            return _closest(told)
        return int((self.predict(told, told.points) ** 2).sum(axis=1).argmin())

    def predict(self, told: Told, points: Points) -> NDArray[np.float64]:
        """Modelled embeddings `[m, k]` of points that need not have been tried."""
        import torch
        from botorch.utils.sampling import manual_seed

        with manual_seed(0), _one_thread():
            model = self._model(told)
        with torch.no_grad():
            return np.asarray(model.posterior(torch.as_tensor(points)).mean.numpy(), dtype=np.float64)

    def _model(self, told: Told) -> Any:
        """The fitted model, kept until something new is told; always fitted from the same seed."""
        from botorch.utils.sampling import manual_seed

        key = told.points.tobytes() + told.outcomes.tobytes()
        if self._last is None or self._last[0] != key:
            with manual_seed(0):
                self._last = (key, self._fit(told))
        return self._last[1]

    def _fit(self, told: Told) -> Any:
        import torch
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import MixedSingleTaskGP, SingleTaskGP
        from botorch.models.transforms import Standardize
        from gpytorch import settings
        from gpytorch.mlls import ExactMarginalLogLikelihood

        if not np.isfinite(told.outcomes).all():
            raise CalibrationError("an outcome is NaN or infinite; check the images of the last iteration")
        inputs, outputs = torch.as_tensor(told.points), torch.as_tensor(told.outcomes[:, :MAX_OUTPUTS])
        transform = Standardize(m=outputs.shape[1])
        columns = self.space.categorical_columns
        if columns:
            model = MixedSingleTaskGP(inputs, outputs, cat_dims=columns, outcome_transform=transform)
        else:
            model = SingleTaskGP(inputs, outputs, outcome_transform=transform)
        with settings.debug(state=False):
            fit_gpytorch_mll(
                ExactMarginalLogLikelihood(model.likelihood, model),
                optimizer_kwargs={"options": {"maxiter": FIT_STEPS}},
            )
        return model

    def _acquisition(self, model: Any, told: Told, seed: int) -> Any:
        import torch
        from botorch.acquisition.logei import qLogExpectedImprovement, qLogNoisyExpectedImprovement
        from botorch.acquisition.monte_carlo import qUpperConfidenceBound
        from botorch.acquisition.objective import GenericMCObjective
        from botorch.sampling import SobolQMCNormalSampler

        def closeness(samples: torch.Tensor, X: torch.Tensor | None = None) -> torch.Tensor:  # noqa: ARG001
            return -(samples**2).sum(dim=-1).sqrt()

        objective = GenericMCObjective(closeness)
        sampler = SobolQMCNormalSampler(sample_shape=torch.Size([32]), seed=seed)
        inputs = torch.as_tensor(told.points)
        if self.acquisition == "nei":
            return qLogNoisyExpectedImprovement(
                model, inputs, sampler=sampler, objective=objective, prune_baseline=True
            )
        if self.acquisition == "ei":
            best = closeness(torch.as_tensor(told.outcomes[:, :MAX_OUTPUTS])).max()
            return qLogExpectedImprovement(model, best_f=best, sampler=sampler, objective=objective)
        return qUpperConfidenceBound(model, beta=2.0, sampler=sampler, objective=objective)

    def _choices(self, told: Told, seed: int) -> Points:
        generator = np.random.default_rng(seed)
        order = (told.outcomes**2).sum(axis=1).argsort()[:REFINED]
        around = np.repeat(told.points[order], 24, axis=0)
        numeric = [column for column in range(around.shape[1]) if column not in self.space.categorical_columns]
        around[:, numeric] += generator.normal(0.0, 0.08, (len(around), len(numeric)))
        around[:, numeric] = around[:, numeric].clip(0.0, 1.0)
        return np.unique(self.space.snap(np.vstack([self.space.sobol(CANDIDATES, seed), around])), axis=0)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Matrices this small are slower on several threads, and their sums would depend on how many there are."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def build_optimiser(name: str, space: Space, *, seed: int, acquisition: Acquisition = "nei") -> Optimiser:
    """`botorch`, `sobol` or `random`.

    Raises:
        CalibrationError: another name.
    """
    built: Sequence[Optimiser] = (
        BayesianOptimiser(space, acquisition),
        SobolOptimiser(space, seed),
        RandomOptimiser(space),
    )
    for optimiser in built:
        if optimiser.name == name:
            return optimiser
    raise CalibrationError(f"no optimiser {name!r}; there are {', '.join(item.name for item in built)}")
