"""The training curve as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def draw_curve(path: Path, rows: Sequence[dict[str, float]], *, best_epoch: int | None = None) -> Path:
    """Losses on the left, validation Dice and IoU on the right; the kept epoch is marked.

    Args:
        path: of the PNG.
        rows: as `checkpoint.write_curve` takes them.
        best_epoch: from 1.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(8.5, 3.4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in rows]
    for axes, names, title in (
        (left, (("loss", "training"), ("val_loss", "validation")), "loss"),
        (right, (("val_dice", "Dice"), ("val_iou", "IoU")), "validation overlap"),
    ):
        for (name, label), colour in zip(names, ("#7a7a80", "#cc1a26"), strict=True):
            values = [row.get(name, float("nan")) for row in rows]
            axes.plot(epochs, values, label=label, color=colour, linewidth=1.6)
        if best_epoch is not None:
            axes.axvline(best_epoch, color="#b0b0b4", linewidth=1, linestyle="--")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title(title, fontsize=10, loc="left")
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#ececec")
    right.set_ylim(0, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.part.png")
    figure.savefig(part)
    part.replace(path)
    return path
