"""POD curves as a picture: trials, shares by size, the curve, a90 and a90/95."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from tools.detection.pod import PodCurve
from tools.vision.images import write_atomic

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe & Ito's palette, told apart by colour-blind readers."""

_TICKS = [digit * 10.0**power for power in range(-3, 4) for digit in (1, 2, 5)]


def plot_pod(curves: Sequence[PodCurve], path: Path) -> Path:
    """Draw one panel a curve into a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(len(curves), 3)
    rows = -(-len(curves) // columns)
    figure = Figure(figsize=(4.6 * columns, 3.5 * rows), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    for index, curve in enumerate(curves):
        _panel(figure.add_subplot(rows, columns, index + 1), curve, COLOURS[index % len(COLOURS)])
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    write_atomic(path, buffer.getvalue())
    return path


def _panel(axes, curve: PodCurve, colour: str) -> None:  # type: ignore[no-untyped-def]
    sizes = np.array([trial.size for trial in curve.trials])
    hits = np.array([trial.hit for trial in curve.trials], dtype=float)
    jitter = np.random.default_rng(0).uniform(-0.02, 0.02, len(hits))
    axes.plot(sizes, hits + jitter, "|", color=colour, alpha=0.6, markersize=7)
    edges = np.quantile(sizes, np.linspace(0, 1, max(4, len(sizes) // 10)))
    for low, high in pairwise(edges):
        inside = (sizes >= low) & (sizes <= high)
        if inside.any():
            axes.plot(np.exp(np.log(sizes[inside]).mean()), hits[inside].mean(), "o", color=colour, markersize=4)
    grid = np.geomspace(sizes.min(), sizes.max(), 200)
    if curve.b1 > 0:
        axes.plot(grid, curve.fit.probability(grid), color=colour, linewidth=2)
    for value, name, style in ((curve.a90, "a90", "--"), (curve.a90_95, "a90/95", ":")):
        if value is not None and value <= sizes.max() * 1.5:
            axes.axvline(value, linestyle=style, color="#333333", linewidth=1)
            axes.text(value, 0.03, f" {name} {value:.2g} {curve.unit}", rotation=90, fontsize=8, va="bottom")
    axes.axhline(0.9, color="#999999", linewidth=0.7)
    axes.set_xscale("log")
    ticks = [one for one in _TICKS if sizes.min() <= one <= sizes.max()]
    axes.set_xticks(ticks, [f"{one:g}" for one in ticks])
    axes.minorticks_off()
    axes.set_ylim(-0.06, 1.06)
    axes.set_xlabel(f"size, {curve.unit}")
    axes.set_ylabel("found")
    where = "" if curve.zone is None else f" · {curve.zone}"
    axes.set_title(f"{curve.defect_type}{where} ({len(curve.trials)} trials)", fontsize=10)
