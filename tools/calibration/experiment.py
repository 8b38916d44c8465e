"""Run a calibration: iteration 0, then ask, render, embed, tell, until a stop rule says enough.

The folder `experiments/<id>/` is the record: `iteration_<n>/{images,embeddings.npy,pca_2d.npy,metadata.json}`,
`metric.npz`, `study.db`, `result.json`. Every seed follows from the configuration's seed and a sample's place, so a
killed run that starts again gives what an unbroken one gives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.calibration.clock import Clock
from tools.calibration.clouds import Cloud, read_clouds
from tools.calibration.config import CalibrationConfig, Group
from tools.calibration.distributions import draw
from tools.calibration.errors import CalibrationError
from tools.calibration.metric import Metric
from tools.calibration.mixture import Mixture, fit_mixture
from tools.calibration.optimiser import Told, build_optimiser
from tools.calibration.outcome import Outcome
from tools.calibration.record import IterationRecord, Kind, write_iteration
from tools.calibration.source import Source, build_source, real_images
from tools.calibration.space import Value
from tools.calibration.study import Study, Trial
from tools.scoring.distances import mmd2, noise_floor
from tools.vision.images import write_atomic
from tools.vision.types import RgbImage

Embed = Callable[[Sequence[RgbImage]], NDArray[np.floating]]
Progress = Callable[[int, int, str], None]
INCUMBENT_IMAGES = 12


class Experiment:
    """One calibration in one folder."""

    def __init__(
        self,
        config: CalibrationConfig,
        folder: Path,
        *,
        embed: Embed,
        source: Source | None = None,
        keep_images: bool = True,
    ) -> None:
        self.config = config
        self.folder = folder / "experiments" / config.experiment
        self._check_config()
        self._embed = embed
        self._source = source or build_source(config)
        self._keep_images = keep_images
        self.study = Study(self.folder / "study.db")
        self._optimiser = build_optimiser(
            config.optimiser, config.space, seed=config.seed, acquisition=config.acquisition
        )
        self.clock = Clock()
        self.metric: Metric | None = None
        self.real: NDArray[np.float64] = np.empty((0, 0))

    def _check_config(self) -> None:
        """One folder, one configuration: a resumed run must be the same run."""
        path = self.folder / "config.json"
        text = self.config.model_dump_json(indent=2)
        if path.exists() and path.read_text() != text:
            raise CalibrationError(f"{self.folder} holds another configuration; choose another name or folder")
        write_atomic(path, text.encode())

    def run(self, progress: Progress | None = None, should_stop: Callable[[], bool] | None = None) -> Outcome:
        """Run to the end, or go on from where an earlier run was stopped.

        Args:
            progress: called with iterations done, iterations in all, and a sentence.
            should_stop: asked between iterations; True stops with what there is.
        """
        self._iteration_0()
        history = [self._assess(0)]
        reason = f"all {self.config.iterations} iterations were used"
        for iteration in range(1, self.config.iterations + 1):
            if progress:
                progress(iteration - 1, self.config.iterations, f"distance {history[-1]['best_mmd2']:.3f}")
            if should_stop is not None and should_stop():
                reason = "stopped on request"
                break
            self._iterate(iteration)
            history.append(self._assess(iteration))
            if ended := self._ended(history):
                reason = ended
                break
        return self._finish(history, reason)

    # iteration 0

    def _iteration_0(self) -> None:
        folder = self.folder / "iteration_0"
        if (folder / "metadata.json").exists():
            self.metric = Metric.load(self.folder / "metric.npz")
            samples = json.loads((folder / "metadata.json").read_text())["samples"]
            embeddings = np.load(folder / "embeddings.npy", allow_pickle=False)
            self.real = self.metric.project(embeddings[[sample["group"] == "real" for sample in samples]])
            return
        start = self.config.iteration_0
        given = real_images(self.config)
        if given is None:
            real = self._make(0, "real", self._drawn("real", start.real), start.real.replications)
        else:
            real = IterationRecord.of_photos(given, self._embed)
        groups: tuple[tuple[Kind, Group], ...] = (("close", start.close), ("far", start.far))
        trials: list[Trial] = []
        records = [real]
        for kind, group in groups:
            drawn = self._drawn(kind, group)
            trials += [Trial(0, len(trials) + slot, kind, values) for slot, values in enumerate(drawn)]
            records.append(self._make(0, kind, drawn, group.replications))
        record = IterationRecord.joined(records)
        kinds = np.array([sample["group"] for sample in record.samples])
        sets = np.array([f"{sample['group']}{sample['set']}" for sample in record.samples])
        made = kinds != "real"
        _, numbers = np.unique(sets[made], return_inverse=True)
        self.metric = Metric.fit(record.embeddings[kinds == "real"], record.embeddings[made], numbers)
        self.metric.save(self.folder / "metric.npz")
        self.real = self.metric.project(record.embeddings[kinds == "real"])
        # The real images' parameters are what is being looked for: only the generated groups are told.
        self.study.ask(trials)
        for trial in trials:
            which = [index for index, sample in enumerate(record.samples) if self._is(sample, trial)]
            self._tell(trial, record.embeddings[which])
        self._write(0, record)

    def _is(self, sample: dict[str, Any], trial: Trial) -> bool:
        offset = self.config.iteration_0.close.sets if trial.kind == "far" else 0
        return bool(sample["group"] == trial.kind and sample["set"] == trial.slot - offset)

    def _drawn(self, kind: str, group: Group) -> list[dict[str, Value]]:
        number = ("real", "close", "far").index(kind)
        generator = np.random.default_rng([self.config.seed, 0, number])
        return [draw(group.distribution, self.config.space, generator) for _ in range(group.sets)]

    # later iterations

    def _iterate(self, iteration: int) -> None:
        if self.study.complete(iteration) and (self.folder / f"iteration_{iteration}" / "metadata.json").exists():
            return
        if not self.study.trials(iteration):
            self.study.ask(self._ask(iteration))
        trials = self.study.trials(iteration)
        record = self._make(iteration, "asked", [t.parameters for t in trials], self.config.replications)
        for trial in trials:
            which = [index for index, sample in enumerate(record.samples) if sample["set"] == trial.slot]
            self._tell(trial, record.embeddings[which])
        self._write(iteration, record)

    def _ask(self, iteration: int) -> list[Trial]:
        """New sets, and one slot for the set believed best so far until it has images enough to be judged."""
        told = self._told()
        trials = []
        best = self._best(told)
        if self.config.optimiser == "botorch" and self._images_of(best) < INCUMBENT_IMAGES:
            trials.append(Trial(iteration, 0, "repeat", best))
        seed = int(np.random.default_rng([self.config.seed, iteration]).integers(2**31))
        with self.clock.stage("ask"):
            points = self._optimiser.ask(told, self.config.batch - len(trials), seed=seed)
        first = len(trials)
        return trials + [
            Trial(iteration, first + slot, "asked", self.config.space.decode(point))
            for slot, point in enumerate(points)
        ]

    def _best(self, told: Told) -> dict[str, Value]:
        with self.clock.stage("model"):
            return self.config.space.decode(told.points[self._optimiser.best(told)])

    def _told(self) -> Told:
        done = [trial for trial in self.study.trials() if trial.outcome is not None]
        points = np.stack([self.config.space.encode(trial.parameters) for trial in done])
        return Told(points, np.array([trial.outcome for trial in done]))

    def _images_of(self, values: dict[str, Value]) -> int:
        return sum(trial.images for trial in self.study.trials() if dict(trial.parameters) == values)

    def _tell(self, trial: Trial, embeddings: NDArray[np.float64]) -> None:
        assert self.metric is not None
        self.study.tell(trial.iteration, trial.slot, self.metric.project(embeddings).mean(axis=0), len(embeddings))

    def _make(self, iteration: int, kind: Kind, drawn: Sequence[Any], replications: int) -> IterationRecord:
        """Render and embed every set, each image with the seed of its place."""
        offset = {"real": 10_000, "close": 20_000, "far": 30_000}.get(kind, 0)
        samples, images = [], []
        for slot, values in enumerate(drawn):
            for replica in range(replications):
                place = [self.config.seed, iteration, offset + slot, replica]
                seed = int(np.random.default_rng(place).integers(2**63))
                with self.clock.stage("render"):
                    made = self._source.render(values, seed)
                images.append(made.image)
                samples.append(
                    {
                        "id": f"iter{iteration}_{kind}_{slot * replications + replica:03d}",
                        "group": kind,
                        "set": slot,
                        "replication": replica,
                        "parameters": dict(values),
                        "uncontrolled": dict(made.uncontrolled),
                        "seed": seed,
                        "time": datetime.now(UTC).isoformat(timespec="seconds"),
                    }
                )
        with self.clock.stage("embed"):
            embeddings = np.asarray(self._embed(images), dtype=np.float64)
        return IterationRecord(samples, images, embeddings)

    # judging

    def _assess(self, iteration: int) -> dict[str, Any]:
        """The set believed best after this iteration, and the MMD of its images to the real ones."""
        assert self.metric is not None
        told = self._told_until(iteration)
        best = self._best(told)
        cloud = self._cloud(best, iteration)
        distance = mmd2(cloud, self.real, bandwidth=float(self.metric.bandwidth[0]))
        closest = float(np.sqrt((told.outcomes**2).sum(axis=1)).min())
        return {"iteration": iteration, "best": best, "best_mmd2": distance, "closest_mean": closest, "n": len(cloud)}

    def _told_until(self, iteration: int) -> Told:
        done = [t for t in self.study.trials() if t.outcome is not None and t.iteration <= iteration]
        points = np.stack([self.config.space.encode(trial.parameters) for trial in done])
        return Told(points, np.array([trial.outcome for trial in done]))

    def _cloud(self, values: dict[str, Value], iteration: int) -> NDArray[np.float64]:
        """Metric coordinates of all images that were made with these values so far."""
        clouds = self._clouds(iteration)
        return next(cloud.points for cloud in clouds if dict(cloud.parameters) == values)

    def _clouds(self, iteration: int) -> list[Cloud]:
        assert self.metric is not None
        return read_clouds(self.folder, self.metric, until=iteration)

    def mixture(self, iteration: int) -> Mixture:
        """The sets tried until then whose images together lie nearest to the real ones, with their shares."""
        assert self.metric is not None
        clouds = self._clouds(iteration)
        width = float(self.metric.bandwidth[0])
        return fit_mixture([c.parameters for c in clouds], [c.points for c in clouds], self.real, bandwidth=width)

    def images_of(self, values: dict[str, Value]) -> NDArray[np.float64]:
        """Metric coordinates of every image made with these values in the whole run."""
        return self._cloud(values, max(trial.iteration for trial in self.study.trials()))

    def threshold(self) -> float:
        """The stop line: as configured, or the noise floor of the real images themselves."""
        return self.floor() if self.config.stop.threshold is None else self.config.stop.threshold

    def floor(self) -> float:
        """The noise floor: the 95 % quantile of the squared MMD between random halves of the real images."""
        assert self.metric is not None
        width = float(self.metric.bandwidth[0])
        return noise_floor(self.real, lambda a, b: mmd2(a, b, bandwidth=width), seed=self.config.seed)

    def _ended(self, history: list[dict[str, Any]]) -> str | None:
        if history[-1]["best_mmd2"] <= self.threshold() and history[-1]["n"] >= 2 * self.config.replications:
            return "the images lie as near to the real ones as real ones to each other"
        patience = self.config.stop.patience
        if len(history) <= patience:
            return None
        before = min(step["closest_mean"] for step in history[:-patience])
        lately = min(step["closest_mean"] for step in history[-patience:])
        if lately > before * (1 - self.config.stop.min_improvement):
            return f"no improvement in {patience} iterations"
        return None

    def _finish(self, history: list[dict[str, Any]], reason: str) -> Outcome:
        last = history[-1]
        line = self.threshold()
        trials = self.study.trials()
        mixture = self.mixture(last["iteration"])
        outcome = Outcome(
            best=last["best"],
            mmd2=last["best_mmd2"],
            threshold=line,
            iterations=last["iteration"],
            converged=last["best_mmd2"] <= line,
            stopped_because=reason,
            images=sum(trial.images for trial in trials),
            mixture=[
                {"share": round(share, 4), "parameters": dict(values)}
                for share, values in zip(mixture.shares, mixture.sets, strict=True)
            ],
            seconds=self.clock.summary(),
            history=history,
        )
        write_atomic(self.folder / "result.json", json.dumps(outcome.__dict__, indent=2).encode())
        return outcome

    def _write(self, iteration: int, record: IterationRecord) -> None:
        assert self.metric is not None
        folder = self.folder / f"iteration_{iteration}"
        write_iteration(folder, record, self.metric.plot(record.embeddings), keep_images=self._keep_images)
