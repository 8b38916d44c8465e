"""A run: what it leaves behind, that it resumes as if nothing had happened, and that it gets nearer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.tools.calibration.conftest import thumbnails
from tools.calibration.config import CalibrationConfig, Stop
from tools.calibration.distributions import centre
from tools.calibration.errors import CalibrationError
from tools.calibration.experiment import Experiment
from tools.calibration.metric import Metric
from tools.calibration.optimiser import Told
from tools.calibration.report import write_report
from tools.calibration.sensitivity import visibility
from tools.calibration.source import VoidSource
from tools.calibration.void import REAL, VOID_SPACE

ON = Stop(threshold=-1e9, patience=99)


def small(optimiser: str = "sobol", iterations: int = 3, **more: object) -> CalibrationConfig:
    return CalibrationConfig(optimiser=optimiser, iterations=iterations, batch=4, stop=ON, **more)  # type: ignore[arg-type]


def test_the_folder_is_laid_out_as_specified(tmp_path: Path, source: VoidSource) -> None:
    experiment = Experiment(small(iterations=1), tmp_path, embed=thumbnails, source=source)
    outcome = experiment.run()
    folder = tmp_path / "experiments" / "void"
    samples = json.loads((folder / "iteration_0" / "metadata.json").read_text())["samples"]
    assert [sum(s["group"] == g for s in samples) for g in ("real", "close", "far")] == [15, 24, 24]
    first = samples[0]
    assert first["id"] == "iter0_real_000"
    assert set(first["uncontrolled"]) == {"rotation_deg", "base_image"}
    assert set(first["parameters"]) == set(VOID_SPACE.names)
    assert first["time"].endswith("+00:00")
    assert np.load(folder / "iteration_0" / "embeddings.npy").shape[0] == 63
    assert np.load(folder / "iteration_1" / "pca_2d.npy").shape == (12, 2)
    assert len(list((folder / "iteration_1" / "images").glob("iter1_asked_*.png"))) == 12
    assert outcome.images == 48 + 12
    report = write_report(experiment, outcome).read_text()
    assert "http" not in report.replace("http-equiv", "")


@pytest.mark.parametrize(
    ("optimiser", "dies_at"),
    [("sobol", "render"), ("sobol", "embed"), pytest.param("botorch", "render", marks=pytest.mark.slow)],
)
def test_killed_and_resumed_is_the_same_sequence(
    optimiser: str, dies_at: str, tmp_path: Path, source: VoidSource
) -> None:
    whole = Experiment(
        small(optimiser, 2), tmp_path / "whole", embed=thumbnails, source=source, keep_images=False
    ).run()
    count = 0

    def dying(images: list[np.ndarray]) -> np.ndarray:
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        return thumbnails(images)

    class Dying(VoidSource):
        calls = 0

        def render(self, parameters: object, seed: int) -> object:  # type: ignore[override]
            Dying.calls += 1
            if Dying.calls == 63 + 12 + 5:
                raise KeyboardInterrupt
            return super().render(parameters, seed)  # type: ignore[arg-type]

    def start(embed: Callable[..., np.ndarray], one: VoidSource) -> Experiment:
        return Experiment(small(optimiser, 2), tmp_path / "cut", embed=embed, source=one, keep_images=False)

    broken = (thumbnails, Dying(source.chips)) if dies_at == "render" else (dying, source)
    with pytest.raises(KeyboardInterrupt):
        start(*broken).run()
    again = start(thumbnails, source).run()
    assert again.history == whole.history
    assert again.best == whole.best


@pytest.mark.slow
def test_bayesian_optimisation_gets_nearer_than_random(tmp_path: Path, source: VoidSource) -> None:
    truth = centre(REAL, VOID_SPACE)
    found = {
        name: np.mean(
            [
                VOID_SPACE.distance(
                    Experiment(
                        small(name, 2, seed=seed, experiment=f"{name}{seed}"),
                        tmp_path,
                        embed=thumbnails,
                        source=source,
                        keep_images=False,
                    )
                    .run()
                    .best,
                    truth,
                )
                for seed in (0, 1)
            ]
        )
        for name in ("botorch", "random")
    }
    assert found["botorch"] < found["random"]


def test_another_configuration_in_the_same_folder_is_refused(tmp_path: Path, source: VoidSource) -> None:
    Experiment(small(), tmp_path, embed=thumbnails, source=source)
    with pytest.raises(CalibrationError, match="another configuration"):
        Experiment(small(seed=7), tmp_path, embed=thumbnails, source=source)


def test_stops_without_improvement_and_on_request(tmp_path: Path, source: VoidSource) -> None:
    stop = Stop(threshold=-1e9, patience=1, min_improvement=0.99)
    config = CalibrationConfig(optimiser="random", iterations=9, stop=stop)
    patient = Experiment(config, tmp_path / "a", embed=thumbnails, source=source, keep_images=False).run()
    assert patient.iterations < 9
    assert "no improvement" in patient.stopped_because
    asked = Experiment(small(), tmp_path / "b", embed=thumbnails, source=source, keep_images=False)
    assert asked.run(should_stop=lambda: True).stopped_because == "stopped on request"


def test_metric_survives_its_file_and_centres_the_real_images(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    real, made = generator.standard_normal((8, 30)), generator.standard_normal((12, 30)) + 1
    metric = Metric.fit(real, made, np.repeat(np.arange(4), 3))
    assert np.abs(metric.project(real).mean(axis=0)).max() < 1e-9
    metric.save(tmp_path / "m.npz")
    assert np.array_equal(Metric.load(tmp_path / "m.npz").project(made), metric.project(made))
    with pytest.raises(CalibrationError, match="at least 4"):
        Metric.fit(real[:3], made, np.repeat(np.arange(4), 3))
    with pytest.raises(CalibrationError, match="one image only"):
        Metric.fit(real, made, np.arange(12))


def test_the_embedding_sees_what_changes_the_picture(tmp_path: Path, source: VoidSource) -> None:
    experiment = Experiment(small(iterations=3), tmp_path, embed=thumbnails, source=source, keep_images=False)
    experiment.run()
    trials = [trial for trial in experiment.study.trials() if trial.outcome is not None]
    told = Told(
        np.stack([VOID_SPACE.encode(trial.parameters) for trial in trials]), np.array([t.outcome for t in trials])
    )
    seen = visibility(told, VOID_SPACE)
    assert set(seen) == set(VOID_SPACE.names)
    assert seen["base_size"] > seen["size_std"]
    assert np.isnan(visibility(Told(told.points[:3], told.outcomes[:3]), VOID_SPACE)["base_size"])
