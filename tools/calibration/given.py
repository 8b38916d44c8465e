"""A calibration from a Blueprint and photos, without a configuration file: what the chat and the API start."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.blueprint.model import Blueprint
from tools.calibration.config import CalibrationConfig, Group, Iteration0
from tools.calibration.errors import CalibrationError
from tools.calibration.experiment import Embed, Experiment
from tools.calibration.outcome import Outcome
from tools.calibration.report import write_report
from tools.calibration.source import BlueprintSource
from tools.calibration.space import Category, Number, Parameter, Space
from tools.generation.registry import get_generator
from tools.generation.renderer.renderer import parameters_of
from tools.vision.images import load_image
from tools.vision.types import RgbImage

MAX_GOOD = 32
MIN_REAL = 5
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Matched:
    """How a calibration on photos ended, and where its pictures lie."""

    outcome: Outcome
    report: Path
    pictures: tuple[Path, ...]
    """Best images beside the real ones, the plane of embeddings, the convergence."""


def default_space(defect_type: str) -> Space:
    """Every renderer parameter of a type that varies when nobody sets it, over the range that it varies in.

    Raises:
        CalibrationError: nothing of this type can be tuned.
    """
    found: dict[str, Parameter] = {}
    for one in parameters_of(defect_type):
        if not one.draw:
            continue
        low, high = min(a for a, _ in one.draw), max(b for _, b in one.draw)
        if low >= high:
            continue
        if one.choices:
            found[f"style.{one.name}"] = Category(choices=tuple(str(index) for index in range(len(one.choices))))
        else:
            found[f"style.{one.name}"] = Number(kind="int" if one.integer else "float", low=low, high=high)
    if not found:
        raise CalibrationError(f"nothing of a {defect_type.replace('_', ' ')} can be tuned")
    return Space(parameters=found)


def match_photos(
    blueprint: Blueprint,
    good: Sequence[Path],
    real: Sequence[Path],
    folder: Path,
    *,
    embed: Embed,
    iterations: int = 6,
    seed: int = 0,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Matched:
    """Tune the Blueprint's look until its images lie where the real photos lie.

    Args:
        blueprint: what the photos show; its type is needed.
        good: photos of good parts to draw on, best of the same part as on `real`.
        real: at least five photos of the real defect.
        folder: where the experiment goes; the same one resumes.
        embed: images to `[n, d]`.
        iterations: at most, each of 24 images.
        seed: of everything random.
        progress: called with done, total and a sentence.
        should_stop: asked between iterations.

    Raises:
        CalibrationError: no defect type, or too few photos.
        ImageError: a photo cannot be read.
    """
    if blueprint.defect_type is None:
        raise CalibrationError("the Blueprint names no defect type; say first what the photos show")
    if len(real) < MIN_REAL:
        raise CalibrationError(f"calibration needs at least {MIN_REAL} photos of the defect, these are {len(real)}")
    if not good:
        raise CalibrationError("calibration needs photos of good parts to draw on; attach some")
    config = CalibrationConfig(
        experiment="photos",
        seed=seed,
        space=default_space(blueprint.defect_type),
        iterations=iterations,
        iteration_0=Iteration0(
            real=Group(sets=1, replications=1),
            close=Group(sets=8, replications=3),
            far=Group(sets=8, replications=3),
        ),
        blueprint=blueprint.defect_type.replace("_", " "),
        good=_gathered(good[:MAX_GOOD], folder / "good"),
        real=_gathered(real, folder / "real"),
    )
    photos: list[RgbImage] = [load_image(path) for path in good[:MAX_GOOD]]
    experiment = Experiment(
        config, folder, embed=embed, source=BlueprintSource(blueprint, get_generator(), photos), keep_images=True
    )
    outcome = experiment.run(progress, should_stop)
    report = write_report(experiment, outcome)
    names = ("beside.png", "scatter.png", "convergence.png")
    pictures = tuple(report.with_name(name) for name in names if report.with_name(name).is_file())
    return Matched(outcome, report, pictures)


def style_of(outcome: Outcome) -> dict[str, float]:
    """The best set as a Blueprint's `style`."""
    return {name.removeprefix("style."): float(value) for name, value in outcome.best.items()}


def read_outcome(folder: Path) -> Outcome:
    """The outcome of a finished calibration in this folder.

    Raises:
        CalibrationError: there is none.
    """
    path = folder / "experiments" / "photos" / "result.json"
    if not path.is_file():
        raise CalibrationError(f"{folder} holds no finished calibration")
    return Outcome(**json.loads(path.read_text()))


def _gathered(photos: Sequence[Path], folder: Path) -> Path:
    """The photos side by side in one folder, numbered, so that two of one name do not collide."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(photos):
        target = folder / f"{number:03d}_{path.name}"
        if not target.exists():
            shutil.copyfile(path, target)
    return folder
