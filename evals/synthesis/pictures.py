"""The figures as pictures: pixel AP a method and learner, and over the number of synthetic images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evals.synthesis.learners import LEARNERS

COLOURS = {"decoder": "#c62f2f", "unet_tiny": "#4a6fa5"}
WORDS = {"decoder": "decoder on frozen features", "unet_tiny": "UNetTiny from scratch"}
ORDER = ("real", "sculpted", "nsa", "cutpaste", "draem")


def draw_methods(result: dict[str, Any], path: Path) -> None:
    """Horizontal bars with intervals."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    for row, learner in enumerate(LEARNERS):
        for place, method in enumerate(reversed(ORDER)):
            whole = result["methods"][method]
            found = (whole if learner == "decoder" else whole[learner])["pixel_ap"]
            spread = [[found["value"] - found["low"]], [found["high"] - found["value"]]]
            at = place + 0.2 - 0.4 * row
            axes.barh(at, found["value"], 0.38, color=COLOURS[learner], label=WORDS[learner] if place == 0 else None)
            axes.errorbar(found["value"], at, xerr=spread, color="black", linewidth=1, capsize=2)
            axes.text(found["high"] + 0.01, at, f"{found['value']:.2f}", va="center", fontsize=8)
    names = {"real": "real defects (upper bound)"}
    axes.set_yticks(range(len(ORDER)), [names.get(name, name) for name in reversed(ORDER)])
    axes.set_xlabel("pixel AP on all real defects, 95 % interval over specimens")
    axes.set_xlim(0, 1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def draw_curve(result: dict[str, Any], path: Path) -> None:
    """Pixel AP over the number of training images, with the upper bound as a line."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
    counts = [point["images"] for point in result["curve"]]
    found = [point["pixel_ap"] for point in result["curve"]]
    axes.plot(counts, [f["value"] for f in found], "o-", color=COLOURS["decoder"])
    axes.fill_between(
        counts, [f["low"] for f in found], [f["high"] for f in found], color=COLOURS["decoder"], alpha=0.15
    )
    axes.axhline(result["methods"]["real"]["pixel_ap"]["value"], color="black", linewidth=1, linestyle="--")
    axes.text(counts[0], result["methods"]["real"]["pixel_ap"]["value"] + 0.01, "real defects", fontsize=8)
    axes.set_xscale("log")
    axes.set_xticks(counts, [str(count) for count in counts], minor=False)
    axes.minorticks_off()
    axes.set_xlabel("training images, 60 % with a sculpted defect")
    axes.set_ylabel("pixel AP")
    axes.set_ylim(0, 1)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)
    plt.close(figure)
