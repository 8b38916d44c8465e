"""Pictures of a calibration: where the images lie, how fast it got there, what it believes, how its best ones look."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tools.calibration.optimiser import Told
from tools.calibration.space import Category, Space
from tools.vision.images import load_image, write_atomic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

REAL_COLOUR, CLOSE_COLOUR, FAR_COLOUR, LINE_COLOUR = "#c8102e", "#e8a33d", "#9aa0a6", "#1f4e79"


def _figure(rows: int, columns: int, width: float, height: float) -> tuple[Figure, NDArray[Any]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure: Figure, path: Path) -> Path:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    write_atomic(path, buffer.getvalue())
    return path


def scatter(folder: Path, path: Path) -> Path:
    """The plane of iteration 0 with real, close and far images and every later iteration."""
    figure, axes = _figure(1, 1, 7, 5.5)
    axis: Axes = axes[0, 0]
    folders = sorted(folder.glob("iteration_*"), key=lambda item: int(item.name.split("_")[1]))
    for number, one in enumerate(folders):
        samples = json.loads((one / "metadata.json").read_text())["samples"]
        plane = np.load(one / "pca_2d.npy", allow_pickle=False)
        groups = np.array([sample["group"] for sample in samples])
        if number == 0:
            for group, colour, mark in (("far", FAR_COLOUR, "v"), ("close", CLOSE_COLOUR, "s")):
                axis.scatter(
                    plane[groups == group][:, 0],
                    plane[groups == group][:, 1],
                    c=colour,
                    marker=mark,
                    s=28,
                    label=group,
                    alpha=0.8,
                )
            real = plane[groups == "real"]
            continue
        shade = 0.25 + 0.75 * number / max(len(folders) - 1, 1)
        axis.scatter(
            plane[:, 0],
            plane[:, 1],
            c=LINE_COLOUR,
            s=14,
            alpha=shade * 0.8,
            label="iterations" if number == 1 else None,
        )
    axis.scatter(
        real[:, 0], real[:, 1], c=REAL_COLOUR, marker="*", s=130, label="real", edgecolors="white", linewidths=0.6
    )
    axis.set(xlabel="first principal component", ylabel="second principal component")
    axis.set_title("Where the images lie (later iterations darker)", loc="left")
    axis.legend(frameon=False)
    return _save(figure, path)


def convergence(history: list[dict[str, Any]], threshold: float, path: Path) -> Path:
    """Distance of the set believed best and of the closest set, iteration by iteration, and the stop line."""
    figure, axes = _figure(1, 2, 10, 3.8)
    steps = [step["iteration"] for step in history]
    axes[0, 0].plot(steps, [step["best_mmd2"] for step in history], "o-", color=LINE_COLOUR)
    axes[0, 0].axhline(threshold, color=REAL_COLOUR, ls="--", lw=1)
    axes[0, 0].annotate("noise floor", (steps[-1], threshold), color=REAL_COLOUR, ha="right", va="bottom")
    axes[0, 0].set(xlabel="iteration", ylabel="squared MMD to the real images")
    axes[0, 1].plot(steps, [step["closest_mean"] for step in history], "o-", color=LINE_COLOUR)
    axes[0, 1].set(xlabel="iteration", ylabel="closest mean (uncontrolled standard deviations)", ylim=(0, None))
    return _save(figure, path)


def marginals(told: Told, space: Space, best: dict[str, Any], path: Path) -> Path:
    """Parameter by parameter: what was tried, how near it came, and the interval that the nearest tenth spans."""
    figure, axes = _figure(2, (len(space.names) + 1) // 2, 3.2 * ((len(space.names) + 1) // 2), 6)
    distance = np.sqrt((told.outcomes**2).sum(axis=1))
    nearest = np.argsort(distance)[: max(5, len(distance) // 10)]
    for axis in axes.flat[len(space.names) :]:
        axis.set_axis_off()
    for axis, (column, (name, part)) in zip(axes.flat, enumerate(space.parameters.items()), strict=False):
        values = [space.decode(point)[name] for point in told.points]
        if isinstance(part, Category):
            numbers = np.array([part.choices.index(str(value)) for value in values], dtype=float)
            axis.set_xticks(range(len(part.choices)), part.choices)
            axis.axvline(part.choices.index(str(best[name])), color=REAL_COLOUR, lw=1.5)
        else:
            numbers = np.array(values, dtype=float)
            low, high = np.quantile(numbers[nearest], [0.05, 0.95])
            axis.axvspan(low, high, color=CLOSE_COLOUR, alpha=0.25, lw=0)
            axis.axvline(float(best[name]), color=REAL_COLOUR, lw=1.5)
        axis.scatter(numbers, distance, s=9, color=LINE_COLOUR, alpha=0.6)
        axis.set(title=name, ylabel="distance" if column == 0 else None)
    return _save(figure, path)


def beside(folder: Path, best: dict[str, Any], path: Path, *, columns: int = 6) -> Path | None:
    """Real images above images of the best set; None where images were not kept."""
    real = sorted((folder / "iteration_0" / "images").glob("iter0_real_*.png"))[:columns]
    ours: list[Path] = []
    for one in sorted(folder.glob("iteration_*")):
        samples = json.loads((one / "metadata.json").read_text())["samples"]
        ours += [one / "images" / f"{s['id']}.png" for s in samples if s["group"] != "real" and s["parameters"] == best]
    ours = [item for item in ours if item.exists()][:columns]
    if not real or not ours:
        return None
    figure, axes = _figure(2, columns, 1.7 * columns, 3.8)
    for axis in axes.flat:
        axis.set_axis_off()
    for row, (title, items) in enumerate((("real", real), ("calibrated", ours))):
        axes[row, 0].set_title(title, loc="left")
        for axis, item in zip(axes[row], items, strict=False):
            axis.imshow(load_image(item))
    return _save(figure, path)
